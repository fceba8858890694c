#include "origin/passage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace offing::origin {

namespace {

constexpr int64_t kKeptMs = 60'000;
constexpr int64_t kContinueMs = 1'000;  // for a 100 from the origin; then the body is sent anyway
constexpr std::string_view kLastChunk = "0\r\n\r\n";

bool IsIdempotent(std::string_view method) {
  static constexpr auto kMethods =
      std::to_array<std::string_view>({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"});
  return std::ranges::find(kMethods, method) != kMethods.end();
}

ResponseParser::RequestKind KindOf(const http::Request& request) {
  return request.method == "HEAD" ? ResponseParser::RequestKind::kHead
                                  : ResponseParser::RequestKind::kOther;
}

}  // namespace

Passage::Passage(Shard& shard, std::unique_ptr<http::Exchange> exchange, ForwardOptions options)
    : shard_(shard),
      exchange_(std::move(exchange)),
      options_(std::move(options)),
      active_ms_(shard.now_ms()) {}

void Passage::Start() {
  exchange_->Listen(this);
  if (HopsOf(request()) >= kMaxHops) {
    return Fail(shard_.counters().loops,
                {.status = 508, .what = "is this server, or one that leads back to it"});
  }
  const bool refused = request().method == "TRACE";  // it would say what only we should hear
  if (refused || !HostOf(request())) {
    exchange_->Send(refused ? http::ErrorResponse(405, "TRACE is not passed on")
                            : http::ErrorResponse(400, "malformed authority in the target"));
    return Over();
  }
  body_ = PlanBody(request(), exchange_->streamed() ? BodySource::kStreamed : BodySource::kWhole);
  const bool fresh = options_.repeat == ForwardOptions::Repeat::kNever;
  if (auto link = fresh ? nullptr : shard_.pool().TakeKept()) {
    reused_ = true;
    shard_.counters().reused.Add();
    return OnLink(std::move(link));
  }
  WaitForLink();
}

void Passage::WaitForLink() {
  state_ = State::kWaiting;
  active_ms_ = shard_.now_ms();
  if (shard_.pool().Wait(*this)) return;
  Fail(shard_.counters().refused_waiting,
       {.status = 503, .what = "is busy: too many requests wait for it", .retry_after_s = 1});
}

void Passage::OnNoLink(const base::Error& why) {
  Fail(shard_.counters().unreachable, {.status = why.code == base::Code::kTimeout ? 504 : 502,
                                       .what = why.detail,
                                       .retry_after_s = 1});
}

void Passage::OnLink(std::unique_ptr<Link> link) {
  link_ = std::move(link);
  link_->SetUser(this);
  parser_ =
      std::make_unique<ResponseParser>(KindOf(request()), shard_.shared().config.max_head_bytes);
  Ask();
}

void Passage::Ask() {
  state_ = State::kAsking;
  active_ms_ = shard_.now_ms();
  if (options_.asked) options_.asked();
  std::string head = EncodeRequest(request(), shard_.shared().forward, body_);
  if (!exchange_->streamed()) {
    head += request().body;
    body_sent_ = true;
  }
  link_->stream().Write(std::move(head));
  if (!body_sent_ && !body_.awaits_continue) WantBody();
}

void Passage::WantBody() {
  if (body_sent_) return;
  body_wanted_ = true;
  exchange_->ResumeBody();
}

void Passage::OnBody(std::string_view bytes) {
  if (state_ == State::kOver || !link_) return;
  active_ms_ = shard_.now_ms();
  net::Stream& stream = link_->stream();
  if (body_.kind == BodyPlan::Kind::kChunked) {
    std::string chunk = fmt::format("{:x}\r\n", bytes.size());
    stream.Write(chunk.append(bytes).append("\r\n"));
  } else {
    stream.Write(std::string(bytes));
  }
  if (stream.queued_bytes() <= shard_.shared().config.max_queued_bytes) return;
  exchange_->PauseBody();
  stream.AwaitDrained();
}

void Passage::OnBodyEnd() {
  if (state_ == State::kOver || !link_) return;
  active_ms_ = shard_.now_ms();
  body_sent_ = true;
  if (body_.kind == BodyPlan::Kind::kChunked) link_->stream().Write(std::string(kLastChunk));
}

void Passage::OnLinkDrained() {
  if (state_ == State::kOver || body_sent_ || !body_wanted_) return;
  active_ms_ = shard_.now_ms();
  exchange_->ResumeBody();
}

// The client, which has nothing left to read.
void Passage::OnDrained() {
  if (!held_back_ || !link_) return;
  held_back_ = false;
  active_ms_ = shard_.now_ms();
  link_->stream().ResumeReading();
}

void Passage::OnGone() {
  Over();
}

void Passage::OnLinkBytes(std::string_view bytes) {
  if (state_ == State::kOver) return;
  active_ms_ = shard_.now_ms();
  heard_ = true;
  const ResponseParser::State result = parser_->Feed(bytes, *this);
  if (state_ == State::kOver) return;
  switch (result) {
    case ResponseParser::State::kNeedMore:
      return HoldBack();
    case ResponseParser::State::kDone:
      return Finish(bytes);
    case ResponseParser::State::kSwitched:
      return Switch(bytes);
    case ResponseParser::State::kError:
      return Fail(shard_.counters().malformed, {.what = std::string(parser_->error())});
  }
}

void Passage::HoldBack() {
  if (writer_ == nullptr || held_back_ ||
      writer_->queued_bytes() <= shard_.shared().config.max_queued_bytes) {
    return;
  }
  held_back_ = true;
  link_->stream().PauseReading();
  writer_->AwaitDrained();
}

void Passage::OnInterim(ResponseHead head) {
  if (state_ == State::kOver) return;
  if (head.status == 100) {
    if (!body_wanted_) WantBody();
  } else {
    exchange_->Inform(ToClient(std::move(head)));
  }
}

void Passage::OnResponseHead(ResponseHead head) {
  if (state_ == State::kOver) return;
  if (head.status == 101) {
    const std::string_view protocol = http::FindHeader(head.headers, "upgrade");
    const std::string_view wanted = WantedUpgrade(request());
    if (!wanted.empty() && base::SameIgnoringCase(protocol, wanted)) {
      switch_head_ = EncodeSwitch(std::move(head));
    }
    return;
  }
  kept_for_ms_ = KeptFor(head, kKeptMs);
  http::Response response = ToClient(std::move(head));
  if (options_.decline && options_.decline(response)) {
    auto exchange = std::move(exchange_);
    exchange->Listen(nullptr);
    const auto otherwise = options_.otherwise;
    Over();
    if (otherwise) otherwise(std::move(exchange));
    return;
  }
  if (options_.amend) options_.amend(response);
  endless_ = http::FindHeader(response.headers, "content-type").starts_with("text/event-stream");
  state_ = State::kPassing;
  writer_ = &exchange_->Begin(std::move(response), parser_->length());
}

void Passage::OnResponseBody(std::string_view bytes) {
  if (state_ == State::kPassing) writer_->Write(bytes);
}

void Passage::Switch(std::string_view early) {
  if (switch_head_.empty()) {
    return Fail(shard_.counters().malformed,
                {.what = "switched to a protocol that nobody asked for"});
  }
  auto client = exchange_->TakeStream();
  auto link = std::move(link_);
  if (client)
    shard_.OpenTunnel(std::move(*client), std::move(link), switch_head_ + std::string(early));
  Over();
}

// The response is whole; `rest` is what came behind it.
void Passage::Finish(std::string_view rest) {
  if (!rest.empty()) shard_.counters().leftover.Add();
  const bool kept = rest.empty() && body_sent_ && parser_->keep_alive();
  writer_->End();
  if (kept) shard_.pool().Keep(std::move(link_), kept_for_ms_);
  Over();
}

bool Passage::MayAskAgain() const {
  return reused_ && !heard_ && !asked_twice_ && body_.kind == BodyPlan::Kind::kNone &&
         IsIdempotent(request().method);
}

void Passage::OnLinkClosed(End end) {
  if (state_ == State::kOver) return;
  if (state_ == State::kAsking && MayAskAgain()) {
    shard_.counters().retried.Add();
    asked_twice_ = true;
    reused_ = false;
    link_.reset();
    return WaitForLink();
  }
  if (end == End::kInOrder && parser_->FeedEnd() == ResponseParser::State::kDone) {
    return Finish({});
  }
  Fail(shard_.counters().hung_up,
       {.what = heard_ ? "closed the connection in the middle of its answer"
                       : "closed the connection before it answered"});
}

// No answer, or (behind its head) not all of it.
void Passage::Fail(base::Counter& counter, Trouble trouble) {
  if (state_ == State::kPassing) return Break();
  counter.Add();
  if (options_.otherwise) {
    auto exchange = std::move(exchange_);
    exchange->Listen(nullptr);
    const auto otherwise = options_.otherwise;
    Over();
    return otherwise(std::move(exchange));
  }
  exchange_->Send(AnswerTrouble(trouble, shard_.shared().url.text, request().Header("accept")));
  Over();
}

void Passage::Break() {
  shard_.counters().broken.Add();
  writer_->Abort();
  Over();
}

void Passage::Over() {
  if (std::exchange(state_, State::kOver) == State::kOver) return;
  if (Pool::Hook::is_linked()) Pool::Hook::unlink();  // it waits no more
  if (exchange_) exchange_->Listen(nullptr);
  exchange_.reset();
  writer_ = nullptr;
  if (link_) link_->SetUser(nullptr);
  link_.reset();
  shard_.Bury(*this);
}

void Passage::Drain() {
  if (state_ == State::kPassing && endless_) Break();
}

void Passage::Sweep(int64_t now_ms) {
  const ProxyConfig& config = shard_.shared().config;
  const int64_t quiet = now_ms - active_ms_;
  switch (state_) {
    case State::kWaiting:
      if (quiet < config.response_time_ms) return;
      return Fail(shard_.counters().late, {.status = 503,
                                           .what = "is busy: no connection became free in time",
                                           .retry_after_s = 1});
    case State::kAsking:
      if (body_.awaits_continue && !body_wanted_ && quiet >= kContinueMs) WantBody();
      if (quiet < config.response_time_ms) return;
      return Fail(shard_.counters().late,
                  {.status = 504,
                   .what = fmt::format("did not answer within {} ms", config.response_time_ms)});
    case State::kPassing:
      if (!held_back_ && quiet >= config.idle_time_ms) Break();
      return;
    case State::kOver:
      return;
  }
}

}  // namespace offing::origin
