#include "proto/utf8.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace offing::proto {

namespace {

constexpr size_t kBlock = 32;
constexpr size_t kMaxCharacter = 4;  // bytes

bool IsAsciiBlock(const char* bytes) {
  uint64_t words[kBlock / sizeof(uint64_t)];
  std::memcpy(words, bytes, kBlock);
  return ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080) == 0;
}

}  // namespace

// The first byte says how many follow, and bounds the second so that overlong forms, surrogates and
// what lies beyond U+10FFFF are out (RFC 3629, 4).
bool Utf8Checker::Start(unsigned char byte) {
  struct Row {
    uint8_t first, last, need, low, high;
  };
  static constexpr Row kRows[] = {
      {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF}, {0xE1, 0xEC, 2, 0x80, 0xBF},
      {0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF},
      {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
  };
  for (const Row& row : kRows) {
    if (byte < row.first || byte > row.last) continue;
    need_ = row.need;
    low_ = row.low;
    high_ = row.high;
    return true;
  }
  return false;
}

bool Utf8Checker::Feed(std::string_view piece) {
  for (size_t i = 0; i < piece.size();) {
    if (need_ == 0 && piece.size() - i >= kBlock && IsAsciiBlock(piece.data() + i)) {
      i += kBlock;
      continue;
    }
    const auto byte = static_cast<unsigned char>(piece[i++]);
    if (need_ == 0) {
      if (byte >= 0x80 && !Start(byte)) return false;
      continue;
    }
    if (byte < low_ || byte > high_) return false;
    --need_;
    low_ = 0x80;
    high_ = 0xBF;
  }
  return true;
}

bool IsUtf8(std::string_view text) {
  Utf8Checker checker;
  return checker.Feed(text) && checker.Complete();
}

std::string ToUtf8(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  std::string clean;
  while (!text.empty()) {
    size_t length = 1;
    while (length <= kMaxCharacter && !IsUtf8(text.substr(0, length))) ++length;
    if (length > kMaxCharacter) {
      clean += "\xEF\xBF\xBD";
      length = 1;
    } else {
      clean += text.substr(0, length);
    }
    text.remove_prefix(std::min(length, text.size()));
  }
  return clean;
}

}  // namespace offing::proto
