#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/check.h"

namespace offing::net {

namespace {

constexpr int kAlgorithmFailed = -1;
constexpr int kNoKey = 0;
constexpr int kDone = 1;
constexpr int kDoneRenew = 2;  // opened; the peer gets a new ticket

bool SetMac(EVP_MAC_CTX* mac, std::span<unsigned char> key) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

}  // namespace

TlsTickets::~TlsTickets() {
  OPENSSL_cleanse(&current_, sizeof current_);
  OPENSSL_cleanse(&previous_, sizeof previous_);
}

void TlsTickets::Serve(SSL_CTX* context) {
  CHECK(SSL_CTX_set_app_data(context, this) == 1, "no memory for one pointer");
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TlsTickets::OnTicket);
  SSL_CTX_set_timeout(context, kKeyMs / 1000);
}

int TlsTickets::OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                         EVP_MAC_CTX* mac, int seal) {
  auto& tickets = *static_cast<TlsTickets*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::lock_guard lock(tickets.mutex_);
  if (!tickets.Turn()) return kAlgorithmFailed;
  return seal == 1 ? tickets.Seal(name, iv, cipher, mac) : tickets.Open(name, iv, cipher, mac);
}

int TlsTickets::Seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  const EVP_CIPHER* const aes = EVP_aes_256_cbc();
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1) return kAlgorithmFailed;
  std::ranges::copy(current_.name, name);
  const bool ready = EVP_EncryptInit_ex(cipher, aes, nullptr, current_.cipher.data(), iv) == 1 &&
                     SetMac(mac, current_.mac);
  return ready ? kDone : kAlgorithmFailed;
}

int TlsTickets::Open(const unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) {
  for (Key* key : {&current_, &previous_}) {
    if (key->made_ms == 0 || clock_.SteadyMs() - key->made_ms >= 2 * kKeyMs) continue;
    if (!std::equal(key->name.begin(), key->name.end(), name)) continue;
    const bool ready =
        SetMac(mac, key->mac) &&
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
    if (!ready) return kAlgorithmFailed;
    return key == &current_ ? kDone : kDoneRenew;
  }
  return kNoKey;
}

bool TlsTickets::Turn() {
  const int64_t now = clock_.SteadyMs() + 1;  // never 0
  if (current_.made_ms != 0 && now - current_.made_ms < kKeyMs) return true;
  Key next;
  if (!Make(next, now)) return false;
  // After a quiet time the current one may be too old even to open with.
  const bool opens = current_.made_ms != 0 && now - current_.made_ms < 2 * kKeyMs;
  previous_ = opens ? current_ : Key{};
  current_ = next;
  OPENSSL_cleanse(&next, sizeof next);
  return true;
}

bool TlsTickets::Make(Key& key, int64_t now_ms) {
  key.made_ms = now_ms;
  const auto fill = [](std::span<unsigned char> bytes) {
    return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
  };
  return fill(key.name) && fill(key.cipher) && fill(key.mac);
}

}  // namespace offing::net
