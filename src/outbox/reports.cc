#include "outbox/reports.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "http/problem.h"

namespace offing::outbox {

namespace {

using base::Json;

constexpr std::string_view kPath = "/_offing/outbox/reports";
constexpr int64_t kDayMs = 24 * 3600 * 1000;
constexpr uint64_t kBeyond = ~uint64_t{0};  // more than any log has
constexpr uint64_t kMaxRows = 1'000;
constexpr uint64_t kMaxViewBytes = 4 << 20;
constexpr size_t kMaxNoted = 10'000;

std::string Name(const std::string& user, const std::string& key) {
  return user + '\n' + key;
}

Json Row(const Errand& errand) {
  return {{"key", errand.key},       {"method", errand.method}, {"url", errand.target},
          {"client", errand.client}, {"lane", errand.lane},     {"since", errand.at_ms}};
}

std::string View(const std::vector<Errand>& outstanding, const std::vector<Report>& reports) {
  Json rows = Json::array();
  for (const Errand& errand : outstanding) rows.push_back(Row(errand));
  std::string text =
      "{\"outstanding\":" + rows.dump(-1, ' ', false, Json::error_handler_t::replace) +
      ",\"reports\":[";
  for (size_t i = 0; i < reports.size(); ++i) {
    text += (i == 0 ? "" : ",") + EncodeReport(reports[i]);
  }
  return text + "]}";
}

http::Response Uncached(http::Response response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

store::Retention ReportsRetention() {
  return {.age_ms = 30 * kDayMs, .events = 10'000, .bytes = 64 << 20};
}

Reports::Reports(Deps deps, ReportsConfig config)
    : deps_(deps),
      config_(std::move(config)),
      rates_({config_.per_second, config_.burst, config_.max_reporters}),
      outstanding_([](size_t) { return std::vector<Errand>(); }),
      told_(deps_.metrics.AddCounter("offing_outbox_reports_total",
                                     "Writes that need a person, as workers or the guard told.")),
      limited_(deps_.metrics.AddCounter("offing_outbox_reports_limited_total",
                                        "Reports refused: too many, or too long.")) {}

bool Reports::Claims(const http::Request& request) const {
  return request.path == kPath && !request.wants_websocket;
}

void Reports::Handle(std::unique_ptr<http::Exchange> exchange) {
  const http::Request& request = exchange->request();
  if (request.method != "POST") return exchange->Send(http::NotAllowed("POST"));
  if (request.body.size() > config_.max_report_bytes) {
    limited_.Add();
    return exchange->Send(http::ErrorResponse(
        413, fmt::format("a report has at most {} bytes", config_.max_report_bytes)));
  }
  if (!pages_.Allows(request)) {
    return exchange->Send(http::ProblemResponse(http::Problem::kNotAllowed,
                                                "a page of another origin reports nothing here"));
  }
  net::Core& core = exchange->core();
  const http::HeldExchange held(std::move(exchange));
  deps_.authenticator.Identify(request, core, [this, held](const auto& who) {
    held.Answer([this, who](std::unique_ptr<http::Exchange> home) { OnWho(std::move(home), who); });
  });
}

void Reports::OnWho(std::unique_ptr<http::Exchange> exchange,
                    const base::Result<auth::Authenticator::Who>& who) {
  if (!who && who.error().code != base::Code::kUnsupported) {
    return exchange->Send(auth::Refusal(who.error()));
  }
  const std::string user = who && *who ? (*who)->user : "";
  const http::Request& request = exchange->request();
  if (!rates_.Take(user.empty() ? "@" + request.peer_address : user, deps_.clock.SteadyMs())) {
    limited_.Add();
    return exchange->Send(
        http::ProblemResponse(http::Problem::kTooMany, "too many reports; come back in a second"));
  }
  auto report = ParseReport(request.body);
  if (!report) return exchange->Send(http::ErrorResponse(400, report.error().detail));
  report->user = user;
  const http::HeldExchange held(std::move(exchange));
  Keep(*report, [held](const base::Result<journal::Receipt>& done) {
    held.Answer([kept = done.has_value()](std::unique_ptr<http::Exchange> home) {
      home->Send(kept ? http::Response{.status = 204} : http::Unavailable("it cannot be kept now"));
    });
  });
}

void Reports::Keep(const Report& report, journal::Journal::Done done) {
  Report seen = report;
  seen.seen_ms = deps_.clock.WallMs();
  journal::Publication publication;
  publication.events.push_back({.log = {config_.app, std::string(kReportsLog)},
                                .name = seen.state,
                                .data = EncodeReport(seen)});
  told_.Add();
  deps_.journal.Append(std::move(publication), std::move(done));
}

void Reports::NoteUnknown(const Errand& errand, const std::string& user) {
  {
    const std::lock_guard lock(mutex_);
    if (noted_.size() >= kMaxNoted) noted_.clear();  // told twice is folded
    if (!noted_.insert(Name(user, errand.key)).second) return;
  }
  Keep({.id = errand.key,
        .state = "unknown",
        .method = errand.method,
        .url = errand.target,
        .lane = errand.lane,
        .client = errand.client,
        .user = user,
        .problem = std::string(http::ProblemName(http::Problem::kOutcomeUnknown)),
        .at_ms = errand.at_ms},
       [](const auto&) {});
}

void Reports::NoteSettled(const std::string& user, const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    noted_.erase(Name(user, key));
  }
  Keep({.id = key, .state = "settled", .user = user}, [](const auto&) {});
}

void Reports::Call(std::string_view app, std::unique_ptr<http::Exchange> exchange) {
  if (app != config_.app) {
    return exchange->Send(http::ErrorResponse(
        404, fmt::format("the outbox of this server belongs to app {}", config_.app)));
  }
  if (exchange->request().method != "GET") return exchange->Send(http::NotAllowed("GET"));
  const http::HeldExchange held(std::move(exchange));
  deps_.journal.Read({config_.app, std::string(kReportsLog)}, kBeyond, 1, 1,
                     [this, held](const base::Result<store::Page>& page) {
                       const uint64_t head = page ? page->state.head : 0;
                       ReadView(held, head > kMaxRows ? head - kMaxRows : 0);
                     });
}

void Reports::ReadView(const http::HeldExchange& held, uint64_t after) {
  deps_.journal.Read(
      {config_.app, std::string(kReportsLog)}, after, kMaxRows, kMaxViewBytes,
      [this, held](const base::Result<store::Page>& page) {
        http::Response response =
            page ? http::JsonResponse(200, View(outstanding_(kMaxRows), Fold(page->events)))
                 : http::Unavailable("the reports cannot be read now");
        held.Answer([response = Uncached(std::move(response))](
                        std::unique_ptr<http::Exchange> home) { home->Send(response); });
      });
}

}  // namespace offing::outbox
