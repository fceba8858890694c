// Answers about one content (RFC 9110): whole or in parts, plain or compressed, not modified,
// precondition failed, range not satisfiable.
//
// Each form of a content has an ETag of its own: "HASH", "HASH-br", "HASH-gzip". Whoever shows the
// tag of a form that it accepts is answered 304, whichever form a whole answer would have now.
// Ranges are of the plain form; a GET with a Range header is answered in it.
//
// Threading: any thread (pure functions; the file is handed over).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "http/message.h"
#include "site/encode.h"
#include "site/folder.h"

namespace offing::site {

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string HttpDate(int64_t seconds);

// Whether other forms of the content can be had; then the answer says Vary: Accept-Encoding.
enum class Varies { kNo, kByEncoding };

struct ContentFacts {
  std::string_view hash;  // the middle of its ETags
  std::string_view content_type;
  std::string_view cache_control = "no-cache";
  std::string_view last_modified = "";  // an HttpDate, or "" for none
  Varies varies = Varies::kNo;
};

// The content in one of its forms.
struct Form {
  Coding coding = Coding::kIdentity;
  std::variant<OpenFile, base::SharedBytes> bytes;
};

// `"HASH"`, `"HASH-br"`, `"HASH-gzip"`.
std::string EtagOf(std::string_view hash, Coding coding);

// True iff only the plain form may answer.
bool WantsRanges(const http::Request& request);

// GET or HEAD. If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since are honoured, and
// for GET of a plain file Range and If-Range. If-Modified-Since means exactly the date that we
// send: a file may be replaced by an older one.
http::Response ContentResponse(const http::Request& request, const ContentFacts& facts, Form form);

// text/plain, never cached by guesswork.
http::Response PlainResponse(int status, std::string text);

}  // namespace offing::site
