// PendingExchange: the Exchange of a Connection. Whoever goes first tells the other.
//
// Threading: core-local.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "http/connection.h"
#include "http/exchange.h"

namespace offing::http {

class PendingExchange final : public Exchange, public ResponseWriter {
 public:
  PendingExchange(Connection& connection, Request request)
      : connection_(&connection), core_(connection.lobby().core()), request_(std::move(request)) {}
  ~PendingExchange() override {
    if (connection_ != nullptr) connection_->OnDropped();
  }
  PendingExchange(const PendingExchange&) = delete;
  PendingExchange& operator=(const PendingExchange&) = delete;

  const Request& request() const override { return request_; }
  net::Core& core() override { return core_; }
  void Send(Response response) override;
  void AcceptWebSocket(std::unique_ptr<WebSocketListener> listener,
                       WebSocketLimits limits) override;

  void Listen(ExchangeListener* listener) override;
  bool streamed() const override;
  void ResumeBody() override;
  void PauseBody() override;
  void Inform(const Response& head) override;
  ResponseWriter& Begin(Response head, std::optional<uint64_t> length) override;
  std::optional<TakenStream> TakeStream() override;

  // ResponseWriter:
  void Write(std::string_view bytes) override;
  void End() override;
  void Abort() override;
  size_t queued_bytes() const override;
  void AwaitDrained() override;

  // The connection has its answer.
  void Detach() {
    connection_ = nullptr;
    listener_ = nullptr;
  }
  // The connection is gone, or has no use for an answer any more.
  void Lose() {
    connection_ = nullptr;
    if (ExchangeListener* listener = std::exchange(listener_, nullptr)) listener->OnGone();
  }
  ExchangeListener* listener() { return listener_; }

 private:
  Connection* connection_;
  ExchangeListener* listener_ = nullptr;
  net::Core& core_;
  const Request request_;
};

}  // namespace offing::http
