// UTF-8 (RFC 3629), checked at once or piece by piece: a text message of a WebSocket must be UTF-8,
// and may be cut anywhere, in the middle of a character too.
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace offing::proto {

class Utf8Checker {
 public:
  // False as soon as no continuation can make it UTF-8; from then on the checker is of no use.
  bool Feed(std::string_view piece);
  // True between characters.
  bool Complete() const { return need_ == 0; }

 private:
  bool Start(unsigned char byte);

  uint8_t need_ = 0;  // continuation bytes still to come; the next one lies in [low_, high_]
  uint8_t low_ = 0;
  uint8_t high_ = 0;
};

bool IsUtf8(std::string_view text);

// The same text; each byte that is no part of a character becomes U+FFFD.
std::string ToUtf8(std::string_view text);

}  // namespace offing::proto
