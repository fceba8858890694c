// Whether a path is one of a pattern: "*" stands for any characters, "/:name" for one segment, all
// else for itself (spec/worker.md, "routes").
//
// Threading: any thread (pure functions).
#pragma once

#include <string_view>

namespace offing::outbox {

// Linear in both for a pattern with one "*"; at worst their product.
bool MatchesPath(std::string_view pattern, std::string_view path);

}  // namespace offing::outbox
