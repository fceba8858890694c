#include "http/pending_exchange.h"

#include <unistd.h>

#include "base/check.h"

namespace offing::http {

void PendingExchange::Send(Response response) {
  if (connection_ != nullptr) {
    connection_->Answer(std::move(response));
  } else if (const auto* file = std::get_if<FileBody>(&response.body); file && file->fd >= 0) {
    close(file->fd);
  }
}

void PendingExchange::AcceptWebSocket(std::unique_ptr<WebSocketListener> listener,
                                      WebSocketLimits limits) {
  CHECK(request_.wants_websocket, "the request did not ask for a WebSocket");
  if (connection_ != nullptr) connection_->Upgrade(std::move(listener), limits);
}

}  // namespace offing::http
