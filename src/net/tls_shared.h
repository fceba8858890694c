// What the sessions of one TlsContext have in common, and what outlives it with them.
//
// Threading: any thread.
#pragma once

#include <openssl/bio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/metrics.h"
#include "net/tls.h"
#include "net/tls_files.h"
#include "net/tls_tickets.h"

namespace offing::net {

// The reads and writes of a session (net/tls_session.cc).
BIO_METHOD* NewTlsBioMethod();

struct TlsCounters {
  explicit TlsCounters(base::Metrics& metrics);
  base::Counter& handshakes;
  base::Counter& resumed;
  base::Counter& failed;
  base::Counter& timeouts;
  base::Counter& refused;
  base::Counter& handshaking;  // gauge
  base::Counter& expires;      // gauge, seconds since 1970
  base::Counter& reloads;
  base::Counter& refused_reloads;
};

struct TlsShared {
  TlsShared(TlsConfig config, const base::Clock& clock, base::Metrics& metrics)
      : config(std::move(config)), tickets(clock), counters(metrics), bio(NewTlsBioMethod()) {}

  const TlsConfig config;
  TlsTickets tickets;
  TlsCounters counters;
  const std::unique_ptr<BIO_METHOD, OpenSslDeleter<BIO_meth_free>> bio;
  std::atomic<size_t> handshaking{0};
  std::mutex mutex;
  SslContextPtr context;  // guarded by mutex; the current one
};

}  // namespace offing::net
