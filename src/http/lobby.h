// Lobby: all connections of one core: it greets them, keeps their deadlines with one timer for all,
// and buries them. Server (http/server.h) has one per core.
//
// Threading: core-local, except where a method says otherwise.
#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/access_log.h"
#include "http/counters.h"
#include "http/exchange.h"
#include "http/peer.h"
#include "http/server.h"
#include "net/core.h"

namespace offing::http {

// What the lobbies of one server have in common. Threading: any thread.
struct Shared {
  const ServerConfig config;
  Handler& handler;
  const base::Clock& clock;
  const base::Log& log;
  AccessLog* access_log;
  Counters counters;
  std::atomic<size_t> connections{0};
};

class Lobby : public std::enable_shared_from_this<Lobby> {
 public:
  Lobby(net::Core& core, Shared& shared) : core_(core), shared_(shared) {}
  ~Lobby();
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  void Start();  // the timer
  void Greet(std::unique_ptr<net::Stream> stream);
  void Sweep();
  // From now on every answer closes its connection, and idle ones are closed. `done` is called when
  // no HTTP exchange is left and all answers are with the kernel.
  void Drain(std::function<void()> done);
  bool draining() const { return on_drained_ != nullptr; }

  // A list keeps what is in it; Peer's hook takes itself out.
  void AddHttp(std::unique_ptr<Peer> peer);
  void AddWebSocket(std::unique_ptr<Peer> peer);
  void SweepToo(Peer& peer);  // a WebSocket that is closing
  void Wake(Peer& peer);
  void Bury(Peer& peer);

  net::Core& core() { return core_; }
  Shared& shared() { return shared_; }
  Counters& counters() { return shared_.counters; }
  int64_t now_ms() const { return shared_.clock.SteadyMs(); }
  std::string_view date();  // as in the Date header
  void Log(const AccessLog::Entry& entry);

 private:
  using List = boost::intrusive::list<Peer, boost::intrusive::constant_time_size<false>>;

  void EndRound();
  void ArmRound();
  void CheckDrained();

  net::Core& core_;
  Shared& shared_;
  List http_;
  List websockets_;
  List closing_;  // WebSockets with a deadline
  std::vector<Peer*> awake_;
  std::vector<std::unique_ptr<Peer>> dead_;
  std::unique_ptr<net::Timer> sweeper_;
  std::unique_ptr<net::Timer> drain_timer_;
  std::function<void()> on_drained_;
  std::string date_;
  int64_t date_second_ = -1;
  bool round_armed_ = false;
};

}  // namespace offing::http
