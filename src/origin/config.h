// What --origin and [proxy] say (docs/configuration.md, docs/proxy.md).
//
// Threading: immutable once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace offing::origin {

// Which Host the origin hears: the one that the client asked for, or its own.
enum class HostPolicy { kClient, kOrigin };

struct ProxyConfig {
  std::string origin;  // "http://127.0.0.1:3000"; empty: there is none
  int64_t connect_time_ms = 5'000;
  int64_t response_time_ms =
      60'000;                      // from the request's last byte to the end of the response head
  int64_t idle_time_ms = 300'000;  // between bytes of a body, or of a tunnel
  size_t max_connections_per_core = 512;
  size_t max_idle_per_core = 64;
  size_t max_waiting = 1'000;  // per core, for a connection
  HostPolicy host = HostPolicy::kClient;
  // Addresses whose X-Forwarded-* and Forwarded are kept and added to.
  std::vector<std::string> trusted = {"127.0.0.1"};
  size_t max_head_bytes = 64 << 10;     // of a response
  size_t max_queued_bytes = 256 << 10;  // of one body, in each direction
};

struct OriginUrl {
  std::string host;  // without brackets
  uint16_t port = 80;
  std::string authority;  // "127.0.0.1:3000", as a Host header has it
  std::string text;       // "http://127.0.0.1:3000"
};
// Errors name --origin, its value and what is allowed: http://HOST[:PORT], nothing behind it.
base::Result<OriginUrl> ParseOriginUrl(std::string_view text);

}  // namespace offing::origin
