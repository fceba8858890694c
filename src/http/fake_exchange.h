// FakeExchange: an exchange without a connection, for tests of handlers. It remembers what it was
// answered with.
//
//   net::Core core(0, {log, metrics});
//   auto answer = Ask(handler, core, Get("/feed.json"));   // answer->response, if it came at once
//
// Threading: core-local.
#pragma once

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "http/exchange.h"
#include "proto/uri.h"

namespace offing::http {

// A request as the server's parser makes it; a target that it would refuse leaves the path empty.
inline Request MakeRequest(std::string method, std::string target, Headers headers = {},
                           std::string body = "") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  if (const auto parts = proto::SplitTarget(request.target)) {
    request.path = std::string(parts->path);
    request.query = std::string(parts->query);
  }
  request.headers = std::move(headers);
  request.body = std::move(body);
  request.peer_address = "127.0.0.1";
  return request;
}

inline Request Get(std::string target, Headers headers = {}) {
  return MakeRequest("GET", std::move(target), std::move(headers));
}

inline std::string ReadFileBody(const FileBody& file) {
  std::string bytes(file.length, '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = pread(file.fd, bytes.data() + have, bytes.size() - have,
                              static_cast<off_t>(file.offset + have));
    if (got <= 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

// The body as one string; of a file it reads what would be sent and closes it.
inline std::string TakeBody(Response& response) {
  if (auto* text = std::get_if<std::string>(&response.body)) return std::move(*text);
  if (auto* shared = std::get_if<base::SharedBytes>(&response.body)) {
    return *shared == nullptr ? "" : **shared;
  }
  std::string bytes;
  if (const auto* file = std::get_if<FileBody>(&response.body)) {
    bytes = ReadFileBody(*file);
  } else {
    for (auto& piece : std::get<BodyPieces>(response.body)) {
      const auto* part = std::get_if<std::string>(&piece);
      bytes += part != nullptr ? *part : ReadFileBody(std::get<FileBody>(piece));
    }
  }
  CloseFiles(response);
  response.body = std::string();
  return bytes;
}

struct FakeAnswer {
  ~FakeAnswer() {
    if (response) TakeBody(*response);
  }
  std::optional<Response> response;
  std::unique_ptr<WebSocketListener> listener;
  WebSocketLimits websocket_limits;
  bool over = false;  // answered, accepted, or dropped unanswered

  // Of an exchange that streams.
  ExchangeListener* exchange_listener = nullptr;  // for the test to call
  bool wants_body = false;
  std::vector<Response> informed;
  bool begun = false;  // `response` is a head then
  std::optional<uint64_t> length;
  std::string written;
  size_t queued = 0;  // of `written`, set by the test
  bool awaits_drained = false;
  bool ended = false;
  bool aborted = false;
  std::optional<TakenStream> stream;  // to be taken

  bool dropped() const { return over && !response && listener == nullptr; }
  int status() const { return response ? response->status : 0; }
  // By the name in lower case, whatever the case in which it was written.
  std::string Header(std::string_view name) const {
    if (!response) return "";
    for (const auto& [key, value] : response->headers) {
      std::string lower = key;
      for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
      if (lower == name) return value;
    }
    return "";
  }
  std::string Body() { return response ? body_ ? *body_ : *(body_ = TakeBody(*response)) : ""; }

 private:
  std::optional<std::string> body_;
};

class FakeExchange final : public Exchange, public ResponseWriter {
 public:
  // kStreamed: the test says the body through FakeAnswer::exchange_listener.
  FakeExchange(Request request, net::Core& core, std::shared_ptr<FakeAnswer> answer,
               BodyMode mode = BodyMode::kBuffered)
      : request_(std::move(request)), core_(core), answer_(std::move(answer)), mode_(mode) {}
  ~FakeExchange() override {
    answer_->aborted |= answer_->begun && !answer_->ended;
    answer_->over = true;
    answer_->exchange_listener = nullptr;
  }

  const Request& request() const override { return request_; }
  net::Core& core() override { return core_; }
  void Send(Response response) override {
    CHECK(!answer_->over, "an exchange is answered once");
    answer_->response = std::move(response);
    answer_->over = true;
  }
  void AcceptWebSocket(std::unique_ptr<WebSocketListener> listener,
                       WebSocketLimits limits) override {
    CHECK(!answer_->over, "an exchange is answered once");
    CHECK(request_.wants_websocket, "only an upgrade request becomes a WebSocket");
    answer_->listener = std::move(listener);
    answer_->websocket_limits = limits;
    answer_->over = true;
  }

  void Listen(ExchangeListener* listener) override { answer_->exchange_listener = listener; }
  bool streamed() const override { return mode_ == BodyMode::kStreamed; }
  void ResumeBody() override { answer_->wants_body = true; }
  void PauseBody() override { answer_->wants_body = false; }
  void Inform(const Response& head) override {
    CHECK(!answer_->over && !answer_->begun, "what is said first comes first");
    answer_->informed.push_back(head);
  }
  ResponseWriter& Begin(Response head, std::optional<uint64_t> length) override {
    CHECK(!answer_->over && !answer_->begun, "an exchange is answered once");
    answer_->response = std::move(head);
    answer_->length = length;
    answer_->begun = true;
    return *this;
  }
  std::optional<TakenStream> TakeStream() override {
    answer_->over = true;
    return std::exchange(answer_->stream, std::nullopt);
  }
  void Write(std::string_view bytes) override { answer_->written += bytes; }
  void End() override { answer_->over = answer_->ended = true; }
  void Abort() override { answer_->over = answer_->aborted = true; }
  size_t queued_bytes() const override { return answer_->queued; }
  void AwaitDrained() override { answer_->awaits_drained = true; }

 private:
  const Request request_;
  net::Core& core_;
  const std::shared_ptr<FakeAnswer> answer_;
  const BodyMode mode_;
};

inline std::shared_ptr<FakeAnswer> Ask(Handler& handler, net::Core& core, Request request,
                                       BodyMode mode = BodyMode::kBuffered) {
  auto answer = std::make_shared<FakeAnswer>();
  handler.Handle(std::make_unique<FakeExchange>(std::move(request), core, answer, mode));
  return answer;
}

}  // namespace offing::http
