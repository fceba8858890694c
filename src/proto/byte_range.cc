#include "proto/byte_range.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace offing::proto {

namespace {

constexpr std::string_view kBlank = " \t";

std::string_view Trim(std::string_view text) {
  const size_t start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

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
         std::ranges::equal(header.substr(0, kUnit.size()), kUnit, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a | 32 : a) == b;
         });
}

std::string_view Strong(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

RangeAnswer ParseRange(std::string_view header, uint64_t size) {
  constexpr RangeAnswer kAll{RangeKind::kWhole};
  constexpr RangeAnswer kNone{RangeKind::kUnsatisfiable};
  header = Trim(header);
  if (!HasBytesUnit(header)) return kAll;
  const std::string_view spec = Trim(header.substr(header.find('=') + 1));
  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return kAll;
  const std::optional<uint64_t> last = ParseNumber(spec.substr(dash + 1));
  if (dash == 0) {  // the last so many bytes
    if (!last) return kAll;
    if (*last == 0) return kNone;
    if (size == 0) return kAll;
    return {RangeKind::kPart, {size - std::min(*last, size), size - 1}};
  }
  const std::optional<uint64_t> first = ParseNumber(spec.substr(0, dash));
  if (!first || (!last && dash + 1 != spec.size()) || (last && *last < *first)) return kAll;
  if (*first >= size) return kNone;
  return {RangeKind::kPart, {*first, std::min(last.value_or(size - 1), size - 1)}};
}

bool EtagListed(std::string_view header, std::string_view etag) {
  header = Trim(header);
  if (header == "*") return true;
  // A tag may contain a comma, so the list is read tag by tag.
  while (!header.empty()) {
    const size_t start = header.find_first_not_of(" \t,");
    if (start == std::string_view::npos) return false;
    header.remove_prefix(start);
    const std::string_view tag = Strong(header);
    if (!tag.starts_with('"')) return false;
    const size_t end = tag.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (tag.substr(0, end + 1) == Strong(etag)) return true;
    header = tag.substr(end + 1);
  }
  return false;
}

}  // namespace offing::proto
