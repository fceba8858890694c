// The Range header (RFC 9110, 14.2) and the lists of ETags beside it.
//
// Limits: kMaxRanges ranges; more of them, or ranges that add up to more than the whole (which is
// what overlapping ones are used for), are answered with the whole, as nginx does it.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace offing::proto {

inline constexpr size_t kMaxRanges = 16;

struct ByteRange {
  uint64_t first;
  uint64_t last;  // inclusive

  uint64_t length() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};
enum class RangeKind {
  kWhole,          // no header, another unit, malformed, or beyond the limits: all of it with 200
  kParts,          // 206 with `ranges`
  kUnsatisfiable,  // 416: no range begins within it
};
struct RangeAnswer {
  RangeKind kind;
  std::vector<ByteRange> ranges;  // in the order in which they are asked for
};
// `size`: of the whole thing, in bytes. Of several ranges those that lie beyond it are left out.
RangeAnswer ParseRanges(std::string_view header, uint64_t size);

// kWeak for If-None-Match: W/ means nothing; kStrong for If-Match: a weak tag is like no other.
enum class TagComparison { kWeak, kStrong };
// True iff `header` (If-None-Match or If-Match) lists `etag` or is "*". `etag` is with its quotes.
bool EtagListed(std::string_view header, std::string_view etag,
                TagComparison comparison = TagComparison::kWeak);

}  // namespace offing::proto
