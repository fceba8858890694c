#include "proto/accept_encoding.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"

namespace offing::proto {

namespace {

// Up to `separator`, which is taken off `rest` too.
std::string_view TakeUpTo(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return base::TrimBlanks(part);
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths.
std::optional<int> ParseWeight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  if (text.size() == 1) return weight;
  if (text[1] != '.' || text.size() > 5) return std::nullopt;
  int unit = 100;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

// Of the parameters behind a coding's name.
int WeightIn(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = TakeUpTo(parameters, ';');
    const std::string_view name = TakeUpTo(value, '=');
    if (base::SameIgnoringCase(name, "q")) return ParseWeight(base::TrimBlanks(value)).value_or(0);
  }
  return 1000;
}

}  // namespace

CodingWeights ParseAcceptEncoding(std::string_view header) {
  if (base::TrimBlanks(header).empty()) return {};
  std::optional<int> brotli;
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> others;
  while (!header.empty()) {
    std::string_view element = TakeUpTo(header, ',');
    const std::string_view name = TakeUpTo(element, ';');
    std::optional<int>* named = base::SameIgnoringCase(name, "br")         ? &brotli
                                : base::SameIgnoringCase(name, "gzip")     ? &gzip
                                : base::SameIgnoringCase(name, "x-gzip")   ? &gzip
                                : base::SameIgnoringCase(name, "identity") ? &identity
                                : name == "*"                              ? &others
                                                                           : nullptr;
    if (named != nullptr && !*named) *named = WeightIn(element);
  }
  const bool excluded = others == 0;
  return {.brotli = brotli.value_or(others.value_or(0)),
          .gzip = gzip.value_or(others.value_or(0)),
          .identity = identity.value_or(excluded ? 0 : 1)};
}

}  // namespace offing::proto
