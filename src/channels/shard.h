// Shard: everything about channels that lives on one core. Sessions, the hub and the timers of a
// core meet here; other cores reach it by posting to `core` and by nothing else.
//
// Threading: core-local; `core.Post` is the exception.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/log.h"
#include "channels/config.h"
#include "channels/counters.h"
#include "channels/hub.h"
#include "channels/session_table.h"
#include "crypto/random.h"
#include "journal/journal.h"
#include "net/core.h"

namespace offing::channels {

// What all cores have in common. Threading: immutable, or any thread.
struct Shared {
  const ChannelsConfig& config;
  const base::Clock& clock;
  const base::Log& log;
  crypto::Random& random;
  journal::Journal* journal;  // nullptr only if no channel has a log
  Counters& counters;
  size_t cores;
  auth::Authenticator* auth = nullptr;  // nullptr: no subscription by token
};

class Shard {
 public:
  Shard(net::Core& core, size_t index, const Shared& shared);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void Start();  // on the core's thread, or before it runs
  void Stop();   // likewise, or after it ran

  // New connections are refused from here on, and those that exist are closed with 4200, spread
  // over config.drain_spread_ms. `drained` runs on this core when none is left.
  void Drain(std::function<void()> drained);
  bool draining() const { return draining_; }

  // Closes every connection with 4200, at once.
  void CloseAll(std::string_view reason);

  // Hands an event to this core's subscribers.
  void Deliver(const LiveEvent& event);

  // Sends a frame to this core's connections of the first app; how many there are.
  size_t Tell(std::string_view text);

  // Seconds of the steady clock, as coarse as the sweep; at most one second late.
  uint32_t now_s() const { return now_s_; }
  // A connection begins, and is over: between its first and its last call from the transport.
  void OnSessionOpened() { ++open_sessions_; }
  void OnSessionClosed();
  size_t open_sessions() const { return open_sessions_; }
  // At the next tick that session's OnTick is called, once.
  void CallAtTick(const SocketId& id) { waiting_.push_back(id); }

  // What the timers call: once a second, and every 50 ms while draining. Tests call them too.
  void Tick();
  void DrainSome();

  net::Core& core;
  const size_t index;
  const Shared shared;
  Hub hub;
  SessionTable sessions;
  std::function<std::string()> first_frame;  // channels.h; may be empty

 private:
  uint32_t now_s_ = 0;
  size_t open_sessions_ = 0;
  bool draining_ = false;
  size_t drain_step_ = 0;
  std::function<void()> drained_;
  std::vector<SocketId> waiting_;
  std::unique_ptr<net::Timer> tick_;
  std::unique_ptr<net::Timer> drain_;
};

}  // namespace offing::channels
