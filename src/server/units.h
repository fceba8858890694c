// Durations and sizes as people write them in offing.toml: "7d", "64MB".
//
// Threading: any thread (pure functions).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace offing::server {

// A whole number and one of ms, s, m, h, d, y (365 days): in milliseconds. kInvalidArgument says
// what is allowed.
base::Result<int64_t> ParseDuration(std::string_view text);

// A whole number and one of B, kB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of 1024): in
// bytes.
base::Result<uint64_t> ParseSize(std::string_view text);

}  // namespace offing::server
