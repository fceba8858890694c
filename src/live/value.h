// Value: the JSON of a live resource as both implementations must see it (spec/live-resources.md).
// The text that DumpValue writes is the one that JSON.stringify writes in a browser, number for
// number, so a size in bytes is the same on both sides and a limit bites at the same event.
//
// Depth: 0 for a scalar, 1 for [] and {}, 2 for [[]]. Nothing deeper than kMaxDepth is ever made,
// so functions that recurse over a value are safe.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace offing::live {

inline constexpr size_t kMaxDepth = base::kMaxJsonDepth;

// An event's data: its JSON value if it parses as JSON, else the string itself. Not JSON is what
// parsers read differently, too: a member that stands twice, nesting over kMaxDepth, a number
// beyond a double, a lone surrogate, a byte order mark, a NUL. nullopt: not even UTF-8.
std::optional<base::Json> ParseData(std::string_view data);

// Compact, as JSON.stringify writes it.
std::string DumpValue(const base::Json& value);
// DumpValue(value).size(), without making the text.
size_t ValueBytes(const base::Json& value);
size_t ValueDepth(const base::Json& value);

// Numbers are compared as doubles, objects by their members in any order.
bool JsonEqual(const base::Json& a, const base::Json& b);

}  // namespace offing::live
