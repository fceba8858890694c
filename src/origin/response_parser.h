// ResponseParser: bytes of an origin in, one response out (RFC 9112), with the 1xx responses before
// it. As strict as the parser of requests: what could be read in two ways is an error, because the
// bytes behind it would be somebody's next answer. Errors:
//
//   a line that ends in a bare LF, a bare CR, a folded header; a status line, header name or value
//   that RFC 9110 does not allow; more than one Content-Length, one that is no number, one beside
//   Transfer-Encoding; Transfer-Encoding other than chunked, or in HTTP/1.0; a malformed chunk;
//   a head over max_head_bytes, more than 256 headers, more than 16 responses of 1xx; an end before
//   the body's end
//
// Trailers are read and thrown away. Bytes of the body are handed on as they come. No I/O;
// Boost.Beast reads the grammar, here and nowhere else in this room.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace offing::origin {

struct ResponseHead {
  int status = 0;
  int version = 11;       // 10 or 11
  http::Headers headers;  // as sent, names in lower case
};

class ResponseParser {
 public:
  enum class RequestKind { kHead, kOther };  // an answer to HEAD has no body, whatever it says

  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void OnInterim(ResponseHead head) = 0;  // 1xx but 101
    virtual void OnResponseHead(ResponseHead head) = 0;
    virtual void OnResponseBody(std::string_view bytes) = 0;  // gone after the call
  };

  ResponseParser(RequestKind kind, size_t max_head_bytes);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // kSwitched: 101, whose head the sink has; what follows is another protocol.
  enum class State { kNeedMore, kDone, kSwitched, kError };
  // Consumes from the front of `bytes`, all of them while the state is kNeedMore. The sink is
  // called from inside and must let the parser live.
  State Feed(std::string_view& bytes, Sink& sink);
  // The connection has ended in order: kDone for a body that ends so, otherwise kError.
  State FeedEnd();

  std::string_view error() const;  // "sent a malformed chunk"
  bool has_head() const;           // OnResponseHead was called
  std::optional<uint64_t> length() const;
  bool keep_alive() const;  // the connection may be used again; kDone only

 private:
  class Beast;
  struct Parts;
  State FeedHead(std::string_view& bytes, Sink& sink);
  State FeedBody(std::string_view& bytes, Sink& sink);
  State TakeHead(Sink& sink);
  State Fail(std::string_view what);

  std::unique_ptr<Parts> parts_;
};

}  // namespace offing::origin
