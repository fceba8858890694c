// Reports: what workers tell of writes that need a person, and what the guard knows of those whose
// outcome nobody does; and the operator's view of both.
//
//   POST /_offing/outbox/reports   {"entry": {id, lane, url, method, state, status, problem, at}},
//                                  204 once it is on disk
//   GET  /apps/ID/outbox           (signed) {"outstanding": [...], "reports": [...]}
//
// Reports are the events of a log that no client can name (kReportsLog is no channel's name), and
// are kept as Retention() says: the newest 10,000, for 30 days.
//
// Limits (ReportsConfig): a report's bytes (413) and texts (cut), reports of one user or address
// (429; offing_outbox_reports_limited_total), 1,000 rows of each kind in the view.
//
// Threading: any thread; Handle and Call on the exchange's core.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/rate_table.h"
#include "http/cross_origin.h"
#include "http/exchange.h"
#include "http/held_exchange.h"
#include "journal/journal.h"
#include "outbox/config.h"
#include "outbox/outstanding.h"
#include "outbox/report.h"

namespace offing::outbox {

inline constexpr std::string_view kReportsLog = "offing:outbox";
store::Retention ReportsRetention();

class Reports final : public http::Handler {
 public:
  struct Deps {
    journal::Journal& journal;
    auth::Authenticator& authenticator;
    const base::Clock& clock;
    base::Metrics& metrics;
  };
  Reports(Deps deps, ReportsConfig config);
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  bool Claims(const http::Request& request) const;
  void Handle(std::unique_ptr<http::Exchange> exchange) override;

  // What is under way, for the view. Before the cores run.
  using ListOutstanding = std::function<std::vector<Errand>(size_t most)>;
  void SetOutstanding(ListOutstanding list) { outstanding_ = std::move(list); }
  // /apps/{ID}/outbox, its signature checked.
  void Call(std::string_view app, std::unique_ptr<http::Exchange> exchange);

  // A write waits for a person; `user` "" is nobody whom we know. Told again it is not kept again.
  void NoteUnknown(const Errand& errand, const std::string& user);
  // It was decided.
  void NoteSettled(const std::string& user, const std::string& key);

 private:
  void OnWho(std::unique_ptr<http::Exchange> exchange,
             const base::Result<auth::Authenticator::Who>& who);
  void Keep(const Report& report, journal::Journal::Done done);
  void ReadView(const http::HeldExchange& held, uint64_t after);

  const Deps deps_;
  const ReportsConfig config_;
  const http::CrossOrigin pages_{{}};
  base::RateTable rates_;
  ListOutstanding outstanding_;
  std::mutex mutex_;
  std::unordered_set<std::string> noted_;  // unknown ones, so that each is told once
  base::Counter& told_;
  base::Counter& limited_;
};

}  // namespace offing::outbox
