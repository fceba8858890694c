#include "server/route_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace offing::server {

namespace {

using base::Json;

constexpr int64_t kMostEntries = 100'000;
constexpr int64_t kMostPriority = 1'000;

constexpr auto kStrategies =
    std::to_array<std::string_view>({"cache-first", "network-first", "stale-while-revalidate",
                                     "cache-only", "network-only", "cache-and-update"});
constexpr auto kMethods =
    std::to_array<std::string_view>({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"});
constexpr auto kDestinations = std::to_array<std::string_view>(
    {"document", "script", "style", "font", "image", "audio", "video", "track", "manifest", "empty",
     "embed", "object", "worker", "sharedworker", "json"});

bool Has(const auto& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

bool IsWordChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsCacheName(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::ranges::all_of(name, [](char c) { return IsWordChar(c) || c == '-' || c == '.'; });
}

// "https://host" or "https://host:port", in the form in which a browser writes it.
bool IsOrigin(std::string_view text) {
  const bool secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://")) return false;
  const std::string_view host = text.substr(secure ? 8 : 7);
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (IsWordChar(c) && !(c >= 'A' && c <= 'Z')) || std::string_view("-.:[]*").contains(c);
  });
}

void ReadMatch(TomlTable& table, Json& route) {
  const std::string match = table.String("match").value_or("");
  if (!table.Has("match")) {
    table.Complain("match", "every [[route]] needs match and strategy, like \"/img/*\"");
  } else if (const auto fault = PatternFault(match); !fault.empty()) {
    table.Complain("match", fmt::format("\"{}\": a pattern {}", match, fault));
  }
  route["match"] = match;
}

void ReadNames(TomlTable& table, std::string_view key, const auto& allowed, Json& route) {
  if (!table.Has(key)) return;
  Json names = Json::array();
  for (const std::string& name : table.Strings(key)) {
    if (!Has(allowed, name)) {
      table.Complain(key, fmt::format("\"{}\": one of \"{}\"", name, fmt::join(allowed, "\", \"")));
    }
    names.push_back(name == "empty" ? "" : name);  // as Request.destination says it
  }
  if (names.empty()) table.Complain(key, "names nothing; leave it out");
  route[std::string(key)] = std::move(names);
}

void ReadStrategy(TomlTable& table, Json& route) {
  const std::string strategy = table.String("strategy").value_or("");
  if (!Has(kStrategies, strategy)) {
    table.Complain("strategy", fmt::format("\"{}\": one of \"{}\"", strategy,
                                           fmt::join(kStrategies, "\", \"")));
  }
  route["strategy"] = strategy;
  const bool kept = strategy != "network-only";
  if (kept && route.contains("methods") && route["methods"] != Json::array({"GET"})) {
    table.Complain("methods", fmt::format("strategy \"{}\" keeps answers to GET only; for other "
                                          "methods write strategy = \"network-only\"",
                                          strategy));
  }
}

// A setting that means nothing with this strategy is a mistake.
void Refuse(TomlTable& table, std::string_view key, std::string_view strategy) {
  if (!table.Has(key)) return;
  table.Complain(key, fmt::format("means nothing with strategy \"{}\"", strategy));
}

void ReadTypes(TomlTable& table, Json& route) {
  if (!table.Has("types")) return;
  route["types"] = table.Strings("types");
  for (const std::string type : route["types"]) {
    const size_t slash = type.find('/');
    const bool good = slash != std::string::npos && slash > 0 && slash + 1 < type.size() &&
                      type.find_first_of(" ;,") == std::string::npos;
    if (!good) table.Complain("types", fmt::format("\"{}\": write \"image/*\" or \"a/b\"", type));
  }
}

// What is kept, how much, for how long and for whom.
void ReadKeeping(TomlTable& table, Json& route) {
  if (const auto name = table.String("cache")) {
    if (!IsCacheName(*name)) {
      table.Complain("cache",
                     fmt::format("\"{}\": a name of 1 to 64 letters, digits, -, _ and .", *name));
    }
    route["cache"] = *name;
  }
  if (const auto entries = table.Integer("entries", 1, kMostEntries)) route["entries"] = *entries;
  if (const auto age = table.DurationMs("age")) route["age"] = *age;
  if (const auto bytes = table.Size("bytes")) route["bytes"] = *bytes;
  if (const auto priority = table.Integer("priority", -kMostPriority, kMostPriority)) {
    route["priority"] = *priority;
  }
  ReadTypes(table, route);
}

void ReadFlag(TomlTable& table, std::string_view key, const char* member, Json& route) {
  if (table.Boolean(key).value_or(false)) route[member] = true;
}

}  // namespace

std::string_view PatternFault(std::string_view match) {
  std::string_view path = match;
  if (!match.starts_with('/')) {
    const size_t host = match.find("://");
    const size_t slash = host == std::string_view::npos ? host : match.find('/', host + 3);
    if (slash == std::string_view::npos || !IsOrigin(match.substr(0, slash))) {
      return "begins with /, or with an origin like https://fonts.example/";
    }
    path = match.substr(slash);
  }
  if (path.find_first_of("?# ") != std::string_view::npos) return "has no query, # or blank";
  for (size_t at = path.find("/:"); at != std::string_view::npos; at = path.find("/:", at + 1)) {
    const bool named = at + 2 < path.size() && IsWordChar(path[at + 2]) &&
                       !(path[at + 2] >= '0' && path[at + 2] <= '9');
    if (!named) return "has a name behind each :, like /rooms/:id";
  }
  return "";
}

bool IsDestination(std::string_view name) {
  return Has(kDestinations, name);
}

std::string Destinations() {
  return fmt::format("\"{}\"", fmt::join(kDestinations, "\", \""));
}

Json ReadRoute(TomlTable& table) {
  Json route = Json::object();
  ReadMatch(table, route);
  ReadNames(table, "methods", kMethods, route);
  ReadNames(table, "destination", kDestinations, route);
  ReadStrategy(table, route);
  const std::string strategy = route["strategy"];
  if (strategy == "network-only") {
    for (const char* key : {"cache", "entries", "age", "bytes", "priority", "types", "per_user",
                            "opaque", "ignore_search"}) {
      Refuse(table, key, strategy);
    }
  }
  if (strategy != "network-first") Refuse(table, "timeout", strategy);
  if (const auto timeout = table.DurationMs("timeout")) route["timeout"] = *timeout;
  ReadKeeping(table, route);
  ReadFlag(table, "per_user", "perUser", route);
  ReadFlag(table, "opaque", "opaque", route);
  ReadFlag(table, "ignore_search", "ignoreSearch", route);
  return route;
}

}  // namespace offing::server
