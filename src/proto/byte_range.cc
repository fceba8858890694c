#include "proto/byte_range.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace offing::proto {

namespace {

// Decimal digits only; a number too great for 64 bits is the greatest one: it lies beyond every
// file.
std::optional<uint64_t> ParseNumber(std::string_view text) {
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    value = value > (kMax - digit) / 10 ? kMax : value * 10 + digit;
  }
  return value;
}

bool HasBytesUnit(std::string_view header) {
  constexpr std::string_view kUnit = "bytes=";
  return header.size() > kUnit.size() &&
         base::SameIgnoringCase(header.substr(0, kUnit.size()), kUnit);
}

std::string_view Strong(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

struct Spec {
  RangeKind kind;  // kWhole: malformed
  ByteRange range{0, 0};
};

// One range: "first-last", "first-" or "-length".
Spec ParseSpec(std::string_view spec, uint64_t size) {
  constexpr Spec kMalformed{RangeKind::kWhole};
  constexpr Spec kNone{RangeKind::kUnsatisfiable};
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return kMalformed;
  const std::optional<uint64_t> last = ParseNumber(spec.substr(dash + 1));
  if (dash == 0) {  // the last so many bytes
    if (!last || (*last > 0 && size == 0)) return kMalformed;
    if (*last == 0) return kNone;
    return {RangeKind::kParts, {size - std::min(*last, size), size - 1}};
  }
  const std::optional<uint64_t> first = ParseNumber(spec.substr(0, dash));
  if (!first || (!last && dash + 1 != spec.size()) || (last && *last < *first)) return kMalformed;
  if (*first >= size) return kNone;
  return {RangeKind::kParts, {*first, std::min(last.value_or(size - 1), size - 1)}};
}

}  // namespace

RangeAnswer ParseRanges(std::string_view header, uint64_t size) {
  header = base::TrimBlanks(header);
  if (!HasBytesUnit(header)) return {RangeKind::kWhole, {}};
  std::vector<ByteRange> ranges;
  size_t asked = 0;
  uint64_t left = size;
  for (std::string_view rest = header.substr(header.find('=') + 1); !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view spec = base::TrimBlanks(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (spec.empty()) continue;  // a list may have empty elements (RFC 9110, 5.6.1)
    const Spec read = ParseSpec(spec, size);
    if (read.kind == RangeKind::kWhole || ++asked > kMaxRanges) return {RangeKind::kWhole, {}};
    if (read.kind == RangeKind::kUnsatisfiable) continue;
    if (read.range.length() > left) return {RangeKind::kWhole, {}};
    left -= read.range.length();
    ranges.push_back(read.range);
  }
  if (asked == 0) return {RangeKind::kWhole, {}};
  if (ranges.empty()) return {RangeKind::kUnsatisfiable, {}};
  return {RangeKind::kParts, std::move(ranges)};
}

bool EtagListed(std::string_view header, std::string_view etag, TagComparison comparison) {
  header = base::TrimBlanks(header);
  if (header == "*") return true;
  // A tag may contain a comma, so the list is read tag by tag.
  while (!header.empty()) {
    const size_t start = header.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    header.remove_prefix(start);
    const bool weak = header.starts_with("W/") || etag.starts_with("W/");
    const std::string_view tag = Strong(header);
    if (!tag.starts_with('"')) return false;
    const size_t end = tag.find('"', 1);
    if (end == std::string_view::npos) return false;
    const bool counts = comparison == TagComparison::kWeak || !weak;
    if (counts && tag.substr(0, end + 1) == Strong(etag)) return true;
    header = tag.substr(end + 1);
  }
  return false;
}

}  // namespace offing::proto
