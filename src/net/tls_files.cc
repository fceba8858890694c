#include "net/tls_files.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

namespace offing::net {

namespace {

constexpr size_t kMaxFile = 1 << 20;

using BioPtr = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;
using CertPtr = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;

// One of the two settings, for messages.
struct Setting {
  const char* flag;
  const std::string& path;
};

std::unexpected<base::Error> Refuse(const Setting& setting, base::Code code,
                                    std::string_view what) {
  return base::Fail(code, fmt::format("{} {}: {}", setting.flag, setting.path, what));
}

std::string OpenSslReason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "no reason given";
}

// The bytes of a file; a key's are wiped.
class FileText {
 public:
  FileText() = default;
  FileText(FileText&&) = default;
  FileText& operator=(FileText&&) = delete;
  ~FileText() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  static base::Result<FileText> Read(const Setting& setting) {
    const int fd = open(setting.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Unreadable(setting, errno);
    FileText text;
    text.bytes_.resize(kMaxFile + 1);
    size_t size = 0;
    ssize_t got = 0;
    while (size < text.bytes_.size() &&
           (got = read(fd, text.bytes_.data() + size, text.bytes_.size() - size)) > 0) {
      size += static_cast<size_t>(got);
    }
    const int error = errno;
    close(fd);
    if (got < 0) return Unreadable(setting, error);
    if (size > kMaxFile) {
      return Refuse(setting, base::Code::kTooLarge, "is larger than 1 MiB; name a PEM file");
    }
    text.size_ = size;
    return text;
  }

  BioPtr Bio() const { return BioPtr(BIO_new_mem_buf(bytes_.data(), static_cast<int>(size_))); }
  bool Says(std::string_view words) const {
    return std::string_view(bytes_.data(), size_).find(words) != std::string_view::npos;
  }

 private:
  static std::unexpected<base::Error> Unreadable(const Setting& setting, int error) {
    const auto code = error == ENOENT ? base::Code::kNotFound : base::Code::kIo;
    return Refuse(setting, code,
                  fmt::format("cannot be read: {}; name a PEM file that this user may read",
                              std::strerror(error)));
  }

  std::vector<char> bytes_;
  size_t size_ = 0;
};

int64_t UnixMs(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return int64_t{timegm(&parts)} * 1000;
}

std::string Day(int64_t ms) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<time_t>(ms / 1000)));
}

std::string SubjectOf(const X509* cert) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

base::Result<std::vector<CertPtr>> ReadChain(const Setting& setting) {
  auto text = FileText::Read(setting);
  if (!text) return std::unexpected(text.error());
  const BioPtr bio = text->Bio();
  std::vector<CertPtr> chain;
  while (X509* cert = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(cert);
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = OpenSslReason();
  ERR_clear_error();
  if (chain.empty() && ended) {
    return Refuse(setting, base::Code::kInvalidArgument,
                  text->Says("PRIVATE KEY")
                      ? "holds a key and no certificate; name the certificate's file here and the "
                        "key's with --tls-key"
                      : "holds no certificate in PEM (\"-----BEGIN CERTIFICATE-----\"); convert "
                        "it with openssl x509 -inform DER, or name another file");
  }
  if (!ended) {
    return Refuse(setting, base::Code::kCorrupt,
                  fmt::format("certificate {} in it cannot be read: {}; write the file anew",
                              chain.size() + 1, reason));
  }
  return chain;
}

// Says that there is no password, and remembers that it was asked.
int NoPassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

base::Result<KeyPtr> ReadKey(const Setting& setting) {
  auto text = FileText::Read(setting);
  if (!text) return std::unexpected(text.error());
  bool encrypted = false;
  KeyPtr key(PEM_read_bio_PrivateKey(text->Bio().get(), nullptr, NoPassword, &encrypted));
  const std::string reason = OpenSslReason();
  ERR_clear_error();
  if (key) return key;
  if (encrypted) {
    return Refuse(setting, base::Code::kUnsupported,
                  fmt::format("is encrypted, and nobody is there to give the password; write it "
                              "without: openssl pkey -in {} -out FILE",
                              setting.path));
  }
  if (!text->Says("PRIVATE KEY-----")) {
    return Refuse(setting, base::Code::kInvalidArgument,
                  text->Says("BEGIN CERTIFICATE-----")
                      ? "holds a certificate and no key; name the key's file here and the "
                        "certificate's with --tls-cert"
                      : "holds no private key in PEM (\"-----BEGIN PRIVATE KEY-----\"); convert it "
                        "with openssl pkey -inform DER, or name another file");
  }
  return Refuse(setting, base::Code::kCorrupt,
                fmt::format("the key in it cannot be read: {}; write the file anew", reason));
}

base::Result<void> CheckBelongs(const std::vector<CertPtr>& chain, EVP_PKEY* key,
                                const TlsFiles& files) {
  const Setting setting{"--tls-key", files.key};
  for (size_t i = 0; i < chain.size(); ++i) {
    if (X509_check_private_key(chain[i].get(), key) != 1) continue;
    ERR_clear_error();
    if (i == 0) return {};
    return Refuse({"--tls-cert", files.cert}, base::Code::kConflict,
                  fmt::format("the server's own certificate is number {} in it; it must come "
                              "first, before those that signed it",
                              i + 1));
  }
  ERR_clear_error();
  return Refuse(setting, base::Code::kConflict,
                fmt::format("does not belong to the certificate in --tls-cert {} ({}); name the "
                            "key that the certificate was made for",
                            files.cert, SubjectOf(chain.front().get())));
}

std::vector<std::string> Warnings(const TlsFiles& files, const X509* cert, int64_t now_ms) {
  std::vector<std::string> warnings;
  const int64_t from = UnixMs(X509_get0_notBefore(cert));
  const int64_t until = UnixMs(X509_get0_notAfter(cert));
  if (now_ms >= until) {
    warnings.push_back(fmt::format("--tls-cert {}: expired on {}; browsers refuse it: renew it",
                                   files.cert, Day(until)));
  } else if (now_ms < from) {
    warnings.push_back(
        fmt::format("--tls-cert {}: not valid before {}; browsers refuse it: check "
                    "this machine's clock",
                    files.cert, Day(from)));
  }
  struct stat status{};
  if (stat(files.key.c_str(), &status) == 0 && (status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    warnings.push_back(
        fmt::format("--tls-key {}: others may read or write it (mode {:03o}); chmod 600 it",
                    files.key, status.st_mode & 0777));
  }
  return warnings;
}

base::Result<void> Install(SSL_CTX* context, std::vector<CertPtr> chain, EVP_PKEY* key,
                           const TlsFiles& files) {
  bool taken = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
  for (size_t i = 1; taken && i < chain.size(); ++i) {
    taken = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  }
  if (!taken) {
    const std::string reason = OpenSslReason();
    ERR_clear_error();
    return Refuse({"--tls-cert", files.cert}, base::Code::kUnsupported,
                  fmt::format("OpenSSL does not take it: {}; have one made with RSA of 2048 bits "
                              "or more, or ECDSA on P-256, and SHA-256",
                              reason));
  }
  if (SSL_CTX_use_PrivateKey(context, key) == 1) return {};
  const std::string reason = OpenSslReason();
  ERR_clear_error();
  return Refuse({"--tls-key", files.key}, base::Code::kUnsupported,
                fmt::format("OpenSSL does not take it: {}; use an RSA or ECDSA key", reason));
}

}  // namespace

base::Result<LoadedTls> LoadTls(const TlsFiles& files, int64_t now_ms) {
  ERR_clear_error();
  auto chain = ReadChain({"--tls-cert", files.cert});
  if (!chain) return std::unexpected(chain.error());
  auto key = ReadKey({"--tls-key", files.key});
  if (!key) return std::unexpected(key.error());
  if (auto fits = CheckBelongs(*chain, key->get(), files); !fits) {
    return std::unexpected(fits.error());
  }
  LoadedTls loaded;
  const X509* const own = chain->front().get();
  loaded.subject = SubjectOf(own);
  loaded.expires_ms = UnixMs(X509_get0_notAfter(own));
  loaded.warnings = Warnings(files, own, now_ms);
  loaded.context.reset(SSL_CTX_new(TLS_server_method()));
  if (!loaded.context) return base::Fail(base::Code::kIo, "--tls-cert: no memory for OpenSSL");
  auto installed = Install(loaded.context.get(), std::move(*chain), key->get(), files);
  if (!installed) return std::unexpected(installed.error());
  return loaded;
}

std::string StampOf(const TlsFiles& files) {
  std::string stamp;
  for (const std::string* path : {&files.cert, &files.key}) {
    struct stat status{};
    if (stat(path->c_str(), &status) != 0) {
      stamp += fmt::format("{};", errno);
      continue;
    }
    stamp += fmt::format("{}:{}:{}:{}.{:09}:{}.{:09};", status.st_dev, status.st_ino,
                         status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                         status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
  }
  return stamp;
}

}  // namespace offing::net
