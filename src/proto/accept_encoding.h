// The Accept-Encoding header (RFC 9110, 12.5.3): how much a client wants each content coding that
// we can send.
//
// Weights are thousandths: 0 is "never", 1000 "most". A coding that is named twice counts as it was
// named first; an element whose weight cannot be read counts as "never"; codings that we do not
// have are passed over. "x-gzip" is gzip, "*" every coding that is not named.
//
// Threading: any thread (pure functions).
#pragma once

#include <string_view>

namespace offing::proto {

struct CodingWeights {
  int brotli = 0;
  int gzip = 0;
  int identity = 1;  // acceptable unless it is excluded, but least when it is not named

  friend bool operator==(const CodingWeights&, const CodingWeights&) = default;
};

// "" (no header) wants the identity only: there are clients that say nothing and understand
// nothing.
CodingWeights ParseAcceptEncoding(std::string_view header);

}  // namespace offing::proto
