// WorkerSettings: what offing.toml says about the worker ([worker], [[route]], [fallback]), and the
// members of CONFIG that are made of it (spec/worker.md).
//
// docs/configuration.md is the list for people.
//
// Threading: start-up only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "server/toml_reader.h"
#include "site/site.h"

namespace offing::server {

enum class WorkerUpdate { kAsk, kAuto };
enum class Preload { kNo, kYes };
enum class RouteDefaults { kNo, kYes };

struct WorkerSettings {
  WorkerUpdate update = WorkerUpdate::kAsk;
  Preload preload = Preload::kYes;
  RouteDefaults defaults = RouteDefaults::kYes;
  std::vector<std::string> logout;
  base::Json routes = base::Json::array();                    // as they stand in CONFIG
  std::vector<std::pair<std::string, std::string>> fallback;  // destination, URL
};

// Mistakes are the document's.
void ReadWorker(TomlTable& root, WorkerSettings& settings);

enum class Origin { kNone, kThere };

// CONFIG's members, `spa` being the URL of [site] spa or "". With an origin and no route of one's
// own the default ones stand there, unless [worker] defaults = false.
base::Json WorkerMembers(const WorkerSettings& settings, const std::string& spa, Origin origin);

// The files that `members` needs in the manifest.
std::vector<site::NeededFile> NeededFiles(const WorkerSettings& settings);

}  // namespace offing::server
