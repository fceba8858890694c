#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <span>

#include "base/check.h"

namespace offing::crypto {

namespace {

using Bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string Hex(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::span<const unsigned char> Digest(const EVP_MD* algorithm, std::string_view message,
                                      Bytes& out) {
  unsigned size = 0;
  const int ok = EVP_Digest(message.data(), message.size(), out.data(), &size, algorithm, nullptr);
  CHECK(ok == 1, "the library has no such digest");
  return {out.data(), size};
}

std::span<const unsigned char> Hmac(std::string_view key, std::string_view message, Bytes& out) {
  if (key.data() == nullptr)
    key = "";  // the library takes a null key for "the key of the last call"
  unsigned size = 0;
  const auto* const data = reinterpret_cast<const unsigned char*>(message.data());
  const auto* const result = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data,
                                  message.size(), out.data(), &size);
  CHECK(result != nullptr, "HMAC-SHA256 failed");
  return {out.data(), size};
}

}  // namespace

std::string HmacSha256Hex(std::string_view key, std::string_view message) {
  Bytes out;
  return Hex(Hmac(key, message, out));
}

std::string HmacSha256(std::string_view key, std::string_view message) {
  Bytes out;
  const auto mac = Hmac(key, message, out);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

std::string Md5Hex(std::string_view message) {
  Bytes out;
  return Hex(Digest(EVP_md5(), message, out));
}

std::string Sha256Hex(std::string_view message) {
  Bytes out;
  return Hex(Digest(EVP_sha256(), message, out));
}

std::string Sha1Base64(std::string_view message) {
  Bytes out;
  const auto digest = Digest(EVP_sha1(), message, out);
  std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE / 3 + 1) + 1> text;
  const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<size_t>(size)};
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Sha256Stream::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  CHECK(context_->md != nullptr && EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr) == 1,
        "the library has no SHA-256");
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Update(std::string_view bytes) {
  CHECK(context_ != nullptr, "Update after FinishHex");
  CHECK(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) == 1, "SHA-256 failed");
}

std::string Sha256Stream::FinishHex() {
  CHECK(context_ != nullptr, "FinishHex twice");
  Bytes out;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_->md, out.data(), &size) == 1, "SHA-256 failed");
  context_.reset();
  return Hex({out.data(), size});
}

}  // namespace offing::crypto
