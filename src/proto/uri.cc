#include "proto/uri.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace offing::proto {

namespace {

using base::Code;
using base::Fail;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that text[at] begins, or -1: text[at] is '%' and no two hexadecimal digits follow.
int DecodeAt(std::string_view text, size_t at) {
  if (text[at] != '%') return static_cast<unsigned char>(text[at]);
  if (at + 2 >= text.size()) return -1;
  const int high = HexDigit(text[at + 1]);
  const int low = HexDigit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// What stands before the path in absolute form, or npos: "http://host:80".
size_t AuthorityEnd(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!base::SameIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    const size_t end = std::min(target.find_first_of("/?", scheme.size()), target.size());
    const std::string_view authority = target.substr(scheme.size(), end - scheme.size());
    if (authority.empty() || authority.contains('@')) return std::string_view::npos;
    return end;
  }
  return std::string_view::npos;
}

std::string DecodeForm(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int byte = DecodeAt(text, i);
    if (text[i] == '+') {
      out += ' ';
    } else if (byte < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(byte);
      if (text[i] == '%') i += 2;
    }
  }
  return out;
}

// nullptr, or what is wrong with a decoded segment that is not empty.
const char* SegmentFault(std::string_view segment, bool first) {
  for (const char c : segment) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return "a control byte";
    if (c == '\\') return "a backslash";
    if (c == '/') return "an encoded slash";
  }
  const bool hidden = segment.starts_with('.') && !(first && segment == ".well-known");
  return hidden ? "a segment that begins with a dot" : nullptr;
}

}  // namespace

std::optional<Target> SplitTarget(std::string_view target) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '#') return std::nullopt;
  }
  if (!target.starts_with('/')) {
    const size_t end = AuthorityEnd(target);
    if (end == std::string_view::npos) return std::nullopt;
    target.remove_prefix(end);
  }
  const size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = target.substr(std::min(mark + 1, target.size()));
  return Target{path.empty() ? "/" : path, query};
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int byte = DecodeAt(text, i);
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    if (text[i] == '%') i += 2;
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
    }
  }
  return out;
}

QueryParams ParseQuery(std::string_view query, size_t limit) {
  QueryParams params;
  while (!query.empty() && params.size() < limit) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    params.emplace_back(DecodeForm(pair.substr(0, equals)),
                        DecodeForm(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return params;
}

base::Result<std::string> FilePath(std::string_view raw_path) {
  const auto refuse = [](std::string_view why) {
    return Fail(Code::kInvalidArgument, "path with " + std::string(why));
  };
  if (!raw_path.starts_with('/')) return refuse("no slash at its start");
  std::string_view rest = raw_path.substr(1);
  std::string path;
  for (bool first = true; !rest.empty(); first = false) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::optional<std::string> segment = PercentDecode(rest.substr(0, end));
    if (!segment) return refuse("a broken escape");
    if (segment->empty()) return refuse("an empty segment");
    if (const char* fault = SegmentFault(*segment, first)) return refuse(fault);
    path += *segment;
    if (end == rest.size()) break;
    path += '/';
    rest.remove_prefix(end + 1);
  }
  return path;
}

}  // namespace offing::proto
