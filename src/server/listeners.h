// Listeners: what the server listens on, and what belongs to that: the port of --listen (HTTP, or
// HTTPS with a certificate), the port in the clear that redirects to it, the certificate and the
// access log.
//
// Threading: the main thread; StopAccepting and Drain post to the cores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"
#include "net/core.h"
#include "net/tls.h"
#include "server/config.h"

namespace offing::server {

class Listeners {
 public:
  struct Deps {
    std::vector<net::Core*> cores;
    http::Handler& handler;
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
  };
  // Before the cores run. Errors name the setting, its value and the way out.
  static base::Result<std::unique_ptr<Listeners>> Open(const Config& config, Deps deps);
  ~Listeners();

  uint16_t port() const;
  std::string url() const;        // "https://127.0.0.1:8443", for the log
  std::string redirects() const;  // "127.0.0.1:8080", or "" without

  // Looks whether the certificate's files have changed.
  void Look();
  // Takes the certificate as it is now, and opens the access log's path anew.
  void Reload();

  void StopAccepting();
  // `done` runs on some core when no HTTP exchange is left.
  void Drain(std::function<void()> done);

 private:
  class Impl;
  explicit Listeners(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace offing::server
