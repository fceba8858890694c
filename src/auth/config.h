// What [auth] says (docs/configuration.md, docs/auth.md), and the limits of this room.
//
// Threading: immutable once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/jwt.h"
#include "proto/pusher_auth.h"

namespace offing::auth {

enum class KeyHosts : uint8_t { kPublic, kAny };  // where the URL of a key set may lead

struct AuthConfig {
  std::vector<proto::AppCredentials> apps;  // at least one; the first is the site's
  proto::JwtExpiry expiry = proto::JwtExpiry::kRequired;

  std::string origin;  // the path that the origin is asked, "/whoami"; empty: it is not asked
  int64_t cache_ms = 10'000;
  int64_t origin_time_ms = 5'000;
  size_t max_answer_bytes = 64 << 10;
  size_t max_answers = 10'000;  // kept; then the oldest goes
  size_t max_asking = 256;      // at a time; then kUnavailable

  std::string jwks;     // a file, or an https URL; empty: no ES256
  std::string jwks_ca;  // certificates to trust for it; empty: the system's
  KeyHosts jwks_hosts = KeyHosts::kPublic;
  int64_t jwks_refresh_ms = 600'000;
  int64_t jwks_least_ms = 60'000;  // between two refreshes that a token asked for
  int64_t jwks_time_ms = 10'000;   // for one
};

}  // namespace offing::auth
