// Digests and signatures over OpenSSL, as pure functions: what the protocols need and no more.
//
// Threading: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace offing::crypto {

// Lower-case hexadecimal, where the name says Hex.
std::string HmacSha256Hex(std::string_view key, std::string_view message);
std::string HmacSha256(std::string_view key, std::string_view message);  // its 32 bytes
std::string Md5Hex(std::string_view message);  // Pusher's body_md5; not for security
std::string Sha256Hex(std::string_view message);
// Base64 of SHA-1; the WebSocket handshake's accept value (RFC 6455, 4.2.2).
std::string Sha1Base64(std::string_view message);

// True iff both are equal; the time it takes depends on their lengths only.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// SHA-256 of a stream. Threading: core-local.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Update(std::string_view bytes);
  std::string FinishHex();  // once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace offing::crypto
