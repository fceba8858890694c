#include "http/connection.h"

#include <utility>

#include "base/check.h"
#include "http/pending_exchange.h"
#include "http/response_head.h"
#include "http/websocket_peer.h"

namespace offing::http {

namespace {

// An answer may wait in the queue up to this size while the next request is looked at.
constexpr size_t kPipelinedBytes = 64 << 10;

// A body up to this size is sent in one piece with its head.
constexpr size_t kJoinedBytes = 16 << 10;

ParserLimits LimitsOf(const ServerConfig& config) {
  return {.max_header_bytes = config.max_header_bytes,
          .max_target_bytes = config.max_target_bytes,
          .max_body_bytes = config.max_body_bytes,
          .max_streamed_body_bytes = config.max_streamed_body_bytes};
}

}  // namespace

Connection::Connection(Lobby& lobby, std::unique_ptr<net::Stream> stream)
    : lobby_(lobby), stream_(std::move(stream)) {
  lobby_.counters().connections.Add();
  ++lobby_.shared().connections;
}

Connection::~Connection() {
  if (exchange_ != nullptr) exchange_->Lose();
  if (!stream_) return;  // handed over to a WebSocket, which counts on
  lobby_.counters().connections.Sub();
  --lobby_.shared().connections;
}

void Connection::Start() {
  stream_->SetListener(this);
  BecomeIdle();
}

void Connection::BecomeIdle() {
  state_ = State::kIdle;
  since_ms_ = lobby_.now_ms();
  if (left_over_) return Parse(left_over_->rest());
  stream_->ResumeReading();
}

void Connection::OnBytes(std::span<char> bytes) {
  if (state_ == State::kFinishing || state_ == State::kOver) return;
  if (state_ == State::kHandling) {
    return parser_ ? OnBodyBytes({bytes.data(), bytes.size()})
                   : OnAhead({bytes.data(), bytes.size()});
  }
  DCHECK(state_ == State::kIdle || state_ == State::kReading, "nothing is read meanwhile");
  Parse({bytes.data(), bytes.size()});
}

void Connection::Parse(std::string_view bytes) {
  if (!parser_) {
    const Shared& shared = lobby_.shared();
    parser_ = std::make_unique<RequestParser>(
        LimitsOf(shared.config),
        [&handler = shared.handler](const Request& head) { return handler.BodyOf(head); });
  }
  const RequestParser::State result = parser_->Feed(bytes);
  KeepRest(result == RequestParser::State::kDone ? bytes : std::string_view());
  if (state_ == State::kIdle && parser_->started()) {
    state_ = State::kReading;
    since_ms_ = lobby_.now_ms();
  }
  switch (result) {
    case RequestParser::State::kNeedMore:
      if (parser_->streams()) return DispatchStreamed();
      if (parser_->TakeExpectation()) stream_->Write(std::string("HTTP/1.1 100 Continue\r\n\r\n"));
      stream_->ResumeReading();
      return;
    case RequestParser::State::kError:
      return Refuse(parser_->error_status(), parser_->error_text());
    case RequestParser::State::kDone:
      return Dispatch();
  }
}

// `rest` is of a read, or of what is left over already.
void Connection::KeepRest(std::string_view rest) {
  if (rest.empty()) {
    left_over_.reset();
  } else if (left_over_) {
    left_over_->taken = left_over_->bytes.size() - rest.size();
  } else {
    left_over_ = std::make_unique<LeftOver>(LeftOver{.bytes = std::string(rest)});
  }
}

void Connection::Dispatch() {
  stream_->PauseReading();
  keep_alive_ = parser_->keep_alive();
  Request request = std::move(parser_->request());
  parser_.reset();
  HandOver(std::move(request));
}

void Connection::HandOver(Request request) {
  state_ = State::kHandling;
  lobby_.counters().requests.Add();
  say_keep_alive_ = keep_alive_ && request.version < 11;
  head_only_ = request.method == "HEAD";
  request.peer_address = stream_->peer_address();
  request.secure = !stream_->tls_version().empty();
  auto exchange = std::make_unique<PendingExchange>(*this, std::move(request));
  exchange_ = exchange.get();
  lobby_.shared().handler.Handle(std::move(exchange));
}

void Connection::Refuse(int status, std::string_view text) {
  stream_->PauseReading();
  state_ = State::kHandling;
  lobby_.counters().Refused(status).Add();
  keep_alive_ = false;
  Response response = ErrorResponse(status, text);
  if (status == 426) response.headers.emplace_back("sec-websocket-version", "13");
  const Request request = std::move(parser_->request());
  parser_.reset();
  head_only_ = request.method == "HEAD";
  LogAnswer(request, status, response.body_size());
  Send(std::move(response));
}

void Connection::Answer(Response response) {
  PendingExchange* exchange = std::exchange(exchange_, nullptr);
  exchange->Detach();
  LogAnswer(exchange->request(), response.status, response.body_size());
  Send(std::move(response));
}

void Connection::OnDropped() {
  if (transfer_ && transfer_->begun) return AbortBody();
  lobby_.counters().unanswered.Add();
  Answer(ErrorResponse(500, "the server has no answer"));
}

void Connection::LogAnswer(const Request& request, int status, uint64_t body) {
  if (lobby_.shared().access_log == nullptr) return;
  AccessLog::Entry entry = EntryOf(request);
  entry.status = status;
  entry.bytes = head_only_ || !HasBody(status) ? 0 : body;
  lobby_.Log(entry);
}

AccessLog::Entry Connection::EntryOf(const Request& request) const {
  const int64_t took = lobby_.now_ms() - since_ms_;
  return {.at_ms = lobby_.shared().clock.WallMs() - took,
          .peer = stream_->peer_address(),
          .method = request.method,
          .target = request.target,
          .ms = took,
          .tls = stream_->tls_version(),
          .version = request.version,
          .referer = request.Header("referer"),
          .user_agent = request.Header("user-agent")};
}

std::string_view Connection::strict_transport() const {
  if (stream_->tls_version().empty()) return {};
  return lobby_.shared().config.strict_transport;
}

Persistence Connection::persistence() const {
  return !keep_alive_      ? Persistence::kClose
         : say_keep_alive_ ? Persistence::kKeepAliveSaid
                           : Persistence::kKeepAlive;
}

void Connection::Send(Response response) {
  if (lobby_.draining() || parser_) keep_alive_ = false;  // the body is not whole
  const HeadFacts facts{.date = lobby_.date(),
                        .persistence = persistence(),
                        .length = response.body_size(),
                        .strict_transport = strict_transport()};
  SendBody(EncodeHead(response, facts), response);
  Over();
}

// The answer is queued whole.
void Connection::Over() {
  if (transfer_ || parser_) stream_->PauseReading();
  transfer_.reset();
  parser_.reset();
  progress_ms_ = lobby_.now_ms();
  last_queued_ = stream_->queued_bytes();
  if (keep_alive_) {
    GoOn();
  } else {
    Finish();
  }
}

void Connection::SendBody(std::string head, Response& response) {
  const bool wanted = !head_only_ && HasBody(response.status);
  auto* text = std::get_if<std::string>(&response.body);
  const bool joined = wanted && text != nullptr && text->size() <= kJoinedBytes;
  if (joined) head += *text;
  stream_->Write(std::move(head));
  if (joined) return;
  if (!wanted) return CloseFiles(response);
  const auto write_file = [this](const FileBody& file) {
    stream_->WriteFile(file.fd, file.offset, file.length);
  };
  if (text != nullptr) {
    stream_->Write(std::move(*text));
  } else if (auto* shared = std::get_if<base::SharedBytes>(&response.body)) {
    stream_->Write(std::move(*shared));
  } else if (const auto* file = std::get_if<FileBody>(&response.body)) {
    write_file(*file);
  } else {
    for (auto& piece : std::get<BodyPieces>(response.body)) {
      if (auto* bytes = std::get_if<std::string>(&piece)) {
        stream_->Write(std::move(*bytes));
      } else {
        write_file(std::get<FileBody>(piece));
      }
    }
  }
}

// After an answer: the next request, or the wait for it. While a large answer is on its way neither
// is begun.
void Connection::GoOn() {
  if (stream_->queued_bytes() > kPipelinedBytes) {
    state_ = State::kSending;
    stream_->AwaitDrained();
  } else if (left_over_) {
    state_ = State::kSending;
    lobby_.Wake(*this);  // not from within the handler that answered
  } else {
    BecomeIdle();
  }
}

void Connection::Continue() {
  if (state_ == State::kHandling && transfer_) return HandOnBody();
  if (state_ != State::kSending || stream_->queued_bytes() > kPipelinedBytes) return;
  BecomeIdle();
}

void Connection::OnDrained() {
  progress_ms_ = lobby_.now_ms();
  if (state_ == State::kSending) Continue();
  if (state_ == State::kFinishing) return Finish();
  if (state_ != State::kHandling || exchange_ == nullptr) return;
  if (ExchangeListener* listener = exchange_->listener()) listener->OnDrained();
}

// While the server drains somebody waits for the answers to be sent, so the connection stays until
// then; otherwise the stream finishes alone.
void Connection::Finish() {
  state_ = State::kFinishing;
  stream_->PauseReading();
  if (lobby_.draining() && stream_->queued_bytes() > 0) return;
  stream_->Close(lobby_.shared().config.write_timeout_ms);
  End();
}

void Connection::End() {
  state_ = State::kOver;
  if (exchange_ != nullptr) {
    LogBroken();
    std::exchange(exchange_, nullptr)->Lose();
  }
  lobby_.Bury(*this);
}

void Connection::OnClosed() {
  if (state_ != State::kOver) End();
}

void Connection::Sweep(int64_t now_ms) {
  if (StallsAt(now_ms)) {
    lobby_.counters().slow_readers.Add();
    stream_->Abort();
    return End();
  }
  const ServerConfig& config = lobby_.shared().config;
  switch (state_) {
    case State::kIdle:
      if (now_ms - since_ms_ >= config.idle_timeout_ms || lobby_.draining()) Finish();
      return;
    case State::kReading:
      if (now_ms - since_ms_ >= config.request_timeout_ms) {
        Refuse(408, "the request did not come whole in time");
      }
      return;
    case State::kHandling:
      return SweepBody(now_ms);
    case State::kFinishing:
      return Finish();
    default:
      return;
  }
}

// True if the peer has taken nothing of what waits for it for too long.
bool Connection::StallsAt(int64_t now_ms) {
  const size_t queued = stream_->queued_bytes();
  if (queued == 0 || queued < last_queued_ || last_queued_ == 0) progress_ms_ = now_ms;
  last_queued_ = queued;
  return now_ms - progress_ms_ >= lobby_.shared().config.write_timeout_ms;
}

void Connection::Upgrade(std::unique_ptr<WebSocketListener> listener, WebSocketLimits limits) {
  PendingExchange* exchange = std::exchange(exchange_, nullptr);
  exchange->Detach();
  const Request& request = exchange->request();
  LogUpgrade(request);
  stream_->Write(EncodeSwitching(request.Header("sec-websocket-key"), lobby_.date()));
  auto peer =
      std::make_unique<WebSocketPeer>(lobby_, std::move(stream_), std::move(listener), limits,
                                      lobby_.shared().access_log ? request.target : std::string());
  End();
  WebSocketPeer& started = *peer;
  lobby_.AddWebSocket(std::move(peer));
  started.Start(left_over_ ? std::make_unique<std::string>(left_over_->rest()) : nullptr);
}

void Connection::LogUpgrade(const Request& request) {
  AccessLog::Entry entry = EntryOf(request);
  entry.status = 101;
  entry.ws = "open";
  lobby_.Log(entry);
}

}  // namespace offing::http
