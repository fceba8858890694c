// Refusal: the listener of a connection that may not come in. The client is told why, by
// pusher:error and then by the close frame with the same code (clients of the oldest protocol see
// only the first), and never by a 42xx: clients would come back without a pause.
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/websocket.h"

namespace offing::channels {

class Refusal final : public http::WebSocketListener {
 public:
  // `reason` is a literal.
  Refusal(uint16_t code, std::string_view reason) : code_(code), reason_(reason) {}

  void OnOpen(http::WebSocket& socket) override;
  void OnText(std::string_view) override {}
  void OnPeerAlive() override {}
  void OnDrained() override {}
  void OnClosed() override {}

 private:
  const uint16_t code_;
  const std::string_view reason_;
};

}  // namespace offing::channels
