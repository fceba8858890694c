// SessionTable: the sessions of one core by the place that their SocketId names, and when each was
// last heard of. The sweep for silent clients walks these 16-byte slots and touches no session that
// is well, so a hundred thousand idle ones cost it less than a millisecond and no timer each.
//
// Places are numbered across cores: place = slot * cores + core + 1. A slot that is free again gets
// another secret with its next session, so an old SocketId finds nobody.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "channels/socket_id.h"
#include "crypto/random.h"

namespace offing::channels {

class Session;

class SessionTable {
 public:
  SessionTable(size_t core, size_t cores, crypto::Random& random)
      : core_(core), cores_(cores), random_(random) {}

  SocketId Add(Session& session, uint32_t now_s);
  void Remove(const SocketId& id);
  // nullptr: not, or no longer, a session of this core.
  Session* Find(const SocketId& id) const;
  size_t size() const { return used_; }

  // The client of `id` gave a sign of life.
  void Heard(const SocketId& id, uint32_t now_s);

  struct Timeouts {
    uint32_t silence_s;  // then on_silent, once
    uint32_t answer_s;   // and so long after that, on_dead
  };
  // on_dead may remove its session.
  void Sweep(uint32_t now_s, const Timeouts& timeouts,
             const std::function<void(Session&)>& on_silent,
             const std::function<void(Session&)>& on_dead);
  // Any `count` of the sessions, for draining; `visit` may remove its session.
  void Take(size_t count, const std::function<void(Session&)>& visit);

 private:
  struct Slot {
    Session* session = nullptr;  // nullptr: free
    uint32_t secret = 0;
    uint32_t since_s : 31 = 0;  // last heard of, or asked
    uint32_t asked : 1 = 0;     // a ping is unanswered
  };
  Slot* SlotOf(const SocketId& id);
  const Slot* SlotOf(const SocketId& id) const;

  const size_t core_;
  const size_t cores_;
  crypto::Random& random_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t used_ = 0;
};

}  // namespace offing::channels
