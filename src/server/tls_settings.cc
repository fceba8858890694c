#include "server/tls_settings.h"

#include <fmt/format.h>

#include <string_view>

namespace offing::server {

namespace {

// To who speaks HTTP where TLS is spoken.
constexpr std::string_view kPlainHttpAnswer =
    "HTTP/1.1 400 Bad Request\r\nServer: offing\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 34\r\nConnection: close\r\n\r\nonly https is spoken on this port\n";

void ReadTable(TomlTable& table, TlsSettings& settings) {
  settings.cert = table.String("cert").value_or("");
  settings.key = table.String("key").value_or("");
  settings.redirect = table.String("redirect").value_or("");
  settings.hsts_ms = table.DurationMs("hsts");
  if (const auto port = table.Integer("port", 1, 65'535)) {
    settings.port = static_cast<uint16_t>(*port);
  }
  if (const auto time = table.DurationMs("handshake_time")) settings.handshake_ms = *time;
  if (const auto most = table.Integer("handshakes", 1, 1'000'000)) {
    settings.handshakes = static_cast<size_t>(*most);
  }
}

}  // namespace

net::TlsConfig TlsSettings::ForNet() const {
  return {.cert_file = cert,
          .key_file = key,
          .handshake_timeout_ms = handshake_ms,
          .max_handshakes = handshakes,
          .plain_http_answer = std::string(kPlainHttpAnswer)};
}

std::string TlsSettings::StrictTransport() const {
  return on() && hsts_ms ? fmt::format("max-age={}", *hsts_ms / 1000) : "";
}

void ReadTls(TomlTable& root, TlsSettings& settings) {
  root.Table("tls", [&settings](TomlTable& table) { ReadTable(table, settings); });
}

base::Result<void> CheckTls(const TlsSettings& settings) {
  const auto fail = [](std::string text) {
    return base::Fail(base::Code::kInvalidArgument, std::move(text));
  };
  if (settings.cert.empty() != settings.key.empty()) {
    return settings.key.empty()
               ? fail(fmt::format("--tls-cert {}: needs its key; name it with --tls-key (it may be "
                                  "the same file)",
                                  settings.cert))
               : fail(fmt::format("--tls-key {}: needs its certificate; name it with --tls-cert",
                                  settings.key));
  }
  if (settings.on()) return {};
  const char* const lonely = !settings.redirect.empty() ? "redirect"
                             : settings.hsts_ms         ? "hsts"
                             : settings.port != 0       ? "port"
                                                        : nullptr;
  if (lonely == nullptr) return {};
  return fail(
      fmt::format("[tls] {}: needs a certificate; name it with cert and key, or leave this "
                  "out",
                  lonely));
}

}  // namespace offing::server
