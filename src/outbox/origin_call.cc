#include "outbox/origin_call.h"

#include <utility>

namespace offing::outbox {

OriginCall::~OriginCall() {
  if (!std::exchange(ended_, true)) sink_->OnBroken();
  sink_->OnOver();
}

void OriginCall::Drained() {
  if (listener_ != nullptr) listener_->OnDrained();
}

void OriginCall::GiveUp() {
  ended_ = true;
  if (listener_ != nullptr) listener_->OnGone();
}

void OriginCall::Send(http::Response response) {
  if (!std::exchange(ended_, true)) sink_->OnTrouble(std::move(response));
}

http::ResponseWriter& OriginCall::Begin(http::Response head, std::optional<uint64_t> length) {
  sink_->OnHead(std::move(head), length);
  return *this;
}

void OriginCall::End() {
  if (!std::exchange(ended_, true)) sink_->OnEnd();
}

void OriginCall::Abort() {
  if (!std::exchange(ended_, true)) sink_->OnBroken();
}

}  // namespace offing::outbox
