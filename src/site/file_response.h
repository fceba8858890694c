// Answers about one file (RFC 9110): whole, part (one range), not modified, range not satisfiable.
//
// Threading: any thread (pure functions; the file is handed over).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"
#include "site/folder.h"

namespace offing::site {

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string HttpDate(int64_t seconds);

// GET or HEAD of `file`, whose content has `hash`; `path` names its type. If-None-Match,
// If-Modified-Since, Range and If-Range are honoured, the dates by being exactly the ones we send.
http::Response FileResponse(const http::Request& request, OpenFile file, std::string_view path,
                            std::string_view hash);

// The same for bytes that were composed.
http::Response BytesResponse(const http::Request& request, base::SharedBytes bytes,
                             std::string_view content_type, const std::string& etag);

// text/plain, never cached by guesswork.
http::Response PlainResponse(int status, std::string text);

}  // namespace offing::site
