// Control: the operator's record about the workers (spec/worker.md, "Control"): read by every
// worker, changed by the signed API, kept in the store, and told to every open connection when it
// changes.
//
//   GET  /_offing/control                      the record, for anybody; no-store
//   GET  /apps/ID/worker                       the same, signed
//   POST /apps/ID/worker {"action":"kill"}     committed --> told --> 200 with how many were told
//
// A change is answered when it is on disk; only then the site's /sw.js changes and anybody is told.
//
// Limits: one change at a time (another one meanwhile: 503, Retry-After).
//
// Threading: any thread; Handle and Call on the exchange's core.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "control/record.h"
#include "http/exchange.h"
#include "http/held_exchange.h"
#include "journal/journal.h"

namespace offing::control {

class Control final : public http::Handler {
 public:
  struct Deps {
    journal::Journal& journal;
    const base::Log& log;
    base::Metrics& metrics;
    // The switch was thrown, or stands so at the start. On the journal's thread, or Load's.
    std::function<void(Workers)> set;
    // Sends a frame to every open connection; `done` gets their number. From any thread.
    std::function<void(std::string frame, std::function<void(size_t)> done)> tell;
  };
  // `app`: whose workers these are, the site's.
  Control(Deps deps, std::string app);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // What the store holds. Before the journal starts. kCorrupt: it is no record.
  base::Result<void> Load(store::Reader& reader);
  // The digest of the server's manifest, now and whenever it changes; a change is told if the
  // latest version is required.
  void SetManifest(std::string digest);

  bool Claims(const http::Request& request) const;
  void Handle(std::unique_ptr<http::Exchange> exchange) override;
  // /apps/{ID}/worker, its signature checked.
  void Call(std::string_view app, std::unique_ptr<http::Exchange> exchange);

  // The frame for a connection that opens; empty if there is nothing to say.
  std::string Greeting() const;

 private:
  http::Response Answer() const;
  void Post(std::unique_ptr<http::Exchange> exchange);
  void Commit(const http::HeldExchange& held, const Change& change);
  void Committed(const http::HeldExchange& held, const Record& before, const Record& next);
  std::string manifest() const;

  const Deps deps_;
  const std::string app_;
  mutable std::mutex mutex_;
  Record record_;  // as it was committed
  std::string manifest_;
  std::shared_ptr<std::atomic<bool>> busy_ = std::make_shared<std::atomic<bool>>(false);
  base::Counter& changes_;
};

}  // namespace offing::control
