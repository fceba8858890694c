// Jwks: a set of public keys (RFC 7517), of which those for ES256 are taken: "kty":"EC" on
// "crv":"P-256" with a "kid", not meant for encryption ("use") or another algorithm ("alg").
//
// Threading: immutable; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/p256.h"

namespace offing::proto {

inline constexpr size_t kMaxJwksBytes = 1 << 20;
inline constexpr size_t kMaxJwksKeys = 100;

class Jwks {
 public:
  Jwks() = default;
  // kInvalidArgument says what is wrong: text that is no set, over a limit, without any key that
  // can be used, a kid that stands twice, a point that is not on the curve, a private key (it has
  // no business here). Keys of other kinds are passed over.
  static base::Result<Jwks> Parse(std::string_view text);

  // nullptr: there is no such key.
  const crypto::P256Key* Find(std::string_view kid) const;
  size_t size() const { return keys_.size(); }

 private:
  std::vector<std::pair<std::string, crypto::P256Key>> keys_;
};

}  // namespace offing::proto
