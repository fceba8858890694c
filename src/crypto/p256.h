// P256Key: a public key on the curve P-256, to check ECDSA signatures over SHA-256 with (ES256).
//
// Threading: immutable; any thread. Copies share the key.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace offing::crypto {

class P256Key {
 public:
  // The coordinates, 32 bytes each, big-endian. kInvalidArgument unless they are a point of the
  // curve.
  static base::Result<P256Key> Make(std::string_view x, std::string_view y);

  // `signature` is r and s, 32 bytes each (RFC 7518, 3.4); any other length is no signature.
  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  struct Handle;
  explicit P256Key(std::shared_ptr<const Handle> handle);
  std::shared_ptr<const Handle> handle_;
};

}  // namespace offing::crypto
