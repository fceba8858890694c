#include "server/worker_settings.h"

#include <fmt/format.h>

#include "proto/uri.h"
#include "server/route_settings.h"
#include "site/manifest.h"
#include "site/site_checks.h"

namespace offing::server {

namespace {

using base::Json;

void ReadTable(TomlTable& table, WorkerSettings& settings) {
  const std::string update = table.String("update").value_or("ask");
  if (update != "ask" && update != "auto") {
    table.Complain("update", fmt::format("\"{}\": one of \"ask\", \"auto\"", update));
  }
  settings.update = update == "auto" ? WorkerUpdate::kAuto : WorkerUpdate::kAsk;
  settings.preload = table.Boolean("preload").value_or(true) ? Preload::kYes : Preload::kNo;
  settings.defaults =
      table.Boolean("defaults").value_or(true) ? RouteDefaults::kYes : RouteDefaults::kNo;
  settings.logout = table.Strings("logout");
  for (const std::string& path : settings.logout) {
    if (path.starts_with('/') && path.find_first_of("?#") == std::string::npos) continue;
    table.Complain("logout", fmt::format("\"{}\": write a path, like \"/logout\"", path));
  }
}

// The URL under which the manifest has the file that answers `url`.
std::string Listed(const std::string& url) {
  const auto path = site::PathOfUrl(url);
  return path ? site::ListedUrl(*path) : url;
}

void ReadFallback(TomlTable& root, WorkerSettings& settings) {
  settings.fallback = root.StringMap("fallback");
  for (const auto& [destination, url] : settings.fallback) {
    if (!IsDestination(destination) || destination == "empty") {
      root.Complain("fallback", fmt::format("\"{}\": one of {}", destination, Destinations()));
    } else if (!site::PathOfUrl(url) || url.find_first_of("?#") != std::string::npos) {
      root.Complain("fallback", fmt::format("{} = \"{}\": write the path of a file of the site, "
                                            "like \"/offline.html\"",
                                            destination, url));
    }
  }
}

Json DefaultRoutes() {
  return Json::array({
      {{"match", "/*"},
       {"destination", {"document"}},
       {"strategy", "network-first"},
       {"cache", "pages"},
       {"entries", 100},
       {"types", {"text/html"}}},
      {{"match", "/*"},
       {"destination", {"script", "style", "font", "image"}},
       {"strategy", "stale-while-revalidate"},
       {"cache", "assets"},
       {"entries", 500}},
  });
}

}  // namespace

void ReadWorker(TomlTable& root, WorkerSettings& settings) {
  root.Table("worker", [&settings](TomlTable& table) { ReadTable(table, settings); });
  root.Tables("route",
              [&settings](TomlTable& table) { settings.routes.push_back(ReadRoute(table)); });
  if (settings.routes.size() > kMaxRoutes) {
    root.Complain("route",
                  fmt::format("{} of them: at most {}", settings.routes.size(), kMaxRoutes));
  }
  ReadFallback(root, settings);
}

Json WorkerMembers(const WorkerSettings& settings, const std::string& spa, Origin origin) {
  Json members = Json::object();
  members["update"] = settings.update == WorkerUpdate::kAuto ? "auto" : "ask";
  members["preload"] = settings.preload == Preload::kYes;
  if (!settings.logout.empty()) members["logout"] = settings.logout;
  const bool by_default = origin == Origin::kThere && settings.routes.empty() &&
                          settings.defaults == RouteDefaults::kYes;
  Json routes = by_default ? DefaultRoutes() : settings.routes;
  if (!routes.empty() || !settings.fallback.empty()) members["parts"] = Json::array({"routes"});
  if (!routes.empty()) members["routes"] = std::move(routes);
  for (const auto& [destination, url] : settings.fallback) {
    members["fallback"][destination] = Listed(url);
  }
  if (!spa.empty()) members["spa"] = Listed(spa);
  return members;
}

std::vector<site::NeededFile> NeededFiles(const WorkerSettings& settings) {
  std::vector<site::NeededFile> needed;
  for (const auto& [destination, url] : settings.fallback) {
    needed.push_back({url, "[fallback] " + destination});
  }
  return needed;
}

}  // namespace offing::server
