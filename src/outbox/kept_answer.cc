#include "outbox/kept_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"

namespace offing::outbox {

namespace {

constexpr std::string_view kHeld = "held";
constexpr std::string_view kWhole = "whole";
constexpr std::string_view kWithoutBody = "without-body";

constexpr auto kOfTheMoment =
    std::to_array<std::string_view>({"set-cookie", "set-cookie2", "clear-site-data"});
constexpr auto kOfTheBody =
    std::to_array<std::string_view>({"content-encoding", "content-range", "digest",
                                     "content-digest", "repr-digest", "content-md5", "etag"});
constexpr auto kOurs = std::to_array<std::string_view>(
    {"idempotency-status", "offing-status", "offing-location", "offing-body"});
constexpr auto kUndecided = std::to_array<int>({401, 403, 407, 408, 425, 429});

bool IsOneOf(std::string_view name, const auto& names) {
  return std::ranges::any_of(
      names, [name](std::string_view one) { return base::SameIgnoringCase(name, one); });
}

void Drop(http::Response& response, const auto& names) {
  std::erase_if(response.headers,
                [&names](const auto& header) { return IsOneOf(header.first, names); });
}

// The text up to the line's end, which is taken away with it; nullopt: there is none.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

bool HasLineEnd(std::string_view text) {
  return text.find_first_of("\r\n") != std::string_view::npos;
}

bool ReadHeaders(std::string_view& text, http::Headers& headers) {
  for (;;) {
    const auto line = TakeLine(text);
    if (!line) return false;
    if (line->empty()) return true;
    const size_t colon = line->find(':');
    if (colon == std::string_view::npos) return false;
    headers.emplace_back(line->substr(0, colon), line->substr(colon + 1));
  }
}

}  // namespace

// "whole 200", a line for each header, an empty line, the body.
std::string EncodeAnswer(KeptAnswer::Kind kind, const http::Response& head, std::string_view body) {
  const bool whole = kind == KeptAnswer::Kind::kWhole;
  std::string text = fmt::format("{} {}\n", whole ? kWhole : kWithoutBody, head.status);
  for (const auto& [name, value] : head.headers) {
    if (IsOneOf(name, kOfTheMoment) || (!whole && IsOneOf(name, kOfTheBody))) continue;
    if (HasLineEnd(name) || HasLineEnd(value)) continue;
    text.append(name).append(":").append(value).append("\n");
  }
  text += '\n';
  if (whole) text += body;
  return text;
}

std::string EncodeHeld() {
  return std::string(kHeld) + " 0\n\n";
}

std::optional<KeptAnswer> ParseAnswer(std::string_view text) {
  const auto first = TakeLine(text);
  const size_t space = first ? first->find(' ') : std::string_view::npos;
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view kind = first->substr(0, space);
  KeptAnswer answer;
  const auto [end, error] = std::from_chars(first->data() + space + 1,
                                            first->data() + first->size(), answer.response.status);
  if (error != std::errc() || end != first->data() + first->size()) return std::nullopt;
  if (!ReadHeaders(text, answer.response.headers)) return std::nullopt;
  if (kind == kHeld) {
    answer.kind = KeptAnswer::Kind::kHeld;
  } else if (kind == kWithoutBody) {
    answer.kind = KeptAnswer::Kind::kWithoutBody;
    answer.response.headers.emplace_back("offing-body", "forgotten");
  } else if (kind != kWhole) {
    return std::nullopt;
  }
  answer.response.body = std::string(text);
  return answer;
}

bool IsFinal(const http::Response& head) {
  if (head.status < 200 || head.status >= 500) return false;
  if (head.status == 409 && !http::FindHeader(head.headers, "retry-after").empty()) return false;
  return std::ranges::find(kUndecided, head.status) == kUndecided.end();
}

void DropOurHeaders(http::Response& response) {
  Drop(response, kOurs);
}

void Present(http::Response& response, Status status, ForEntry for_entry) {
  if (status != Status::kNone) {
    response.headers.emplace_back("Idempotency-Status",
                                  status == Status::kStored ? "stored" : "replayed");
  }
  if (for_entry == ForEntry::kNo || response.status < 300 || response.status >= 400) return;
  const auto location = std::ranges::find(response.headers, "location",
                                          [](const auto& header) { return header.first; });
  if (location == response.headers.end()) return;
  location->first = "Offing-Location";
  response.headers.emplace_back("Offing-Status", std::to_string(response.status));
  response.status = 200;
}

}  // namespace offing::outbox
