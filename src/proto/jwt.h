// Tokens (JWT, RFC 7519, in the compact form of RFC 7515) as spec/users.md has them: read, checked
// and signed. Bytes, keys and a time in; claims, or one sentence that says what is wrong, out.
//
// Two algorithms and no others: HS256 with an app's secret, ES256 with a key of a set. Which key a
// token is checked with follows from its alg and kid together, so that a public key never serves as
// a secret. A member that stands twice, a header with "crit", a text in two spellings: refused.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/jwks.h"
#include "proto/pusher_auth.h"

namespace offing::proto {

inline constexpr size_t kMaxJwtBytes = 8 << 10;
inline constexpr size_t kMaxSubjectBytes = 200;
inline constexpr size_t kMaxPatterns = 100;
inline constexpr size_t kMaxPatternBytes = 200;
inline constexpr int64_t kJwtLeewayS = 60;

struct JwtClaims {
  std::string sub;
  std::string dev;                    // "" if not there
  std::vector<std::string> channels;  // patterns
  std::vector<std::string> publish;
  int64_t exp_s = 0;  // 0: never
};

enum class JwtExpiry : uint8_t { kRequired, kOptional };

struct JwtKeys {
  std::span<const AppCredentials> apps;  // HS256: by their key; without a kid the first
  const Jwks* set = nullptr;             // ES256; nullptr: refused
};

struct JwtResult {
  JwtClaims claims;
  const AppCredentials* app;  // whose user it is; of ES256 the first
};

// Errors are the sentence, as
//   kUnauthorized  a token of one of these keys: a wrong signature, expired, not valid yet, claims
//                  that cannot be read
//   kNotFound      ES256, and the set has no such kid: it may have changed
//   kUnsupported   somebody else's: no JWT at all, another alg, of no app's key
base::Result<JwtResult> CheckJwt(std::string_view token, const JwtKeys& keys, JwtExpiry expiry,
                                 int64_t now_s);

// The same members in the answer of an app's own server: `user` for `sub`, and exp may be missing.
// kUnauthorized with a sentence that begins with "the answer".
base::Result<JwtClaims> ReadUser(std::string_view json, int64_t now_s);

// The token that CheckJwt accepts: HS256, with the app's key as kid. `now_s` becomes iat.
std::string SignJwt(const AppCredentials& app, const JwtClaims& claims, int64_t now_s);

// 1 to kMaxSubjectBytes of UTF-8 without control characters: a user, or a device.
bool IsSubject(std::string_view text);
// The same for a list of patterns: each a channel's name, or its beginning and '*'; not more than
// kMaxPatterns. kInvalidArgument names the first that is none.
base::Result<void> CheckPatterns(std::span<const std::string> patterns);

}  // namespace offing::proto
