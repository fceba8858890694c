// WebSocket: the transport of an upgraded connection. It knows frames, not what is said in them:
// the Pusher session (channels/session.h) is its listener.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "net/core.h"

namespace offing::http {

struct WebSocketLimits {
  size_t max_message = 64 << 10;  // a longer one is refused with 1009
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // A whole frame, encoded once for many (proto::EncodeWsFrame). Queued; flushed when the core's
  // round ends.
  virtual void Send(base::SharedBytes frame) = 0;
  // A text message for this peer alone.
  virtual void SendText(std::string_view text) = 0;
  // Bytes that wait for the peer to read.
  virtual size_t queued_bytes() const = 0;
  // Sends a close frame after what is queued, waits a little for the peer's, closes. Always with a
  // close frame, so that the peer knows why. The listener hears OnClosed later, not inside this
  // call.
  virtual void Close(uint16_t code, std::string_view reason) = 0;
  virtual net::Core& core() = 0;
};

// Receives what the peer says. Owned by the connection; destroyed after OnClosed.
class WebSocketListener {
 public:
  virtual ~WebSocketListener() = default;
  // First call; `socket` lives until OnClosed returns.
  virtual void OnOpen(WebSocket& socket) = 0;
  // A text message (valid UTF-8). Binary messages are refused with 1003 before they get here; pings
  // are answered by the transport.
  virtual void OnText(std::string_view text) = 0;
  // Any sign of life that is not a text message: a ping or pong frame.
  virtual void OnPeerAlive() = 0;
  // queued_bytes() is 0 again after it was not at the end of a round.
  virtual void OnDrained() = 0;
  // Last call.
  virtual void OnClosed() = 0;
};

}  // namespace offing::http
