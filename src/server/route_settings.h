// One [[route]] of offing.toml as the worker's CONFIG has it (spec/worker.md).
//
// Threading: start-up only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "server/toml_reader.h"

namespace offing::server {

inline constexpr size_t kMaxRoutes = 200;

// What is wrong with a pattern of URLs ("/img/*", "/rooms/:id", or either behind an origin), as the
// end of a sentence that begins with "a pattern"; or "".
std::string_view PatternFault(std::string_view match);

// Names of what a request is for, as browsers have them in Sec-Fetch-Dest: "document" for every
// navigation, "empty" for fetch().
bool IsDestination(std::string_view name);
std::string Destinations();  // "audio", "document", ...: for messages

// Mistakes are the document's; then the value means nothing. Left out: what is as by default.
base::Json ReadRoute(TomlTable& table);

}  // namespace offing::server
