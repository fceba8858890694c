// Patterns of paths: "*" is any characters, everything else is itself ("/drafts/*", "*.js").
//
// Threading: any thread (pure functions).
#pragma once

#include <string_view>

namespace offing::site {

bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace offing::site
