#include "base/json.h"

#include <fmt/format.h>

#include <set>
#include <vector>

namespace offing::base {

namespace {

// A member that stands twice is read differently by different parsers, so one side of a signature or a fold
// could see another document than the other. `members` has the names seen so far in each open object.
class DuplicateFinder {
 public:
  bool Seen(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    switch (event) {
      case Event::object_start:
        open_.emplace_back();
        break;
      case Event::key:
        return !open_.back().insert(parsed.get_ref<const std::string&>()).second;
      case Event::object_end:
        open_.pop_back();
        break;
      default:
        break;
    }
    return false;
  }

 private:
  std::vector<std::set<std::string>> open_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  bool too_deep = false;
  bool twice = false;
  DuplicateFinder finder;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (static_cast<size_t>(depth) >= kMaxJsonDepth && (event == Json::parse_event_t::object_start ||
                                                         event == Json::parse_event_t::array_start)) {
      too_deep = true;
    }
    if (!too_deep && !twice) twice = finder.Seen(event, parsed);
    return !too_deep;
  };
  // The library reports where a mistake stands only by an exception; it ends here.
  try {
    Json value = Json::parse(text.begin(), text.end(), watch);
    if (too_deep) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("JSON nested deeper than {} levels", kMaxJsonDepth));
    }
    if (twice) return Fail(Code::kInvalidArgument, "JSON object with the same member twice");
    return value;
  } catch (const Json::exception& error) {
    return Fail(Code::kInvalidArgument, fmt::format("not JSON: {}", error.what()));
  }
}

std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  size_t plain = 0;
  const auto flush = [&](size_t end) { out.append(text, plain, end - plain); };
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    flush(i);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  flush(text.size());
  out += '"';
}

}  // namespace offing::base
