#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace offing::crypto {

uint64_t SystemRandom::U64() {
  uint64_t value = 0;
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) == 1,
        "the system has no random bytes to give");
  return value;
}

std::string RandomHex(Random& random, size_t bytes) {
  std::string text(bytes * 2, '0');
  uint64_t bits = 0;
  for (size_t i = 0; i < text.size(); ++i, bits >>= 4) {
    if (i % 16 == 0) bits = random.U64();
    text[i] = "0123456789abcdef"[bits & 15];
  }
  return text;
}

}  // namespace offing::crypto
