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

void PendingExchange::Listen(ExchangeListener* listener) {
  listener_ = connection_ != nullptr ? listener : nullptr;
  if (listener_ != nullptr) connection_->Watch();
}

bool PendingExchange::streamed() const {
  return connection_ != nullptr && connection_->streamed();
}

void PendingExchange::ResumeBody() {
  if (connection_ != nullptr) connection_->ResumeBody();
}

void PendingExchange::PauseBody() {
  if (connection_ != nullptr) connection_->PauseBody();
}

void PendingExchange::Inform(const Response& head) {
  if (connection_ != nullptr && request_.version >= 11) connection_->Inform(head);
}

ResponseWriter& PendingExchange::Begin(Response head, std::optional<uint64_t> length) {
  CloseFiles(head);
  if (connection_ != nullptr) connection_->Begin(head, length);
  return *this;
}

std::optional<TakenStream> PendingExchange::TakeStream() {
  if (connection_ == nullptr) return std::nullopt;
  return connection_->Take();
}

void PendingExchange::Write(std::string_view bytes) {
  if (connection_ != nullptr) connection_->WriteBody(bytes);
}

void PendingExchange::End() {
  if (connection_ != nullptr) connection_->EndBody();
}

void PendingExchange::Abort() {
  if (connection_ != nullptr) connection_->AbortBody();
}

size_t PendingExchange::queued_bytes() const {
  return connection_ != nullptr ? connection_->queued_bytes() : 0;
}

void PendingExchange::AwaitDrained() {
  if (connection_ != nullptr) connection_->AwaitDrained();
}

}  // namespace offing::http
