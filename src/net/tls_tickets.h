// TlsTickets: the keys that session tickets are sealed with (RFC 5077), one set for all cores and
// all certificates. A key seals for 8 hours and opens for 8 more; it never leaves the memory.
//
// Threading: any thread.
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace offing::net {

class TlsTickets {
 public:
  static constexpr int64_t kKeyMs = 8LL * 3'600'000;

  explicit TlsTickets(const base::Clock& clock) : clock_(clock) {}
  ~TlsTickets();
  TlsTickets(const TlsTickets&) = delete;
  TlsTickets& operator=(const TlsTickets&) = delete;

  // Makes `context` seal and open its tickets here; this has to outlive it.
  void Serve(SSL_CTX* context);

 private:
  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};
    int64_t made_ms = 0;
  };

  static int OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int seal);
  int Seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int Open(const unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  bool Turn();  // false: no randomness
  static bool Make(Key& key, int64_t now_ms);

  const base::Clock& clock_;
  std::mutex mutex_;
  Key current_;  // guarded by mutex_, as is all below; made_ms 0: none yet
  Key previous_;
};

}  // namespace offing::net
