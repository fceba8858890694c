// TlsSettings: the table [tls] of offing.toml, --tls-cert and --tls-key.
//
// docs/configuration.md is the list for people; net/tls.h says what each does.
//
// Threading: start-up only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/tls.h"
#include "server/toml_reader.h"

namespace offing::server {

struct TlsSettings {
  std::string cert;  // empty: no TLS
  std::string key;
  std::string redirect;  // HOST:PORT that listens in the clear and sends to https; empty: none
  std::optional<int64_t> hsts_ms;
  uint16_t port = 0;  // of https as clients see it; 0: the one that is listened on
  int64_t handshake_ms = 10'000;
  size_t handshakes = 5'000;

  bool on() const { return !cert.empty(); }
  net::TlsConfig ForNet() const;
  std::string StrictTransport() const;  // the header's value, or ""
};

// Mistakes are the document's.
void ReadTls(TomlTable& root, TlsSettings& settings);

// What needs each other: certificate and key, and a certificate for all the rest.
base::Result<void> CheckTls(const TlsSettings& settings);

}  // namespace offing::server
