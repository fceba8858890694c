#include "origin/response_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"

namespace offing::origin {

namespace {

namespace beast = boost::beast;
using BeastError = beast::http::error;
using ErrorCode = beast::error_code;
using BeastView = beast::string_view;

constexpr size_t kMaxHeaders = 256;
constexpr int kMaxInterims = 16;
constexpr size_t kNowhere = std::string_view::npos;
constexpr size_t kLastChunkSize = 5;  // "0\r\n\r\n"

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Behind the first empty line, if bytes[0, searched) has been searched already.
size_t FindHeadEnd(std::string_view bytes, size_t searched) {
  for (size_t at = searched > 2 ? searched - 2 : 0;; ++at) {
    at = bytes.find('\n', at);
    if (at == kNowhere) return kNowhere;
    const std::string_view next = bytes.substr(at + 1, 2);
    if (next.starts_with('\n')) return at + 2;
    if (next == "\r\n") return at + 3;
  }
}

// nullptr, or what is wrong with the lines of a whole head.
const char* LineFault(std::string_view head) {
  for (size_t i = 0; i < head.size(); ++i) {
    const char before = i > 0 ? head[i - 1] : '\0';
    if (head[i] == '\n' && before != '\r') return "sent a head with a bare line feed";
    if (before == '\r' && head[i] != '\n') return "sent a head with a bare carriage return";
    if (before == '\n' && (head[i] == ' ' || head[i] == '\t')) return "sent a folded header";
  }
  return nullptr;
}

// Beast wants a last chunk's line and end at once.
bool MayBeCutLastChunk(std::string_view bytes) {
  return bytes.size() < kLastChunkSize && (bytes.front() == '0' || bytes.front() == '\r');
}

const char* InWords(const ErrorCode& error) {
  if (error == BeastError::bad_content_length || error == BeastError::multiple_content_length ||
      error == BeastError::bad_transfer_encoding) {
    return "sent a contradictory or malformed length of the body";
  }
  if (error == BeastError::bad_chunk || error == BeastError::bad_chunk_extension) {
    return "sent a malformed chunk";
  }
  if (error == BeastError::bad_version) return "does not speak HTTP/1.0 or HTTP/1.1";
  return "sent something that is no HTTP response";
}

}  // namespace

class ResponseParser::Beast final : public beast::http::basic_parser<false> {
 public:
  explicit Beast(RequestKind kind) {
    eager(true);
    skip(kind == RequestKind::kHead);
    header_limit(std::numeric_limits<uint32_t>::max());  // the limit is kept by FeedHead
    body_limit(boost::none);
  }

  ResponseHead head;
  const char* fault = nullptr;
  Sink* sink = nullptr;  // of the body
  uint64_t chunk_left = 0;

 private:
  void Refuse(const char* what, ErrorCode& error) {
    if (fault == nullptr) fault = what;
    error = BeastError::bad_value;
  }
  void on_request_impl(beast::http::verb, BeastView, BeastView, int, ErrorCode&) override {}
  void on_response_impl(int status, BeastView, int version, ErrorCode& error) override {
    if (status < 100) return Refuse("sent a status that is none", error);
    head.status = status;
    head.version = version;
  }
  void on_field_impl(beast::http::field, BeastView name, BeastView value,
                     ErrorCode& error) override;
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(BeastView body, ErrorCode&) override {
    sink->OnResponseBody({body.data(), body.size()});
    return body.size();
  }
  void on_chunk_header_impl(uint64_t size, BeastView, ErrorCode&) override { chunk_left = size; }
  size_t on_chunk_body_impl(uint64_t, BeastView body, ErrorCode& error) override {
    chunk_left -= body.size();
    return on_body_impl(body, error);
  }
  void on_finish_impl(ErrorCode&) override {}

  int lengths_ = 0;
};

void ResponseParser::Beast::on_field_impl(beast::http::field, BeastView name, BeastView value,
                                          ErrorCode& error) {
  if (is_header_done()) return;  // a trailer
  if (head.headers.size() == kMaxHeaders) return Refuse("sent too many headers", error);
  head.headers.emplace_back(base::ToLower({name.data(), name.size()}), value);
  const auto& [key, text] = head.headers.back();
  if (key == "content-length" && (++lengths_ > 1 || !IsNumber(text))) {
    return Refuse("sent a contradictory or malformed length of the body", error);
  }
  if (key == "transfer-encoding" && (head.version < 11 || base::ToLower(text) != "chunked")) {
    return Refuse("sent a transfer coding that is not known here", error);
  }
}

struct ResponseParser::Parts {
  explicit Parts(RequestKind kind, size_t max) : kind(kind), max_head_bytes(max), beast(kind) {}
  const RequestKind kind;
  const size_t max_head_bytes;
  std::optional<Beast> beast;
  std::string held;     // a head or chunk line that is not whole
  size_t searched = 0;  // of the head, for its end
  int interims = 0;
  State state = State::kNeedMore;
  bool has_head = false;
  const char* error = "";
};

ResponseParser::ResponseParser(RequestKind kind, size_t max_head_bytes)
    : parts_(std::make_unique<Parts>(kind, max_head_bytes)) {}
ResponseParser::~ResponseParser() = default;

ResponseParser::State ResponseParser::Fail(std::string_view what) {
  parts_->error = what.data();
  parts_->held = {};
  return parts_->state = State::kError;
}

ResponseParser::State ResponseParser::Feed(std::string_view& bytes, Sink& sink) {
  if (parts_->state != State::kNeedMore || bytes.empty()) return parts_->state;
  const bool held = !parts_->held.empty();
  if (held) parts_->held += bytes;
  // Moved out, because a parser that fails lets go of what it holds.
  std::string joined = std::exchange(parts_->held, {});
  std::string_view rest = held ? std::string_view(joined) : bytes;
  State state = State::kNeedMore;
  if (!parts_->has_head) state = FeedHead(rest, sink);
  if (parts_->has_head && state == State::kNeedMore) state = FeedBody(rest, sink);
  if (state == State::kNeedMore) {
    parts_->held = rest;
    bytes = {};
    return state;
  }
  bytes.remove_prefix(bytes.size() - std::min(bytes.size(), rest.size()));
  return parts_->state = state;
}

// Heads, until the final one is there.
ResponseParser::State ResponseParser::FeedHead(std::string_view& bytes, Sink& sink) {
  while (!parts_->has_head) {
    const size_t end = FindHeadEnd(bytes, parts_->searched);
    if (std::min(end, bytes.size()) > parts_->max_head_bytes) return Fail("sent a head too long");
    if (end == kNowhere) {
      parts_->searched = bytes.size();
      return State::kNeedMore;
    }
    parts_->searched = 0;
    const std::string_view head = bytes.substr(0, end);
    bytes.remove_prefix(end);
    if (const char* fault = LineFault(head)) return Fail(fault);
    ErrorCode error;
    Beast& beast = *parts_->beast;
    const size_t taken = beast.put(boost::asio::buffer(head.data(), head.size()), error);
    if (error && error != BeastError::need_more) {
      return Fail(beast.fault != nullptr ? beast.fault : InWords(error));
    }
    if (!beast.is_header_done() || taken != end) return Fail(InWords({}));
    if (const State state = TakeHead(sink); state != State::kNeedMore) return state;
  }
  return State::kNeedMore;
}

ResponseParser::State ResponseParser::TakeHead(Sink& sink) {
  Beast& beast = *parts_->beast;
  ResponseHead head = std::move(beast.head);
  if (head.status >= 200 || head.status == 101) {
    const bool switched = head.status == 101;
    parts_->has_head = true;
    sink.OnResponseHead(std::move(head));
    if (switched) return State::kSwitched;
    return beast.is_done() ? State::kDone : State::kNeedMore;
  }
  if (++parts_->interims > kMaxInterims) return Fail("sent too many responses of 1xx");
  parts_->beast.emplace(parts_->kind);
  sink.OnInterim(std::move(head));
  return State::kNeedMore;
}

ResponseParser::State ResponseParser::FeedBody(std::string_view& bytes, Sink& sink) {
  Beast& beast = *parts_->beast;
  beast.sink = &sink;
  while (!bytes.empty() && !beast.is_done()) {
    if (beast.chunked() && beast.chunk_left == 0 && MayBeCutLastChunk(bytes)) break;
    ErrorCode error;
    const size_t taken = beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(taken);
    if (error == BeastError::need_more) break;
    if (error) return Fail(beast.fault != nullptr ? beast.fault : InWords(error));
  }
  if (beast.is_done()) return State::kDone;
  if (bytes.size() > parts_->max_head_bytes) return Fail("sent a chunk line or trailers too long");
  return State::kNeedMore;
}

ResponseParser::State ResponseParser::FeedEnd() {
  if (parts_->state != State::kNeedMore) return parts_->state;
  if (!parts_->has_head) return Fail("closed the connection before it answered");
  ErrorCode error;
  if (parts_->beast->need_eof()) parts_->beast->put_eof(error);
  if (!parts_->beast->is_done() || error) return Fail("closed the connection within the body");
  return parts_->state = State::kDone;
}

std::string_view ResponseParser::error() const {
  return parts_->error;
}
bool ResponseParser::has_head() const {
  return parts_->has_head;
}

std::optional<uint64_t> ResponseParser::length() const {
  if (!parts_->has_head) return std::nullopt;
  const auto length = parts_->beast->content_length();
  if (!length) return std::nullopt;
  return *length;
}

bool ResponseParser::keep_alive() const {
  return parts_->state == State::kDone && !parts_->beast->need_eof() && parts_->beast->keep_alive();
}

}  // namespace offing::origin
