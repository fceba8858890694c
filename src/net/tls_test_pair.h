// TestPair: a certificate that signs itself and its key, in files of a folder that is gone with the
// object. For tests.
//
// Threading: core-local.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "net/tls.h"
#include "net/tls_files.h"

namespace offing::net {

class TestPair {
 public:
  enum class Kind { kEcdsa, kRsa };
  struct Options {
    std::string name = "localhost";
    Kind kind = Kind::kEcdsa;
    long from_s = -60;  // validity, from now
    long until_s = 86'400;
    const char* password = nullptr;
  };
  TestPair() : TestPair(Options{}) {}
  explicit TestPair(const Options& options) {
    char pattern[] = "/tmp/offing-tls-XXXXXX";
    EXPECT_NE(mkdtemp(pattern), nullptr);
    folder_ = pattern;
    Write(options);
  }
  ~TestPair() { std::filesystem::remove_all(folder_); }
  TestPair(const TestPair&) = delete;
  TestPair& operator=(const TestPair&) = delete;

  std::string cert() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }
  TlsFiles files() const { return {cert(), key()}; }
  TlsConfig config() const { return {.cert_file = cert(), .key_file = key()}; }

  // Over what is there.
  void Write(const Options& options) const {
    const std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>> key(
        options.kind == Kind::kRsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, OpenSslDeleter<X509_free>> cert(X509_new());
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), options.from_s);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), options.until_s);
    X509_set_pubkey(cert.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(options.name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(cert.get(), name);
    EXPECT_GT(X509_sign(cert.get(), key.get(), EVP_sha256()), 0);
    WriteFile(this->cert(), [&](FILE* file) { return PEM_write_X509(file, cert.get()); });
    const EVP_CIPHER* cipher = options.password != nullptr ? EVP_aes_256_cbc() : nullptr;
    WriteFile(this->key(), [&](FILE* file) {
      return PEM_write_PKCS8PrivateKey(file, key.get(), cipher, nullptr, 0, nullptr,
                                       const_cast<char*>(options.password));
    });
    EXPECT_EQ(chmod(this->key().c_str(), 0600), 0);
  }
  static void WriteText(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  static std::string ReadText(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  template <class WriteTo>
  static void WriteFile(const std::string& path, WriteTo write) {
    FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(write(file), 1);
    std::fclose(file);
  }

  std::string folder_;
  mutable long serial_ = 0;
};

}  // namespace offing::net
