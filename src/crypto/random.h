// Random: unguessable numbers, behind an interface so that a test can choose them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace offing::crypto {

// Threading: any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t U64() = 0;
};

// OpenSSL's generator; aborts if the system has no entropy to give.
class SystemRandom final : public Random {
 public:
  uint64_t U64() override;
};

// `bytes` random bytes in lower-case hexadecimal: keys and secrets.
std::string RandomHex(Random& random, size_t bytes);

}  // namespace offing::crypto
