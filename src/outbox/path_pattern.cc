#include "outbox/path_pattern.h"

#include <algorithm>
#include <cstddef>

namespace offing::outbox {

namespace {

bool IsNameChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Where the pattern and the path stand.
struct Place {
  size_t pattern = 0;
  size_t path = 0;
};

// One literal character or one named segment; false: the path goes on otherwise.
bool Step(std::string_view pattern, std::string_view path, Place& at) {
  const bool named = at.pattern > 0 && pattern[at.pattern] == ':' && pattern[at.pattern - 1] == '/';
  if (!named) {
    if (at.path >= path.size() || pattern[at.pattern] != path[at.path]) return false;
    ++at.pattern;
    ++at.path;
    return true;
  }
  const size_t end = std::min(path.find('/', at.path), path.size());
  if (end == at.path) return false;
  at.path = end;
  ++at.pattern;
  while (at.pattern < pattern.size() && IsNameChar(pattern[at.pattern])) ++at.pattern;
  return true;
}

}  // namespace

bool MatchesPath(std::string_view pattern, std::string_view path) {
  Place at;
  Place star{std::string_view::npos, 0};  // the last "*", and what it has taken so far
  for (;;) {
    if (at.pattern == pattern.size() && at.path == path.size()) return true;
    if (at.pattern < pattern.size() && pattern[at.pattern] == '*') {
      star = {at.pattern, at.path};
      ++at.pattern;
      continue;
    }
    if (at.pattern < pattern.size() && Step(pattern, path, at)) continue;
    if (star.pattern == std::string_view::npos || star.path >= path.size()) return false;
    ++star.path;
    at = {star.pattern + 1, star.path};
  }
}

}  // namespace offing::outbox
