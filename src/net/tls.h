// TLS for what a listener accepts: TLS 1.2 and 1.3 (RFC 5246, RFC 8446) over OpenSSL, one
// certificate for all names (SNI is not looked at), and a Stream that keeps every promise of
// net/stream.h.
//
// A TlsContext is the certificate, its key and the keys of session tickets. The streams that are
// accepted take from it what is current; Refresh() puts a new certificate there, and connections
// that are open keep what they began with.
//
// The Stream is handed over before its handshake, so that whoever limits connections counts it. It
// says nothing (OnBytes) until the peer's first plain text; what is written before waits. Close()
// before the end of the handshake aborts. A handshake that fails or takes longer than its time ends
// with OnClosed. Close() says close_notify before FIN, and so does the answer to the peer's own.
//
// * ALPN (RFC 7301): http/1.1; a peer that offers only other protocols gets the alert
//   no_application_protocol.
// * Resumption (RFC 5077, RFC 8446 4.6.1) is by tickets alone: no state here, any core takes them.
//   Their keys are random, live in memory only, are replaced every 8 hours and taken for 8 hours
//   more. They stay over a reload, and are gone with the process: then handshakes are full ones.
// * No early data (0-RTT), no renegotiation, no compression.
//
// Limits, each with a counter: handshakes under way in all (a connection beyond is closed at once)
// and the time of one. A connection that waits for its peer holds at most 64 KiB of encrypted bytes
// besides what waits in its queue; an idle one holds no buffer of OpenSSL's.
//
// Threading: any thread, Refresh() by one thread at a time. The streams are core-local, and may
// outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"

namespace offing::net {

class TlsSession;  // net/tls_session.h

struct TlsConfig {
  std::string cert_file;  // PEM: the server's certificate first, then those that signed it
  std::string key_file;   // PEM: RSA or ECDSA, not encrypted
  int64_t handshake_timeout_ms = 10'000;
  size_t max_handshakes = 5'000;
  // Sent in the clear to a peer that speaks HTTP without TLS, before FIN. May be empty.
  std::string plain_http_answer;
};

class TlsContext {
 public:
  struct Deps {
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
  };
  // Errors name --tls-cert or --tls-key, its value and the way out. A certificate that has expired
  // and a key that others may read are taken with a warning.
  static base::Result<std::unique_ptr<TlsContext>> Load(TlsConfig config, Deps deps);
  ~TlsContext();

  // kIfChanged: looks at the files, and takes them if they are others than before and the same as
  // at the last look (so that nothing half written is read). kNow: takes them as they are. A pair
  // that cannot be used is refused with one line of the log, and what was current stays.
  enum class When { kIfChanged, kNow };
  void Refresh(When when);

  // net/ only. None: as many handshakes are under way as may be, or memory is short (counted).
  std::unique_ptr<TlsSession> Accept(int fd);
  int64_t handshake_timeout_ms() const;

 private:
  class Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace offing::net
