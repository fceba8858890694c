// Pool: one core's connections to the origin. Kept ones are used again, the last one first; a new
// one is made while there may be more; otherwise whoever needs one waits its turn.
//
// Limits: connections (further requests wait), waiting requests (refused), kept connections (closed
// instead). A kept connection on which anything is heard is closed: nobody asked.
//
// Threading: core-local.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/connect.h"
#include "net/core.h"
#include "net/stream.h"
#include "origin/config.h"
#include "origin/counters.h"

namespace offing::origin {

class Pool;

// A connection to the origin, as its one user has it. Dropping it closes it.
class Link final : public net::Stream::Listener {
 public:
  // The link may be dropped inside any call.
  class User {
   public:
    virtual ~User() = default;
    virtual void OnLinkBytes(std::string_view bytes) = 0;
    virtual void OnLinkDrained() = 0;
    // Nothing follows. `in_order`: FIN; otherwise the connection broke.
    enum class End { kInOrder, kBroken };
    virtual void OnLinkClosed(End end) = 0;
  };

  Link(Pool& pool, std::unique_ptr<net::Stream> stream);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  net::Stream& stream() { return *stream_; }
  void SetUser(User* user) { user_ = user; }

 private:
  friend class Pool;
  void OnBytes(std::span<char> bytes) override;
  void OnDrained() override;
  void OnClosed() override;

  Pool& pool_;
  const std::unique_ptr<net::Stream> stream_;
  User* user_ = nullptr;  // none: it is kept
  int64_t kept_until_ms_ = 0;
};

class Pool {
 public:
  using Hook =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  // Who waits; it stops waiting when it is destroyed, or served.
  class Waiter : public Hook {
   public:
    virtual ~Waiter() = default;
    virtual void OnLink(std::unique_ptr<Link> link) = 0;
    virtual void OnNoLink(const base::Error& why) = 0;
  };

  struct Deps {
    net::Core& core;
    const ProxyConfig& config;
    const net::HostName& host;
    const base::Clock& clock;
    Counters& counters;
  };
  explicit Pool(Deps deps);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A kept connection, or none.
  std::unique_ptr<Link> TakeKept();
  // False: too many wait. Never calls back before it returns.
  bool Wait(Waiter& waiter);
  // Gives a connection back for the next request, to be kept for so long.
  void Keep(std::unique_ptr<Link> link, int64_t for_ms);
  void Sweep(int64_t now_ms);
  bool empty() const { return links_ == 0 && connecting_.empty(); }

 private:
  friend class Link;
  void OnLinkGone();
  void Forget(Link& link);  // one that is kept
  void ServeSoon();
  void Serve();
  void Dial();
  void OnDialled(uint64_t number, base::Result<std::unique_ptr<net::Stream>> stream);

  struct Dialling {
    uint64_t number;
    std::unique_ptr<net::Connecting> connecting;
  };

  const Deps deps_;
  std::vector<std::unique_ptr<Link>> kept_;
  std::vector<Dialling> connecting_;
  boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>> waiting_;
  size_t links_ = 0;  // open
  uint64_t next_number_ = 0;
  bool serving_soon_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what is deferred
};

}  // namespace offing::origin
