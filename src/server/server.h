// Server: the composition root. It makes every part from the Config, wires them by reference,
// starts them in the order in which they depend on each other, and stops them in reverse. Nothing
// imports it but the command line; it has no logic of its own.
//
// Start: data folder and store → journal → features → HTTP listeners → cores run → ready.
// Stop:  not ready → no new connections → sessions told to come back, requests finished (at most
// drain_ms) → journal commits what waits → cores end.
//
// Threading: the main thread.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "server/config.h"

namespace offing::server {

class Server {
 public:
  // Errors name the setting, its value and the way out; nothing is left running.
  static base::Result<std::unique_ptr<Server>> Start(const Config& config, const base::Clock& clock,
                                                     const base::Log& log);
  ~Server();

  uint16_t port() const;  // the one that was bound, for --listen HOST:0
  // To be called every few seconds: looks whether the certificate's files have changed.
  void Look();
  // Takes the certificate as it is now, and opens the access log's path anew.
  void Reload();
  // Blocks until everything has ended. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::server
