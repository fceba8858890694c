// Peer: one connection as its core keeps it (http/lobby.h), an HTTP connection or a WebSocket.
//
// A peer that is over is not destroyed at once, because its own code or a handler may be on the
// stack: Lobby::Bury() takes it out and frees it when the round ends.
//
// Threading: core-local.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <cstdint>

#include "net/stream.h"

namespace offing::http {

using PeerHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Peer : public net::Stream::Listener, public PeerHook {
 public:
  // Deadlines; called every second or so.
  virtual void Sweep(int64_t now_ms) = 0;
  // At the end of the round in which Lobby::Wake() was called.
  virtual void Continue() = 0;
};

}  // namespace offing::http
