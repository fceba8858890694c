// PendingExchange: the Exchange of a Connection. Whoever goes first tells the other.
//
// Threading: core-local.
#pragma once

#include <memory>
#include <utility>

#include "http/connection.h"
#include "http/exchange.h"

namespace offing::http {

class PendingExchange final : public Exchange {
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

  // The connection is gone, or has its answer.
  void Detach() { connection_ = nullptr; }

 private:
  Connection* connection_;
  net::Core& core_;
  const Request request_;
};

}  // namespace offing::http
