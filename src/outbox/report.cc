#include "outbox/report.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/json.h"
#include "http/write_key.h"

namespace offing::outbox {

namespace {

using base::Json;

constexpr auto kTold = std::to_array<std::string_view>({"rejected", "conflict", "expired", "held"});
constexpr std::string_view kSettled = "settled";

std::string Cut(std::string text) {
  if (text.size() <= kMaxReportText) return text;
  size_t end = kMaxReportText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::string Text(const Json& entry, const char* name) {
  const auto found = entry.find(name);
  return found != entry.end() && found->is_string() ? Cut(found->get<std::string>()) : "";
}

int64_t Number(const Json& entry, const char* name) {
  const auto found = entry.find(name);
  if (found == entry.end() || !found->is_number()) return 0;
  const double value = found->get<double>();
  const bool fits = value > -9e15 && value < 9e15;
  return fits ? static_cast<int64_t>(value) : 0;
}

std::unexpected<base::Error> Bad(std::string why) {
  return base::Fail(base::Code::kInvalidArgument, std::move(why));
}

// The members that a worker and the log's records have in common.
Report ReadEntry(const Json& entry) {
  return {.id = Text(entry, "id"),
          .state = Text(entry, "state"),
          .method = Text(entry, "method"),
          .url = Text(entry, "url"),
          .lane = Text(entry, "lane"),
          .status = Number(entry, "status"),
          .problem = Text(entry, "problem"),
          .at_ms = Number(entry, "at")};
}

}  // namespace

base::Result<Report> ParseReport(std::string_view body) {
  const auto json = base::ParseJson(body);
  if (!json) return std::unexpected(json.error());
  if (!json->is_object() || !json->contains("entry") || !(*json)["entry"].is_object()) {
    return Bad("a report is {\"entry\": {...}}");
  }
  Report report = ReadEntry((*json)["entry"]);
  if (report.id.empty() || report.id.size() > http::kMaxKeyBytes) {
    return Bad("entry.id is a key of 1 to 200 characters");
  }
  if (std::ranges::find(kTold, report.state) == kTold.end()) {
    return Bad("entry.state is rejected, conflict, expired or held");
  }
  return report;
}

std::string EncodeReport(const Report& report) {
  const Json json = {{"id", report.id},     {"state", report.state},   {"method", report.method},
                     {"url", report.url},   {"lane", report.lane},     {"client", report.client},
                     {"user", report.user}, {"status", report.status}, {"problem", report.problem},
                     {"at", report.at_ms},  {"seen", report.seen_ms}};
  // What the guard puts in may be any bytes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Report> DecodeReport(std::string_view text) {
  const auto json = base::ParseJson(text);
  if (!json || !json->is_object()) return std::nullopt;
  Report report = ReadEntry(*json);
  report.client = Text(*json, "client");
  report.user = Text(*json, "user");
  report.seen_ms = Number(*json, "seen");
  if (report.id.empty() || report.state.empty()) return std::nullopt;
  return report;
}

std::vector<Report> Fold(std::span<const store::Event> events) {
  std::map<std::pair<std::string, std::string>, size_t> places;
  std::vector<std::optional<Report>> told;
  for (const store::Event& event : events) {
    auto report = DecodeReport(event.data);
    if (!report) continue;
    const auto [place, is_new] = places.try_emplace({report->user, report->id}, told.size());
    if (!is_new) {
      told[place->second].reset();
      place->second = told.size();
    }
    told.push_back(std::move(report));
  }
  std::vector<Report> last;
  for (auto at = told.rbegin(); at != told.rend(); ++at) {
    if (*at && (*at)->state != kSettled) last.push_back(std::move(**at));
  }
  return last;
}

}  // namespace offing::outbox
