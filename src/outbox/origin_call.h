// OriginCall: a request that the guard itself puts to the origin: an exchange without a client,
// whose answer goes to a sink. The proxy takes it like any other (http/exchange.h), so the origin's
// room knows nothing of the outbox.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/exchange.h"

namespace offing::outbox {

// The answer. Either OnTrouble, or OnHead, any number of OnBytes, and OnEnd; OnBroken ends either
// before its time; and OnOver comes last, always.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // The origin gave no answer; this is what the proxy says about it.
  virtual void OnTrouble(http::Response said) = 0;
  virtual void OnHead(http::Response head, std::optional<uint64_t> length) = 0;
  virtual void OnBytes(std::string_view bytes) = 0;
  virtual void OnEnd() = 0;
  virtual void OnBroken() = 0;
  virtual void OnOver() = 0;
  // As of a ResponseWriter; after AwaitDrained the sink calls OriginCall::Drained.
  virtual size_t queued_bytes() const = 0;
  virtual void AwaitDrained() = 0;
};

class OriginCall final : public http::Exchange, public http::ResponseWriter {
 public:
  OriginCall(http::Request request, net::Core& core, std::shared_ptr<AnswerSink> sink)
      : request_(std::move(request)), core_(core), sink_(std::move(sink)) {}
  ~OriginCall() override;
  OriginCall(const OriginCall&) = delete;
  OriginCall& operator=(const OriginCall&) = delete;

  // From the sink, between OnHead and OnOver. The call may be over and gone when GiveUp returns.
  void Drained();
  void GiveUp();  // nobody wants the rest

  const http::Request& request() const override { return request_; }
  net::Core& core() override { return core_; }
  void Send(http::Response response) override;
  void AcceptWebSocket(std::unique_ptr<http::WebSocketListener>, http::WebSocketLimits) override {}
  void Listen(http::ExchangeListener* listener) override { listener_ = listener; }
  bool streamed() const override { return false; }
  void ResumeBody() override {}
  void PauseBody() override {}
  void Inform(const http::Response&) override {}
  http::ResponseWriter& Begin(http::Response head, std::optional<uint64_t> length) override;
  std::optional<http::TakenStream> TakeStream() override { return std::nullopt; }

  void Write(std::string_view bytes) override { sink_->OnBytes(bytes); }
  void End() override;
  void Abort() override;
  size_t queued_bytes() const override { return sink_->queued_bytes(); }
  void AwaitDrained() override { sink_->AwaitDrained(); }

 private:
  const http::Request request_;
  net::Core& core_;
  const std::shared_ptr<AnswerSink> sink_;
  http::ExchangeListener* listener_ = nullptr;
  bool ended_ = false;  // the sink has heard the answer's end, whatever it was
};

}  // namespace offing::outbox
