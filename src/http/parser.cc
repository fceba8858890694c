#include "http/parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "http/upgrade.h"
#include "proto/uri.h"

namespace offing::http {

namespace {

namespace beast = boost::beast;
using BeastError = beast::http::error;
using ErrorCode = beast::error_code;
using BeastView = beast::string_view;

constexpr size_t kMaxHeaders = 256;
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr size_t kMaxBlankBytes = 8;  // empty lines before a request (RFC 9112, 2.2)

struct Refusal {
  int status = 0;
  std::string_view text;
};

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What RFC 3986 lets a host and a port be made of.
bool IsHost(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~!$&'()*+;=%:[]").find(c) != std::string_view::npos;
  });
}

constexpr size_t kNowhere = std::string_view::npos;

// Where the head ends, if bytes[0, searched) has been searched already: behind its first empty
// line. One that ends in a bare LF counts too: it will be refused, and soon.
size_t FindHeadEnd(std::string_view bytes, size_t searched) {
  for (size_t at = searched > 2 ? searched - 2 : 0;; ++at) {
    at = bytes.find('\n', at);
    if (at == kNowhere) return kNowhere;
    const std::string_view next = bytes.substr(at + 1, 2);
    if (next.starts_with('\n')) return at + 2;
    if (next == "\r\n") return at + 3;
  }
}

// True if the request line has three parts and ends as one of HTTP/1 does, whatever the version's
// numbers.
bool NamesVersion(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  return std::ranges::count(line, ' ') == 2 && line.size() > 9 && line.ends_with('\r') &&
         line.substr(line.size() - 9, 5) == "HTTP/";
}

// A line that goes on with the one before it. Nobody sends such lines any more, and two who read
// them differently disagree about where a request ends (RFC 9112, 5.2).
bool HasFoldedLine(std::string_view head) {
  return head.find("\n ") != kNowhere || head.find("\n\t") != kNowhere;
}

// Whether a method may begin with it (RFC 9110, 5.6.2). What TLS begins with is not.
bool IsTokenByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != kNowhere;
}

// For what Beast itself refuses.
Refusal RefusalOf(const ErrorCode& error) {
  if (error == BeastError::body_limit) return {413, "the body is too long"};
  if (error == BeastError::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (error == BeastError::bad_target) return {400, "malformed target"};
  if (error == BeastError::bad_content_length || error == BeastError::multiple_content_length ||
      error == BeastError::bad_transfer_encoding) {
    return {400, "contradictory or malformed length of the body"};
  }
  if (error == BeastError::bad_chunk || error == BeastError::bad_chunk_extension) {
    return {400, "malformed chunk"};
  }
  return {400, "malformed request"};
}

}  // namespace

class RequestParser::Beast final : public beast::http::basic_parser<true> {
 public:
  Beast(const ParserLimits& limits, BodyOf body_of)
      : limits_(limits), body_of_(std::move(body_of)), body_left_(limits.max_body_bytes) {
    eager(true);
    header_limit(std::numeric_limits<uint32_t>::max());  // the limit is kept by ParseHead
    body_limit(boost::none);                             // and this one by on_body_impl
  }

  State Feed(std::string_view& bytes);

  Request request;
  Refusal refusal;
  bool started = false;
  bool expects = false;  // and has not been told to go on

  int version() const { return version_; }
  bool body_begun() const { return body_begun_; }
  bool streams() const { return is_header_done() && mode_ == BodyMode::kStreamed; }

 private:
  void SkipBlank(std::string_view& bytes);
  State Parse(std::string_view& bytes);
  State ParseHead(std::string_view& bytes);
  State Fail(Refusal why);
  void Refuse(int status, std::string_view text, ErrorCode& error);
  void CheckField(std::string_view name, std::string_view value, ErrorCode& error);

  void on_request_impl(beast::http::verb, BeastView method, BeastView target, int version,
                       ErrorCode& error) override;
  void on_response_impl(int, BeastView, int, ErrorCode&) override {}
  void on_field_impl(beast::http::field, BeastView name, BeastView value,
                     ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCode&) override {}
  size_t on_body_impl(BeastView body, ErrorCode& error) override;
  void on_chunk_header_impl(uint64_t size, BeastView, ErrorCode& error) override {
    if (size > body_left_) Refuse(413, "the body is too long", error);
  }
  size_t on_chunk_body_impl(uint64_t, BeastView body, ErrorCode& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(ErrorCode&) override {}

  const ParserLimits limits_;
  const BodyOf body_of_;
  uint64_t body_left_;  // of the limit
  BodyMode mode_ = BodyMode::kBuffered;
  std::string held_;     // a head or chunk line that is not whole
  size_t searched_ = 0;  // of the head, for its end
  size_t blank_bytes_ = 0;
  int version_ = 0;
  int hosts_ = 0;
  bool body_begun_ = false;
};

RequestParser::State RequestParser::Beast::Fail(Refusal why) {
  if (why.status == 0) why = {400, "malformed request"};
  if (refusal.status == 0) refusal = why;
  held_ = {};
  return State::kError;
}

void RequestParser::Beast::SkipBlank(std::string_view& bytes) {
  while (!started && !bytes.empty() && blank_bytes_ < kMaxBlankBytes &&
         (bytes.front() == '\r' || bytes.front() == '\n')) {
    bytes.remove_prefix(1);
    ++blank_bytes_;
  }
  started |= !bytes.empty();
}

RequestParser::State RequestParser::Beast::Feed(std::string_view& bytes) {
  if (refusal.status != 0) return State::kError;
  if (is_done()) return State::kDone;
  SkipBlank(bytes);
  if (bytes.empty()) return State::kNeedMore;
  if (held_.empty()) {
    const State state = Parse(bytes);
    if (state == State::kNeedMore) held_ = std::exchange(bytes, {});
    return state;
  }
  held_ += bytes;
  std::string_view all = held_;
  const State state = Parse(all);
  if (state == State::kDone) {
    CHECK(all.size() <= bytes.size(), "a request ended before bytes that it was waiting for");
    bytes.remove_prefix(bytes.size() - all.size());
    held_ = {};
  } else {
    bytes = {};
    if (state == State::kNeedMore) held_.erase(0, held_.size() - all.size());
    if (held_.empty()) held_ = {};  // its memory too: what follows is body
  }
  return state;
}

// Takes what can be taken from the front of `bytes`; what is not taken is given again with more
// behind it.
RequestParser::State RequestParser::Beast::Parse(std::string_view& bytes) {
  if (!is_header_done()) {
    const State state = ParseHead(bytes);
    if (state != State::kDone) return state;
  }
  // Of a chunked body as much is missing as the last chunk is long, and Beast wants that much of a
  // chunk's line at once.
  const size_t least = chunked() ? kLastChunk.size() : 1;
  while (bytes.size() >= least && !is_done()) {
    ErrorCode error;
    bytes.remove_prefix(put(boost::asio::buffer(bytes.data(), bytes.size()), error));
    if (error == BeastError::need_more) break;
    if (error) return Fail(RefusalOf(error));
  }
  if (is_done()) return State::kDone;
  if (bytes.size() > limits_.max_header_bytes)
    return Fail({431, "chunk line or trailers too long"});
  return State::kNeedMore;
}

// A head is parsed when it is whole, so that the outcome does not depend on how it was cut.
RequestParser::State RequestParser::Beast::ParseHead(std::string_view& bytes) {
  if (!IsTokenByte(bytes.front())) return Fail({});
  const size_t end = FindHeadEnd(bytes, searched_);
  if (std::min(end, bytes.size()) > limits_.max_header_bytes) {
    const bool in_target = bytes.substr(0, limits_.max_header_bytes).find('\n') == kNowhere;
    return Fail(in_target ? Refusal{414, "the target is too long"}
                          : Refusal{431, "the header section is too long"});
  }
  if (end == kNowhere) {
    searched_ = bytes.size();
    return State::kNeedMore;
  }
  const std::string_view head = bytes.substr(0, end);
  bytes.remove_prefix(end);
  if (HasFoldedLine(head)) return Fail({400, "a header that goes on in another line"});
  ErrorCode error;
  const size_t taken = put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == BeastError::bad_version && !NamesVersion(head)) return Fail({});
  if (error && error != BeastError::need_more) return Fail(RefusalOf(error));
  return is_header_done() && taken == end ? State::kDone : Fail({});
}

void RequestParser::Beast::Refuse(int status, std::string_view text, ErrorCode& error) {
  if (refusal.status == 0) refusal = {status, text};
  error = BeastError::bad_value;
}

void RequestParser::Beast::on_request_impl(beast::http::verb, BeastView method, BeastView target,
                                           int version, ErrorCode& error) {
  version_ = version;
  request.method = method;
  request.version = version;
  if (target.size() > limits_.max_target_bytes) {
    return Refuse(414, "the target is too long", error);
  }
  request.target = target;
  const auto parts = proto::SplitTarget(request.target);
  if (!parts) return Refuse(400, "malformed target", error);
  request.path = parts->path;
  request.query = parts->query;
}

void RequestParser::Beast::on_field_impl(beast::http::field, BeastView name, BeastView value,
                                         ErrorCode& error) {
  if (is_header_done()) return;  // a trailer
  if (request.headers.size() == kMaxHeaders) return Refuse(431, "too many headers", error);
  request.headers.emplace_back(base::ToLower({name.data(), name.size()}), value);
  CheckField(request.headers.back().first, request.headers.back().second, error);
}

void RequestParser::Beast::CheckField(std::string_view name, std::string_view value,
                                      ErrorCode& error) {
  if (name == "host") {
    if (++hosts_ > 1) return Refuse(400, "more than one Host", error);
    if (!IsHost(value)) return Refuse(400, "malformed Host", error);
  } else if (name == "content-length") {
    if (!IsNumber(value)) return Refuse(400, "malformed Content-Length", error);
  } else if (name == "transfer-encoding") {
    if (version_ < 11) return Refuse(400, "Transfer-Encoding in HTTP/1.0", error);
    if (base::ToLower(value) != "chunked") {
      return Refuse(501, "no Transfer-Encoding but chunked is known here", error);
    }
  } else if (name == "expect") {
    if (base::ToLower(value) != "100-continue") {
      return Refuse(417, "no expectation but 100-continue is known here", error);
    }
    expects = version_ >= 11;
  }
}

void RequestParser::Beast::on_header_impl(ErrorCode& error) {
  if (version_ >= 11 && hosts_ == 0) return Refuse(400, "no Host", error);
  const auto length = content_length();
  if (!chunked() && (!length || *length == 0)) {
    expects = false;
    return;
  }
  if (body_of_) mode_ = body_of_(request);
  if (mode_ == BodyMode::kStreamed) body_left_ = limits_.max_streamed_body_bytes;
  if (length && *length > body_left_) Refuse(413, "the body is too long", error);
}

size_t RequestParser::Beast::on_body_impl(BeastView body, ErrorCode& error) {
  body_begun_ = true;
  if (body.size() > body_left_) {
    Refuse(413, "the body is too long", error);
    return body.size();
  }
  body_left_ -= body.size();
  request.body.append(body.data(), body.size());
  return body.size();
}

RequestParser::RequestParser(const ParserLimits& limits, BodyOf body_of)
    : beast_(std::make_unique<Beast>(limits, std::move(body_of))) {}
RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::Feed(std::string_view& bytes) {
  const State state = beast_->Feed(bytes);
  if (state != State::kDone) return state;
  Request& request = beast_->request;
  const UpgradeCheck upgrade = CheckUpgrade(request);
  request.wants_websocket = upgrade.wants_websocket && beast_->version() >= 11;
  if (upgrade.status == 0) return state;
  beast_->refusal = {upgrade.status, upgrade.reason};
  return State::kError;
}

bool RequestParser::TakeExpectation() {
  if (!beast_->expects || !beast_->is_header_done() || beast_->is_done() || beast_->body_begun()) {
    return false;
  }
  beast_->expects = false;
  return true;
}

bool RequestParser::started() const {
  return beast_->started;
}
bool RequestParser::streams() const {
  return beast_->streams();
}
int RequestParser::error_status() const {
  return beast_->refusal.status;
}
std::string_view RequestParser::error_text() const {
  return beast_->refusal.text;
}
Request& RequestParser::request() {
  return beast_->request;
}
bool RequestParser::keep_alive() const {
  return beast_->is_header_done() && beast_->keep_alive();
}
int RequestParser::version() const {
  return beast_->version();
}

}  // namespace offing::http
