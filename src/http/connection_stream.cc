#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "http/connection.h"
#include "http/pending_exchange.h"
#include "http/response_head.h"

namespace offing::http {

namespace {

constexpr int kClientGone = 499;  // in the access log: nobody was there to answer
constexpr std::string_view kLastChunk = "0\r\n\r\n";

// The place of a connection whose stream was taken.
class TakenPlace final : public Place {
 public:
  TakenPlace(std::shared_ptr<Lobby> lobby, std::string peer, const Request& request)
      : lobby_(std::move(lobby)), peer_(std::move(peer)), opened_ms_(lobby_->now_ms()) {
    if (lobby_->shared().access_log == nullptr) return;
    method_ = request.method;
    target_ = request.target;
  }
  ~TakenPlace() override {
    lobby_->counters().connections.Sub();
    --lobby_->shared().connections;
    lobby_->Log({.at_ms = lobby_->shared().clock.WallMs(),
                 .peer = peer_,
                 .method = method_,
                 .target = target_,
                 .status = 101,
                 .bytes = sent_,
                 .ms = lobby_->now_ms() - opened_ms_,
                 .ws = "close"});
  }
  TakenPlace(const TakenPlace&) = delete;
  TakenPlace& operator=(const TakenPlace&) = delete;
  void CountSent(uint64_t bytes) override { sent_ += bytes; }

 private:
  const std::shared_ptr<Lobby> lobby_;
  const std::string peer_;
  const int64_t opened_ms_;
  std::string method_;
  std::string target_;
  uint64_t sent_ = 0;
};

}  // namespace

Transfer& Connection::transfer() {
  if (!transfer_) transfer_ = std::make_unique<Transfer>();
  return *transfer_;
}

// The head is whole, and of the body maybe a beginning.
void Connection::DispatchStreamed() {
  stream_->PauseReading();
  keep_alive_ = parser_->keep_alive();
  Request request = std::move(parser_->request());
  transfer().streamed = true;
  transfer_->early = std::exchange(request.body, {});
  parser_->request().body.clear();
  HandOver(std::move(request));
}

void Connection::Watch() {
  transfer();
  if (!parser_ && !left_over_) stream_->ResumeReading();
}

void Connection::ResumeBody() {
  if (!streamed() || transfer_->wanted || transfer_->ended) return;
  transfer_->wanted = true;
  transfer_->body_at_ms = lobby_.now_ms();
  if (!transfer_->early.empty()) return lobby_.Wake(*this);
  if (!transfer_->begun && parser_->TakeExpectation()) {
    stream_->Write(std::string("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  stream_->ResumeReading();
}

void Connection::PauseBody() {
  if (!streamed() || transfer_->ended) return;
  transfer_->wanted = false;
  stream_->PauseReading();
}

// At the end of the round: what came with the head.
void Connection::HandOnBody() {
  if (!transfer_->wanted || transfer_->early.empty()) return;
  PendingExchange* const exchange = exchange_;
  const std::string early = std::exchange(transfer_->early, {});
  if (exchange->listener() != nullptr) exchange->listener()->OnBody(early);
  if (exchange_ == exchange && transfer_->wanted) stream_->ResumeReading();
}

void Connection::OnBodyBytes(std::string_view bytes) {
  PendingExchange* const exchange = exchange_;
  transfer_->body_at_ms = lobby_.now_ms();
  const RequestParser::State result = parser_->Feed(bytes);
  if (result == RequestParser::State::kError) {
    const std::string text(parser_->error_text());
    return RefuseBody(parser_->error_status(), text);
  }
  const std::string body = std::exchange(parser_->request().body, {});
  const bool done = result == RequestParser::State::kDone;
  if (done) {
    parser_.reset();
    transfer_->ended = true;
    KeepRest(bytes);
    if (left_over_) stream_->PauseReading();
  }
  if (exchange->listener() != nullptr && !body.empty()) exchange->listener()->OnBody(body);
  if (exchange_ != exchange || !done) return;
  if (exchange->listener() != nullptr) exchange->listener()->OnBodyEnd();
}

// Bytes behind the request, while it is handled and somebody listens.
void Connection::OnAhead(std::string_view bytes) {
  stream_->PauseReading();
  KeepRest(bytes);
}

// The rest of a body that its handler has begun to read will not come.
void Connection::RefuseBody(int status, std::string_view text) {
  lobby_.counters().Refused(status).Add();
  if (transfer_->begun) {
    LogBroken();
    stream_->Abort();
    PendingExchange* const exchange = std::exchange(exchange_, nullptr);
    End();
    return exchange->Lose();
  }
  PendingExchange* const exchange = std::exchange(exchange_, nullptr);
  keep_alive_ = false;
  Response response = ErrorResponse(status, text);
  LogAnswer(exchange->request(), status, response.body_size());
  Send(std::move(response));
  exchange->Lose();
}

void Connection::SweepBody(int64_t now_ms) {
  if (!parser_ || !transfer_ || !transfer_->wanted) return;
  if (now_ms - transfer_->body_at_ms < lobby_.shared().config.request_timeout_ms) return;
  RefuseBody(408, "the body did not come on in time");
}

void Connection::Inform(const Response& head) {
  if (!transfer_ || !transfer_->begun) stream_->Write(EncodeInterim(head));
}

void Connection::Begin(const Response& head, std::optional<uint64_t> length) {
  CHECK(!transfer().begun, "an exchange is answered once");
  if (parser_ || lobby_.draining()) keep_alive_ = false;
  const bool has_body = HasBody(head.status);
  transfer_->begun = true;
  transfer_->status = head.status;
  transfer_->chunked = !length && has_body && exchange_->request().version >= 11;
  transfer_->left = has_body && !head_only_ ? length : std::nullopt;
  if (!length && has_body && !transfer_->chunked) keep_alive_ = false;
  const Framing framing = length                              ? Framing::kLength
                          : transfer_->chunked && !head_only_ ? Framing::kChunked
                                                              : Framing::kEnd;
  stream_->Write(EncodeHead(head, {.date = lobby_.date(),
                                   .persistence = persistence(),
                                   .framing = framing,
                                   .length = length.value_or(0),
                                   .strict_transport = strict_transport()}));
  progress_ms_ = lobby_.now_ms();
  last_queued_ = stream_->queued_bytes();
}

void Connection::WriteBody(std::string_view bytes) {
  CHECK(transfer_ && transfer_->begun, "Begin comes first");
  if (head_only_ || !HasBody(transfer_->status) || bytes.empty()) return;
  transfer_->sent += bytes.size();
  if (transfer_->left) {
    CHECK(bytes.size() <= *transfer_->left, "a body is no longer than was said");
    *transfer_->left -= bytes.size();
  }
  if (!transfer_->chunked) return stream_->Write(std::string(bytes));
  std::string chunk = fmt::format("{:x}\r\n", bytes.size());
  chunk.reserve(chunk.size() + bytes.size() + 2);
  chunk.append(bytes).append("\r\n");
  stream_->Write(std::move(chunk));
}

void Connection::EndBody() {
  CHECK(transfer_ && transfer_->begun, "Begin comes first");
  if (transfer_->left.value_or(0) > 0) return AbortBody();
  if (transfer_->chunked && !head_only_) stream_->Write(std::string(kLastChunk));
  PendingExchange* const exchange = std::exchange(exchange_, nullptr);
  LogAnswer(exchange->request(), transfer_->status, transfer_->sent);
  exchange->Detach();
  Over();
}

void Connection::AbortBody() {
  LogBroken();
  std::exchange(exchange_, nullptr)->Detach();
  stream_->Abort();
  End();
}

// The access log's line of an exchange that got no whole answer.
void Connection::LogBroken() {
  const bool begun = transfer_ && transfer_->begun;
  const uint64_t sent = transfer_ ? transfer_->sent : 0;
  const uint64_t queued = stream_ ? stream_->queued_bytes() : 0;
  LogAnswer(exchange_->request(), begun ? transfer_->status : kClientGone,
            sent - std::min(sent, queued));
}

TakenStream Connection::Take() {
  CHECK(!parser_, "a request with a body does not hand its stream over");
  PendingExchange* const exchange = std::exchange(exchange_, nullptr);
  exchange->Detach();
  LogUpgrade(exchange->request());
  stream_->PauseReading();
  TakenStream taken;
  taken.place = std::make_unique<TakenPlace>(
      lobby_.shared_from_this(), std::string(stream_->peer_address()), exchange->request());
  taken.early = left_over_ ? std::string(left_over_->rest()) : std::string();
  taken.stream = std::move(stream_);
  taken.stream->SetListener(nullptr);
  End();
  return taken;
}

}  // namespace offing::http
