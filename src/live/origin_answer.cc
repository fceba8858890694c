#include "live/origin_answer.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace offing::live {

namespace {

// Whether a field of this name lists one of `words`: the text of each member up to a "=" or ";".
template <size_t N>
bool Lists(const http::Headers& headers, std::string_view name,
           const std::array<std::string_view, N>& words) {
  for (const auto& [key, value] : headers) {
    if (!base::SameIgnoringCase(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view member = rest.substr(0, comma);
      const std::string_view word = base::TrimBlanks(member.substr(0, member.find_first_of("=;")));
      if (std::ranges::any_of(
              words, [&](std::string_view one) { return base::SameIgnoringCase(one, word); })) {
        return true;
      }
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

// Whether no copy may be kept, be the resource a private one or not.
bool IsForNobodyElse(const http::Headers& headers, Access access) {
  using Words = std::array<std::string_view, 2>;
  using Word = std::array<std::string_view, 1>;
  if (access == Access::kPrivate) {
    return Lists(headers, "cache-control", Word{"no-store"}) || Lists(headers, "vary", Word{"*"});
  }
  return Lists(headers, "cache-control", Words{"private", "no-store"}) ||
         Lists(headers, "vary", std::array<std::string_view, 3>{"cookie", "authorization", "*"});
}

// Takes every field of this name out; the value if there was exactly one.
std::optional<std::string> Take(http::Headers& headers, std::string_view name) {
  std::optional<std::string> value;
  const size_t found = std::erase_if(headers, [&](const auto& field) {
    if (!base::SameIgnoringCase(field.first, name)) return false;
    value = field.second;
    return true;
  });
  return found == 1 ? value : std::nullopt;
}

}  // namespace

OriginAnswer AmendOriginAnswer(http::Response& head, const Resource& resource,
                               const std::optional<base::Position>& before) {
  constexpr std::array<std::string_view, 1> kJson{"application/json"};
  if (head.status != 200 || !Lists(head.headers, "content-type", kJson)) {
    return OriginAnswer::kOther;
  }
  const auto stated = Take(head.headers, "offing-position");
  Take(head.headers, "offing-definition");
  head.headers.emplace_back("Offing-Definition", ShortDefinition(resource));
  if (IsForNobodyElse(head.headers, resource.access)) return OriginAnswer::kPrivate;
  auto position = stated ? base::ParsePosition(base::TrimBlanks(*stated)) : std::nullopt;
  if (!position) position = before;
  if (!position) return OriginAnswer::kUnstated;
  head.headers.emplace_back("Offing-Position", base::FormatPosition(*position));
  if (resource.access == Access::kPrivate) {
    Take(head.headers, "cache-control");
    head.headers.emplace_back("Cache-Control", "private, no-cache");
    head.headers.emplace_back("Vary", "Authorization, Cookie");  // beside the origin's own
  }
  return OriginAnswer::kLive;
}

}  // namespace offing::live
