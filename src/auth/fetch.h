// Fetch: one GET over https of something small, for a thread that may wait. No redirects, no proxy,
// and no other scheme; the address that is connected to must be a public one, unless the
// configuration allows others.
//
// Threading: any thread; blocks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "auth/config.h"
#include "base/result.h"

namespace offing::auth {

struct FetchOptions {
  std::string ca_file;  // certificates to trust instead of the system's; empty: the system's
  KeyHosts hosts = KeyHosts::kPublic;
  size_t max_bytes;
  int64_t time_ms;
};

// The body of a 200. Errors say what went wrong, without the URL. `stop` ends it early (kClosed).
base::Result<std::string> Fetch(const std::string& url, const FetchOptions& options,
                                const std::atomic<bool>& stop);

}  // namespace offing::auth
