#include "control/control.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"

namespace offing::control {

namespace {

constexpr std::string_view kPath = "/_offing/control";
constexpr std::string_view kSetting = "worker";

http::Response Refusal(const base::Error& error) {
  return http::ErrorResponse(error.code == base::Code::kConflict ? 409 : 400, error.detail);
}

std::string Describe(const Record& record) {
  std::string text = record.workers == Workers::kKilled ? "killed" : "alive";
  if (!record.require.empty()) text += ", required to be " + record.require;
  return fmt::format("{} (revision {})", text, record.revision);
}

}  // namespace

Control::Control(Deps deps, std::string app)
    : deps_(std::move(deps)),
      app_(std::move(app)),
      changes_(deps_.metrics.AddCounter("offing_worker_control_changes_total",
                                        "Changes of what the operator wants of the workers.")) {}

base::Result<void> Control::Load(store::Reader& reader) {
  const auto found = reader.FindSetting(app_, kSetting);
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  const auto record = ParseRecord((*found)->body);
  if (!record) {
    return base::Fail(base::Code::kCorrupt,
                      "what the store says of the workers cannot be read: " + (*found)->body);
  }
  {
    const std::lock_guard lock(mutex_);
    record_ = *record;
  }
  if (record->workers == Workers::kKilled) {
    deps_.log.Warning("the workers are killed: /sw.js removes them; offing worker revive ends it");
    deps_.set(Workers::kKilled);
  }
  return {};
}

void Control::SetManifest(std::string digest) {
  std::string frame;
  {
    const std::lock_guard lock(mutex_);
    if (manifest_ == digest) return;
    manifest_ = std::move(digest);
    if (record_.require == "latest") frame = ControlFrame(record_, manifest_);
  }
  if (!frame.empty()) deps_.tell(std::move(frame), [](size_t) {});
}

bool Control::Claims(const http::Request& request) const {
  return request.path == kPath && !request.wants_websocket;
}

http::Response Control::Answer() const {
  const std::lock_guard lock(mutex_);
  http::Response response = http::JsonResponse(200, PublicRecord(record_, manifest_));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

void Control::Handle(std::unique_ptr<http::Exchange> exchange) {
  exchange->Send(http::IsRead(exchange->request()) ? Answer() : http::NotAllowed("GET, HEAD"));
}

void Control::Call(std::string_view app, std::unique_ptr<http::Exchange> exchange) {
  if (app != app_) {
    return exchange->Send(
        http::ErrorResponse(404, fmt::format("the workers of this server belong to app {}", app_)));
  }
  const std::string& method = exchange->request().method;
  if (method == "GET") return exchange->Send(Answer());
  if (method == "POST") return Post(std::move(exchange));
  exchange->Send(http::NotAllowed("GET, POST"));
}

void Control::Post(std::unique_ptr<http::Exchange> exchange) {
  const auto change = ParseChange(exchange->request().body, manifest());
  if (!change) return exchange->Send(Refusal(change.error()));
  if (busy_->exchange(true)) {
    return exchange->Send(http::Unavailable("another change is under way"));
  }
  Commit(http::HeldExchange(std::move(exchange)), *change);
}

void Control::Commit(const http::HeldExchange& held, const Change& change) {
  // Gives the turn back when the change is over or dropped.
  std::shared_ptr<void> turn(nullptr, [busy = busy_](void*) { *busy = false; });
  struct Step {
    Record before;
    Record next;
  };
  auto step = std::make_shared<Step>();
  deps_.journal.Run([this, step, change](store::Reader&, store::Batch& batch) {
    {
      const std::lock_guard lock(mutex_);
      step->before = record_;
    }
    step->next = Apply(step->before, change);
    batch.settings.push_back({app_, std::string(kSetting), EncodeRecord(step->next)});
  });
  // Runs once that is committed, or has failed.
  deps_.journal.Run([this, step, turn, held](store::Reader& reader, store::Batch&) {
    const auto found = reader.FindSetting(app_, kSetting);
    if (!found || !*found || (*found)->body != EncodeRecord(step->next)) {
      deps_.log.Error("what the operator wants of the workers could not be stored");
      return held.Answer([](std::unique_ptr<http::Exchange> home) {
        home->Send(http::Unavailable("it could not be stored; nothing was changed"));
      });
    }
    Committed(held, step->before, step->next);
  });
}

void Control::Committed(const http::HeldExchange& held, const Record& before, const Record& next) {
  std::string manifest;
  {
    const std::lock_guard lock(mutex_);
    record_ = next;
    manifest = manifest_;
  }
  changes_.Add();
  if (before.workers != next.workers) deps_.set(next.workers);
  deps_.tell(ControlFrame(next, manifest), [this, held, next, manifest,
                                            changed = before != next](size_t told) {
    deps_.log.Info(fmt::format("workers: {}; {} connections told", Describe(next), told));
    base::Json json = base::ParseJson(PublicRecord(next, manifest)).value();
    json["changed"] = changed;
    json["told"] = told;
    held.Answer([text = base::DumpJson(json)](std::unique_ptr<http::Exchange> home) {
      home->Send(http::JsonResponse(200, text));
    });
  });
}

std::string Control::Greeting() const {
  const std::lock_guard lock(mutex_);
  if (record_.workers == Workers::kAlive && record_.require.empty()) return "";
  return ControlFrame(record_, manifest_);
}

std::string Control::manifest() const {
  const std::lock_guard lock(mutex_);
  return manifest_;
}

}  // namespace offing::control
