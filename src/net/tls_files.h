// The certificate and the key of --tls-cert and --tls-key, from files to what OpenSSL takes.
//
// Threading: any thread (pure functions).
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace offing::net {

template <auto kFree>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>>;

struct TlsFiles {
  std::string cert;
  std::string key;
};

struct LoadedTls {
  SslContextPtr context;  // with the certificate, its chain and its key; nothing else is set
  std::string subject;    // for the log
  int64_t expires_ms = 0;
  std::vector<std::string> warnings;
};

// `now_ms`: wall clock. Files larger than 1 MiB are refused. Errors name the setting, its value and
// the way out.
base::Result<LoadedTls> LoadTls(const TlsFiles& files, int64_t now_ms);

// Whether files are the same as before: device, inode, size and times of both. Files that are not
// there have a stamp too.
std::string StampOf(const TlsFiles& files);

}  // namespace offing::net
