// What a client is told when the origin has no answer: 502, 503, 504 or 508 in words that name the
// origin, as a small HTML page, problem details (RFC 9457) or plain text, by Accept.
//
// Threading: any thread (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace offing::origin {

struct Trouble {
  int status = 502;
  std::string what;       // behind "the origin http://... "
  int retry_after_s = 0;  // 0: not said
};

http::Response AnswerTrouble(const Trouble& trouble, std::string_view origin,
                             std::string_view accept);

}  // namespace offing::origin
