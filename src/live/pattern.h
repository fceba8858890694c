// Patterns with parameters: "/rooms/:id/feed.json" and "room-:id" (live/resource_config.h).
//
// Threading: any thread (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "live/resource_config.h"

namespace offing::live {

using Pattern = std::vector<PatternPiece>;
using Parameters = std::vector<std::pair<std::string, std::string>>;

inline constexpr size_t kMaxChannelName = 200;

// Characters of a channel name, and so of a parameter's value.
bool IsChannelChar(char c);

// "/" separated; a segment that begins with ':' is a parameter.
base::Result<Pattern> ParsePathPattern(std::string_view text);
// ":name" anywhere, the name as long as it goes on.
base::Result<Pattern> ParseChannelPattern(std::string_view text);

// Each parameter is one segment.
std::optional<Parameters> MatchPath(const Pattern& pattern, std::string_view path);
// Each parameter is as short as what follows it allows.
std::optional<Parameters> MatchChannel(const Pattern& pattern, std::string_view channel);
// Parameters by name; all of the pattern's must be there.
std::string FillPattern(const Pattern& pattern, const Parameters& parameters);

// The parameters' names, sorted.
std::vector<std::string> ParameterNames(const Pattern& pattern);

}  // namespace offing::live
