#include "crypto/p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <cstddef>
#include <string>
#include <utility>

#include "base/check.h"

namespace offing::crypto {

namespace {

constexpr size_t kNumberBytes = 32;

template <auto kFree>
struct Free {
  void operator()(auto* thing) const { kFree(thing); }
};
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number ToNumber(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

// As the library reads it: an ASN.1 sequence of both numbers; "" if that fails.
std::string ToDer(std::string_view signature) {
  const Signature both(ECDSA_SIG_new());
  Number r = ToNumber(signature.substr(0, kNumberBytes));
  Number s = ToNumber(signature.substr(kNumberBytes));
  CHECK(both && r && s, "out of memory");
  CHECK(ECDSA_SIG_set0(both.get(), r.release(), s.release()) == 1, "both numbers are there");
  unsigned char* text = nullptr;
  const int size = i2d_ECDSA_SIG(both.get(), &text);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  return der;
}

}  // namespace

struct P256Key::Handle {
  explicit Handle(EVP_PKEY* made) : key(made) {}
  ~Handle() { EVP_PKEY_free(key); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  EVP_PKEY* const key;
};

P256Key::P256Key(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}

base::Result<P256Key> P256Key::Make(std::string_view x, std::string_view y) {
  const auto fail = [] {
    return base::Fail(base::Code::kInvalidArgument, "is no point of the curve P-256");
  };
  if (x.size() != kNumberBytes || y.size() != kNumberBytes) return fail();
  std::string point = "\x04";
  point.append(x).append(y);
  std::string group = SN_X9_62_prime256v1;
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  CHECK(context && EVP_PKEY_fromdata_init(context.get()) == 1, "the library has no curves");
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) return fail();
  P256Key made(std::make_shared<const Handle>(key));
  const PkeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return fail();
  return made;
}

bool P256Key::Verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != 2 * kNumberBytes) return false;
  const std::string der = ToDer(signature);
  const DigestContext context(EVP_MD_CTX_new());
  CHECK(context, "out of memory");
  if (EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, handle_->key,
                              nullptr) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), Bytes(der), der.size(), Bytes(message), message.size()) ==
         1;
}

}  // namespace offing::crypto
