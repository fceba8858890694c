// JSON Patch (RFC 6902) with the rules that spec/live-resources.md adds, so that two
// implementations agree on every patch: all of it or nothing; the whole value cannot be removed; no
// operation may nest the value deeper than kMaxDepth; all `copy` operations of one patch together
// copy at most `max_copied` bytes, because a few of them double a value a few times.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstddef>
#include <optional>

#include "base/json.h"

namespace offing::live {

// The patched value; nullopt if `patch` is not a patch or one of its operations fails.
std::optional<base::Json> JsonPatch(base::Json value, const base::Json& patch, size_t max_copied);

}  // namespace offing::live
