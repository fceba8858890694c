// Shard: what one core has of the proxy: its pool, the exchanges that are being passed on, the
// tunnels, and one timer for all their deadlines, which runs while there is anything.
//
// What is over is not destroyed at once, because its own code may be on the stack: Bury() frees it
// when the round ends.
//
// Threading: core-local, but for construction.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "http/exchange.h"
#include "net/core.h"
#include "origin/config.h"
#include "origin/counters.h"
#include "origin/forward.h"
#include "origin/pool.h"
#include "origin/proxy.h"

namespace offing::origin {

// What the shards have in common. Threading: immutable; the counters any thread.
struct Shared {
  const ProxyConfig config;
  const OriginUrl url;
  const ForwardSettings forward;
  const base::Clock& clock;
  const net::HostName host;
  Counters counters;
};

// Something with deadlines that lives on a shard.
using ResidentHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<struct ResidentTag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
class Resident : public ResidentHook {
 public:
  virtual ~Resident() = default;
  virtual void Sweep(int64_t now_ms) = 0;
  virtual void Drain() = 0;  // end, if it would not end by itself
};

class Shard {
 public:
  Shard(net::Core& core, Shared& shared);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void Forward(std::unique_ptr<http::Exchange> exchange, ForwardOptions options);
  void Ask(http::Request request, AskLimits limits, AskDone done);
  void OpenTunnel(http::TakenStream client, std::unique_ptr<Link> link, std::string early);
  void Drain();

  void Add(std::unique_ptr<Resident> resident);
  void Bury(Resident& resident);
  void Sweep();

  net::Core& core() { return core_; }
  Shared& shared() { return shared_; }
  Counters& counters() { return shared_.counters; }
  Pool& pool() { return pool_; }
  int64_t now_ms() const { return shared_.clock.SteadyMs(); }

 private:
  net::Core& core_;
  Shared& shared_;
  Pool pool_;
  boost::intrusive::list<Resident, boost::intrusive::base_hook<ResidentHook>,
                         boost::intrusive::constant_time_size<false>>
      residents_;
  std::vector<std::unique_ptr<Resident>> dead_;
  std::unique_ptr<net::Timer> sweeper_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for what is deferred
};

}  // namespace offing::origin
