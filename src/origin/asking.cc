#include "origin/asking.h"

#include <fmt/format.h>

#include <utility>

#include "origin/forward.h"

namespace offing::origin {

namespace {

constexpr int64_t kKeptMs = 60'000;

}  // namespace

Asking::Asking(Shard& shard, http::Request request, AskLimits limits, AskDone done)
    : shard_(shard),
      request_(std::move(request)),
      limits_(limits),
      done_(std::move(done)),
      until_ms_(shard.now_ms() + limits.time_ms) {}

void Asking::Start() {
  if (auto link = shard_.pool().TakeKept()) {
    reused_ = true;
    shard_.counters().reused.Add();
    return OnLink(std::move(link));
  }
  WaitForLink();
}

void Asking::WaitForLink() {
  if (shard_.pool().Wait(*this)) return;
  Fail(shard_.counters().refused_waiting, base::Code::kTooMany, "it is busy");
}

void Asking::OnNoLink(const base::Error& why) {
  Fail(shard_.counters().unreachable, base::Code::kUnavailable, why.detail);
}

void Asking::OnLink(std::unique_ptr<Link> link) {
  link_ = std::move(link);
  link_->SetUser(this);
  parser_ = std::make_unique<ResponseParser>(ResponseParser::RequestKind::kOther,
                                             shard_.shared().config.max_head_bytes);
  link_->stream().Write(EncodeRequest(request_, shard_.shared().forward, {}));
}

void Asking::OnLinkBytes(std::string_view bytes) {
  if (!done_) return;
  heard_ = true;
  const ResponseParser::State state = parser_->Feed(bytes, *this);
  if (!done_) return;
  switch (state) {
    case ResponseParser::State::kNeedMore:
      return;
    case ResponseParser::State::kDone:
      if (!bytes.empty()) shard_.counters().leftover.Add();
      return Finish(bytes.empty() && parser_->keep_alive());
    case ResponseParser::State::kSwitched:
      return Fail(shard_.counters().malformed, base::Code::kUnavailable,
                  "it switched to a protocol that nobody asked for");
    case ResponseParser::State::kError:
      return Fail(shard_.counters().malformed, base::Code::kUnavailable,
                  fmt::format("it {}", parser_->error()));
  }
}

void Asking::OnResponseHead(ResponseHead head) {
  if (!done_) return;
  kept_for_ms_ = KeptFor(head, kKeptMs);
  response_ = ToClient(std::move(head));
}

void Asking::OnResponseBody(std::string_view bytes) {
  if (!done_) return;
  if (body_.size() + bytes.size() > limits_.max_bytes) {
    return Fail(shard_.counters().broken, base::Code::kTooLarge,
                fmt::format("the answer is over {} bytes", limits_.max_bytes));
  }
  body_ += bytes;
}

void Asking::OnLinkClosed(Link::User::End end) {
  if (!done_) return;
  if (reused_ && !heard_) {
    shard_.counters().retried.Add();
    reused_ = false;
    link_.reset();
    return WaitForLink();
  }
  if (end == Link::User::End::kInOrder && parser_->FeedEnd() == ResponseParser::State::kDone) {
    return Finish(false);
  }
  Fail(shard_.counters().hung_up, base::Code::kUnavailable,
       "it closed the connection before its answer was whole");
}

void Asking::Finish(bool whole_connection) {
  if (whole_connection) shard_.pool().Keep(std::move(link_), kept_for_ms_);
  response_.body = std::move(body_);
  End(std::move(response_));
}

void Asking::Fail(base::Counter& counter, base::Code code, std::string what) {
  counter.Add();
  End(base::Fail(code, std::move(what)));
}

void Asking::End(base::Result<http::Response> result) {
  const AskDone done = std::exchange(done_, nullptr);
  if (Pool::Hook::is_linked()) Pool::Hook::unlink();  // it waits no more
  if (link_) link_->SetUser(nullptr);
  link_.reset();
  shard_.Bury(*this);
  done(std::move(result));
}

void Asking::Sweep(int64_t now_ms) {
  if (!done_ || now_ms < until_ms_) return;
  Fail(shard_.counters().late, base::Code::kTimeout,
       fmt::format("no answer within {} ms", limits_.time_ms));
}

}  // namespace offing::origin
