// The Range header for one range (RFC 9110, 14.2).
//
// Threading: any thread (pure functions).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace offing::proto {

struct ByteRange {
  uint64_t first;
  uint64_t last;  // inclusive
};
enum class RangeKind {
  kWhole,          // no header, another unit, malformed, or several ranges: send all of it with 200
  kPart,           // 206 with `range`
  kUnsatisfiable,  // 416
};
struct RangeAnswer {
  RangeKind kind;
  ByteRange range{0, 0};
};
// `size`: of the whole thing, in bytes.
RangeAnswer ParseRange(std::string_view header, uint64_t size);

// True iff `header` (If-None-Match or If-Match) lists `etag` or is "*". `etag` is with its quotes;
// weak comparison.
bool EtagListed(std::string_view header, std::string_view etag);

}  // namespace offing::proto
