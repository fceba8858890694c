// RequestParser: bytes in, one HTTP/1.1 request out, or an error with the status to answer it with
// (RFC 9110, 9112). It takes bytes in any cut and stops at the request's last byte, so pipelined
// bytes stay with the caller. Boost.Beast reads the grammar; what a request may not say lives here:
//
//   400  bad syntax, folded lines; no Host or two; Content-Length with Transfer-Encoding, different
//        lengths, a length that is not a number; Transfer-Encoding in HTTP/1.0; a malformed
//        WebSocket upgrade
//   413  body over its limit, said as soon as a length tells
//   414  target over max_target_bytes
//   417  an Expect other than 100-continue
//   426  a WebSocket version other than 13
//   431  header section (or trailers) over max_header_bytes, or more than 256 headers
//   501  Transfer-Encoding other than chunked
//   505  a version other than 1.0 and 1.1
//
// Trailers are read and thrown away. Nothing is allocated for a length that is only claimed.
//
// A body is collected in request().body. Of a streamed one (BodyMode) the caller takes away what is
// there after each Feed, and streams() says that the head is whole.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace offing::http {

struct ParserLimits {
  size_t max_header_bytes = 16 << 10;
  size_t max_target_bytes = 8 << 10;
  size_t max_body_bytes = 1 << 20;
  uint64_t max_streamed_body_bytes = 1ULL << 30;
};

enum class BodyMode : uint8_t { kBuffered, kStreamed };

class RequestParser {
 public:
  // `body_of` is asked when a head is whole and a body follows; none: every body is buffered.
  using BodyOf = std::function<BodyMode(const Request& head)>;
  explicit RequestParser(const ParserLimits& limits, BodyOf body_of = {});
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class State { kNeedMore, kDone, kError };
  // Consumes from the front of `bytes`; all of them while the state is kNeedMore.
  State Feed(std::string_view& bytes);

  // True once, when the head is whole, the body has not begun and the client waits for 100.
  bool TakeExpectation();
  bool started() const;  // any byte of a request came
  bool streams() const;  // the head is whole and the body is a streamed one

  // kError: what to answer, and why in words for the client's developer.
  int error_status() const;
  std::string_view error_text() const;

  // kDone, or the method and target as far as they are known after kError.
  Request& request();
  bool keep_alive() const;
  int version() const;  // 10 or 11

 private:
  class Beast;
  std::unique_ptr<Beast> beast_;
};

}  // namespace offing::http
