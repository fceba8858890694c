#include "server/outbox_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "outbox/path_pattern.h"
#include "server/route_settings.h"
#include "site/manifest.h"
#include "site/site_checks.h"

namespace offing::server {

namespace {

using base::Json;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kWeekMs = 7 * 24 * kHourMs;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kMaxWaitMs = 30'000;  // an attempt takes no longer
constexpr size_t kMaxText = 500;

constexpr auto kMethods = std::to_array<std::string_view>({"POST", "PUT", "PATCH", "DELETE"});

// One of two words; the first is the default, and stands in no CONFIG.
bool IsSecond(TomlTable& table, std::string_view key, std::string_view first,
              std::string_view second) {
  const auto value = table.String(key);
  if (value && *value != first && *value != second) {
    table.Complain(key,
                   fmt::format("\"{}\": \"{}\" (the default) or \"{}\"", *value, first, second));
  }
  return value == second;
}

void ReadMatch(TomlTable& table, OutboxRule& rule) {
  const std::string match = table.String("match").value_or("");
  if (!table.Has("match")) {
    table.Complain("match", "every [[outbox]] needs match, like \"/api/*\"");
  } else if (const auto fault = PatternFault(match); !fault.empty()) {
    table.Complain("match", fmt::format("\"{}\": a pattern {}", match, fault));
  }
  rule.guard.match = match;
  rule.foreign = !match.starts_with('/');
  rule.member["match"] = match;
}

void ReadMethods(TomlTable& table, OutboxRule& rule) {
  if (!table.Has("methods")) {
    rule.guard.methods.assign(kMethods.begin(), kMethods.end());
    return;
  }
  rule.guard.methods = table.Strings("methods");
  for (const std::string& method : rule.guard.methods) {
    if (std::ranges::find(kMethods, method) != kMethods.end()) continue;
    table.Complain("methods",
                   fmt::format("\"{}\": some of \"{}\"", method, fmt::join(kMethods, "\", \"")));
  }
  if (rule.guard.methods.empty()) table.Complain("methods", "names nothing; leave it out");
  rule.member["methods"] = rule.guard.methods;
}

void ReadText(TomlTable& table, const char* key, OutboxRule& rule) {
  const auto text = table.String(key);
  if (!text) return;
  if (text->empty() || text->size() > kMaxText) {
    table.Complain(key, fmt::format("write 1 to {} bytes of text", kMaxText));
  }
  rule.member[key] = *text;
}

void ReadTimes(TomlTable& table, OutboxRule& rule) {
  if (const auto wait = table.DurationMs("wait")) {
    if (*wait > kMaxWaitMs) {
      table.Complain("wait", "an attempt takes 30s at most, so that nothing waits longer for it");
    }
    rule.member["wait"] = *wait;
  }
  rule.expires_ms = table.DurationMs("expires");
  if (rule.expires_ms && *rule.expires_ms < kMinuteMs) {
    table.Complain("expires",
                   "an entry that waits less than a minute is no outbox; write \"1m\" "
                   "or more");
  }
}

void ReadQueued(TomlTable& table, OutboxRule& rule) {
  const auto queued = table.String("queued");
  if (!queued) return;
  const auto path = site::PathOfUrl(*queued);
  if (!path || queued->find_first_of("?#") != std::string::npos) {
    table.Complain("queued",
                   fmt::format("\"{}\": write the path of a page, like \"/queued.html\"", *queued));
    return;
  }
  rule.queued = *queued;
  rule.member["queued"] = site::ListedUrl(*path);
}

// What the guard does with it.
void ReadGuard(TomlTable& table, OutboxRule& rule) {
  rule.guard.lost =
      IsSecond(table, "lost", "retry", "hold") ? outbox::Lost::kHold : outbox::Lost::kRetry;
  const bool required = table.Boolean("require_key").value_or(false);
  rule.guard.key = required ? outbox::KeyNeed::kRequired : outbox::KeyNeed::kOptional;
  if (rule.guard.lost == outbox::Lost::kHold) rule.member["lost"] = "hold";
  rule.for_origin = table.Has("lost") || table.Has("require_key");
  for (const char* key : {"lost", "require_key"}) {
    if (rule.foreign && table.Has(key)) {
      table.Complain(key, "means nothing for another origin: its writes do not come here");
    }
  }
}

void ReadAck(TomlTable& table, OutboxRule& rule) {
  if (!IsSecond(table, "ack", "header", "status")) return;
  if (!rule.foreign) {
    table.Complain("ack",
                   "\"status\" is for another origin; this server's answers carry "
                   "Idempotency-Status, and others come from somebody in between");
  }
  rule.member["ack"] = "status";
}

void ReadCoalesce(TomlTable& table, OutboxRule& rule) {
  if (!table.Boolean("coalesce").value_or(false)) return;
  const bool whole = std::ranges::all_of(rule.guard.methods, [](const std::string& method) {
    return method == "PUT" || method == "PATCH";
  });
  if (!whole) {
    table.Complain("coalesce",
                   "the last of several counts only where each replaces the one "
                   "before: write methods = [\"PUT\"], or PATCH as well");
  }
  rule.member["coalesce"] = true;
}

void ReadPatch(TomlTable& table, OutboxRule& rule) {
  table.Table("patch", [&rule](TomlTable& patch) {
    const std::string resource = patch.String("resource").value_or("");
    const std::string event = patch.String("event").value_or("");
    if (!resource.starts_with('/')) {
      patch.Complain("resource", "patch needs the path of a [[resource]]");
    }
    if (event.empty() || event.size() > kMaxText) {
      patch.Complain("event", "patch needs the name of the event that the write will become");
    }
    rule.patch_resource = resource;
    rule.member["patch"] = {{"resource", resource}, {"event", event}};
  });
}

OutboxRule ReadRule(TomlTable& table) {
  OutboxRule rule;
  rule.member = Json::object();
  ReadMatch(table, rule);
  ReadMethods(table, rule);
  ReadText(table, "lane", rule);
  ReadTimes(table, rule);
  ReadQueued(table, rule);
  ReadGuard(table, rule);
  ReadAck(table, rule);
  if (IsSecond(table, "reject", "continue", "halt")) rule.member["reject"] = "halt";
  ReadCoalesce(table, rule);
  ReadText(table, "notify", rule);
  ReadPatch(table, rule);
  return rule;
}

std::unexpected<base::Error> Wrong(const OutboxRule& rule, std::string_view setting,
                                   std::string_view why) {
  return base::Fail(base::Code::kInvalidArgument, fmt::format("[[outbox]] match = \"{}\": {} {}",
                                                              rule.guard.match, setting, why));
}

int64_t LongestLife(int64_t key_age_ms) {
  return key_age_ms - kHourMs;
}

}  // namespace

void ReadOutbox(TomlTable& root, OutboxSettings& settings) {
  root.Tables("outbox",
              [&settings](TomlTable& table) { settings.rules.push_back(ReadRule(table)); });
  if (settings.rules.size() > kMaxOutboxRules) {
    root.Complain("outbox",
                  fmt::format("{} of them: at most {}", settings.rules.size(), kMaxOutboxRules));
  }
}

base::Result<void> CheckOutbox(const OutboxSettings& settings,
                               const OutboxSurroundings& surroundings) {
  for (const OutboxRule& rule : settings.rules) {
    if (LongestLife(surroundings.key_age_ms) < kMinuteMs) {
      return Wrong(rule, "is of no use",
                   "with a [keys] age of less than an hour and a minute: entries expire an hour "
                   "before their keys are forgotten");
    }
    if (rule.expires_ms.value_or(0) > LongestLife(surroundings.key_age_ms)) {
      return Wrong(rule, "expires",
                   "is more than [keys] age less an hour: a write that is sent later would not be "
                   "known again; shorten it, or keep keys for longer");
    }
    if (rule.for_origin && surroundings.origin == Origin::kNone) {
      return Wrong(rule, "lost and require_key",
                   "say what is done in front of an origin: name one with --origin, or leave them "
                   "out");
    }
    if (rule.patch_resource.empty()) continue;
    const bool there = std::ranges::any_of(surroundings.resources, [&rule](const auto& path) {
      return path == rule.patch_resource || outbox::MatchesPath(path, rule.patch_resource);
    });
    if (!there) return Wrong(rule, "patch.resource", "is the path of no [[resource]]");
  }
  return {};
}

std::vector<outbox::Rule> GuardRules(const OutboxSettings& settings) {
  std::vector<outbox::Rule> rules;
  for (const OutboxRule& rule : settings.rules) {
    if (!rule.foreign) rules.push_back(rule.guard);
  }
  return rules;
}

void AddOutboxMembers(const OutboxSettings& settings, ClientPublishes publishes, int64_t key_age_ms,
                      Json& head) {
  if (settings.rules.empty() && publishes == ClientPublishes::kNo) return;
  head["parts"].push_back("outbox");
  head["outboxKeys"] = key_age_ms;
  Json rules = Json::array();
  for (const OutboxRule& rule : settings.rules) {
    Json member = rule.member;
    const int64_t most = LongestLife(key_age_ms);
    if (rule.expires_ms || most < kWeekMs) member["expires"] = rule.expires_ms.value_or(most);
    rules.push_back(std::move(member));
  }
  if (!rules.empty()) head["outbox"] = std::move(rules);
}

std::vector<site::NeededFile> NeededFiles(const OutboxSettings& settings) {
  std::vector<site::NeededFile> needed;
  for (const OutboxRule& rule : settings.rules) {
    if (!rule.queued.empty()) needed.push_back({rule.queued, "[[outbox]] queued"});
  }
  return needed;
}

}  // namespace offing::server
