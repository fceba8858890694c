#include "net/tls.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <ctime>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "net/tls_files.h"
#include "net/tls_session.h"
#include "net/tls_shared.h"

namespace offing::net {

namespace {

constexpr unsigned char kSessionIdContext[] = "offing";
// TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3's own suites are all taken.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

// `offered`: names, each behind its length (RFC 7301, 3.1).
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned size, void*) {
  constexpr std::string_view kOurs = "http/1.1";
  for (unsigned at = 0; at < size; at += 1u + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
    if (name != kOurs) continue;
    *out = offered + at + 1;
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void SetUp(SSL_CTX* context, TlsTickets& tickets) {
  const bool set =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
      SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
      SSL_CTX_set_session_id_context(context, kSessionIdContext, sizeof kSessionIdContext - 1) == 1;
  CHECK(set, "the library does not know our ciphers");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  tickets.Serve(context);
}

}  // namespace

TlsCounters::TlsCounters(base::Metrics& metrics)
    : handshakes(
          metrics.AddCounter("offing_tls_handshakes_total", "TLS handshakes that ended well.")),
      resumed(
          metrics.AddCounter("offing_tls_handshakes_resumed_total",
                             "TLS handshakes that resumed a session, of those that ended well.")),
      failed(metrics.AddCounter("offing_tls_handshakes_failed_total",
                                "TLS handshakes that failed, or that the peer left.")),
      timeouts(metrics.AddCounter("offing_tls_handshakes_slow_total",
                                  "TLS handshakes that took too long.")),
      refused(metrics.AddCounter("offing_tls_handshakes_refused_total",
                                 "Connections closed because too many handshakes were under way.")),
      handshaking(metrics.AddGauge("offing_tls_handshaking", "TLS handshakes under way.")),
      expires(metrics.AddGauge("offing_tls_certificate_expires_seconds",
                               "When the certificate expires, in seconds since 1970.")),
      reloads(metrics.AddCounter("offing_tls_reloads_total", "Certificates that were taken anew.")),
      refused_reloads(metrics.AddCounter("offing_tls_reloads_refused_total",
                                         "Changed certificates or keys that could not be used.")) {}

class TlsContext::Impl {
 public:
  Impl(TlsConfig config, Deps deps)
      : shared_(std::make_shared<TlsShared>(std::move(config), deps.clock, deps.metrics)),
        files_{shared_->config.cert_file, shared_->config.key_file},
        deps_(deps) {
    CHECK(shared_->bio != nullptr, "no memory at start-up");
  }

  base::Result<void> Load() {
    current_stamp_ = last_stamp_ = StampOf(files_);
    return Take();
  }

  void Refresh(When when) {
    const std::string stamp = StampOf(files_);
    const bool settled = stamp == std::exchange(last_stamp_, stamp);
    if (when == When::kIfChanged && (!settled || stamp == current_stamp_)) return;
    current_stamp_ = stamp;
    if (auto taken = Take(); !taken) {
      shared_->counters.refused_reloads.Add();
      deps_.log.Error(
          fmt::format("{}; the certificate from before stays in use", taken.error().detail));
      return;
    }
    shared_->counters.reloads.Add();
  }

  std::unique_ptr<TlsSession> Accept(int fd) {
    if (shared_->handshaking.load() >= shared_->config.max_handshakes) {
      shared_->counters.refused.Add();
      return nullptr;
    }
    const std::lock_guard lock(shared_->mutex);
    auto session = std::make_unique<TlsSession>(shared_, shared_->context.get(), fd);
    return session->usable() ? std::move(session) : nullptr;
  }

  int64_t handshake_timeout_ms() const { return shared_->config.handshake_timeout_ms; }

 private:
  base::Result<void> Take() {
    auto loaded = LoadTls(files_, deps_.clock.WallMs());
    if (!loaded) return std::unexpected(loaded.error());
    SetUp(loaded->context.get(), shared_->tickets);
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->context.swap(loaded->context);
    }
    for (const std::string& warning : loaded->warnings) deps_.log.Warning(warning);
    const auto expires = static_cast<uint64_t>(loaded->expires_ms / 1000);
    shared_->counters.expires.Add(expires - shared_->counters.expires.value());
    deps_.log.Info(fmt::format("TLS: certificate of {}, valid until {:%Y-%m-%d}", loaded->subject,
                               fmt::gmtime(static_cast<time_t>(expires))));
    return {};
  }

  const std::shared_ptr<TlsShared> shared_;
  const TlsFiles files_;
  const Deps deps_;
  std::string current_stamp_;  // of what was taken, or refused, last
  std::string last_stamp_;     // of the last look
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

base::Result<std::unique_ptr<TlsContext>> TlsContext::Load(TlsConfig config, Deps deps) {
  auto impl = std::make_unique<Impl>(std::move(config), deps);
  if (auto loaded = impl->Load(); !loaded) return std::unexpected(loaded.error());
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

void TlsContext::Refresh(When when) {
  impl_->Refresh(when);
}
std::unique_ptr<TlsSession> TlsContext::Accept(int fd) {
  return impl_->Accept(fd);
}
int64_t TlsContext::handshake_timeout_ms() const {
  return impl_->handshake_timeout_ms();
}

}  // namespace offing::net
