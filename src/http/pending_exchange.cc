#include "http/pending_exchange.h"

#include "base/check.h"

namespace offing::http {

void PendingExchange::Send(Response response) {
  if (connection_ != nullptr) {
    connection_->Answer(std::move(response));
  } else {
    CloseFiles(response);
  }
}

void PendingExchange::AcceptWebSocket(std::unique_ptr<WebSocketListener> listener,
                                      WebSocketLimits limits) {
  CHECK(request_.wants_websocket, "the request did not ask for a WebSocket");
  if (connection_ != nullptr) connection_->Upgrade(std::move(listener), limits);
}

}  // namespace offing::http
