// Server: HTTP/1.1 on one port, on every core (RFC 9112). It parses (Boost.Beast, behind the wall
// of parser.cc), enforces the limits, keeps connections alive, answers in order, writes the access
// log, and hands each request to the one Handler.
//
// Limits, each with a counter: connections in all (then 503 and close), header section (431),
// target (414), body (413; one limit for those that are kept whole, one for streamed ones), time
// for a request to arrive whole (408), idle time between requests (close), a peer that does not
// read its answer (abort). A request is never smuggled: Content-Length together with
// Transfer-Encoding, or two different lengths, is 400 and close.
//
// Draining: StopAccepting() first; then Drain() lets each connection finish its request and closes
// idle ones; WebSockets are the listeners' own affair.
//
// Threading: any thread for Start and Stop; connections are core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"
#include "net/core.h"
#include "net/stream.h"

namespace offing::http {

class AccessLog;  // http/access_log.h

struct ServerConfig {
  size_t max_connections = 100'000;
  size_t max_header_bytes = 16 << 10;
  size_t max_target_bytes = 8 << 10;
  size_t max_body_bytes = 1 << 20;
  uint64_t max_streamed_body_bytes = 1ULL << 30;  // of a body that its handler reads as it comes
  // From the first byte of a request to its last; of a streamed one to the head's end, and then
  // without a byte of the body while its handler wants some.
  int64_t request_timeout_ms = 15'000;
  int64_t idle_timeout_ms = 75'000;
  int64_t write_timeout_ms = 30'000;  // without any progress
  // The value of Strict-Transport-Security (RFC 6797) on answers over TLS that have none; empty:
  // none is added.
  std::string strict_transport;
};

class Server {
 public:
  struct Deps {
    std::vector<net::Core*> cores;
    Handler& handler;
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
    AccessLog* access_log = nullptr;  // none: nothing is written
  };
  Server(Deps deps, ServerConfig config);
  ~Server();

  // Call before the cores run. The port that was bound, for 0. With `tls`, which has to outlive the
  // server, connections there speak TLS.
  base::Result<uint16_t> Listen(const net::ListenAddress& address, net::TlsContext* tls = nullptr);
  // Both post to the cores and return at once; `done` runs on some core when no HTTP exchange is
  // left.
  void StopAccepting();
  void Drain(std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::http
