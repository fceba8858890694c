#include "channels/refusal.h"

#include "proto/pusher_frame.h"

namespace offing::channels {

void Refusal::OnOpen(http::WebSocket& socket) {
  socket.SendText(proto::EncodeError(code_, reason_));
  socket.Close(code_, reason_);
}

}  // namespace offing::channels
