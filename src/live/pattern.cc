#include "live/pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace offing::live {

namespace {

using Kind = PatternPiece::Kind;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool IsNameChar(char c) {
  return IsAlnum(c) || c == '_';
}

// What may stand in a path without being encoded (RFC 3986, pchar), '%' for encoded bytes.
bool IsPathChar(char c) {
  return IsAlnum(c) || std::string_view("-._~!$&'()*+,;=:@%/").find(c) != std::string_view::npos;
}

bool IsValue(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, IsChannelChar);
}

bool IsName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, IsNameChar);
}

auto Refuse(std::string why) {
  return base::Fail(base::Code::kInvalidArgument, std::move(why));
}

void AddLiteral(Pattern& pattern, std::string_view text) {
  if (text.empty()) return;
  if (!pattern.empty() && pattern.back().kind == Kind::kLiteral) {
    pattern.back().text += text;
  } else {
    pattern.push_back({Kind::kLiteral, std::string(text)});
  }
}

}  // namespace

bool IsChannelChar(char c) {
  return IsAlnum(c) || std::string_view("_-=@,.;").find(c) != std::string_view::npos;
}

base::Result<Pattern> ParsePathPattern(std::string_view text) {
  if (!text.starts_with('/')) return Refuse("a path begins with \"/\"");
  if (!std::ranges::all_of(text, IsPathChar)) {
    return Refuse("write characters that a URL's path cannot hold percent-encoded");
  }
  Pattern pattern;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('/', 1), rest.size());
    const std::string_view segment = rest.substr(1, end - 1);
    rest.remove_prefix(end);
    const bool last = rest.empty();
    if (segment == "." || segment == ".." || (segment.empty() && !last)) {
      return Refuse("no segment may be empty, \".\" or \"..\"");
    }
    AddLiteral(pattern, "/");
    if (!segment.starts_with(':')) {
      AddLiteral(pattern, segment);
    } else if (IsName(segment.substr(1))) {
      pattern.push_back({Kind::kParameter, std::string(segment.substr(1))});
    } else {
      return Refuse("a parameter is a whole segment: \":\" and letters, digits or \"_\"");
    }
  }
  return pattern;
}

base::Result<Pattern> ParseChannelPattern(std::string_view text) {
  if (text.empty()) return Refuse("a channel name is needed");
  Pattern pattern;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != ':') {
      if (!IsChannelChar(text[i])) {
        return Refuse("a channel name is made of letters, digits and \"_-=@,.;\"");
      }
      AddLiteral(pattern, text.substr(i++, 1));
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && IsNameChar(text[end])) ++end;
    if (end == i + 1) return Refuse("\":\" begins a parameter's name");
    if (!pattern.empty() && pattern.back().kind == Kind::kParameter) {
      return Refuse("two parameters need text between them");
    }
    pattern.push_back({Kind::kParameter, std::string(text.substr(i + 1, end - i - 1))});
    i = end;
  }
  return pattern;
}

std::optional<Parameters> MatchPath(const Pattern& pattern, std::string_view path) {
  Parameters found;
  for (const PatternPiece& piece : pattern) {
    if (piece.kind == Kind::kLiteral) {
      if (!path.starts_with(piece.text)) return std::nullopt;
      path.remove_prefix(piece.text.size());
      continue;
    }
    const std::string_view value = path.substr(0, std::min(path.find('/'), path.size()));
    if (!IsValue(value)) return std::nullopt;
    found.emplace_back(piece.text, value);
    path.remove_prefix(value.size());
  }
  if (!path.empty()) return std::nullopt;
  return found;
}

std::optional<Parameters> MatchChannel(const Pattern& pattern, std::string_view channel) {
  Parameters found;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].kind == Kind::kLiteral) {
      if (!channel.starts_with(pattern[i].text)) return std::nullopt;
      channel.remove_prefix(pattern[i].text.size());
      continue;
    }
    size_t end = channel.size();
    if (i + 2 == pattern.size()) {  // the text that follows is the channel's end
      const std::string& tail = pattern[i + 1].text;
      if (!channel.ends_with(tail)) return std::nullopt;
      end -= tail.size();
    } else if (i + 2 < pattern.size()) {
      end = channel.find(pattern[i + 1].text, 1);
      if (end == std::string_view::npos) return std::nullopt;
    }
    const std::string_view value = channel.substr(0, end);
    if (!IsValue(value)) return std::nullopt;
    found.emplace_back(pattern[i].text, value);
    channel.remove_prefix(end);
  }
  if (!channel.empty()) return std::nullopt;
  return found;
}

std::string FillPattern(const Pattern& pattern, const Parameters& parameters) {
  std::string out;
  for (const PatternPiece& piece : pattern) {
    if (piece.kind == Kind::kLiteral) {
      out += piece.text;
      continue;
    }
    const auto found = std::ranges::find(parameters, piece.text, &Parameters::value_type::first);
    CHECK(found != parameters.end(), "a pattern is filled with all of its parameters");
    out += found->second;
  }
  return out;
}

std::vector<std::string> ParameterNames(const Pattern& pattern) {
  std::vector<std::string> names;
  for (const PatternPiece& piece : pattern) {
    if (piece.kind == Kind::kParameter) names.push_back(piece.text);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace offing::live
