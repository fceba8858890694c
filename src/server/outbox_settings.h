// OutboxSettings: the [[outbox]] rules of offing.toml, and what is made of them: the members of
// CONFIG for the worker (spec/outbox.md, "CONFIG"), and the guard's rules (outbox/config.h).
//
// docs/configuration.md is the list for people.
//
// Threading: start-up only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "outbox/config.h"
#include "server/toml_reader.h"
#include "server/worker_settings.h"

namespace offing::server {

inline constexpr size_t kMaxOutboxRules = 100;

struct OutboxRule {
  outbox::Rule guard;
  bool foreign = false;     // of another origin: the guard has no part in it
  bool for_origin = false;  // it says what only an origin of ours gives a meaning
  std::optional<int64_t> expires_ms;
  std::string queued;          // "": the built-in page
  std::string patch_resource;  // "": none
  base::Json member;           // as it stands in CONFIG, without `expires`
};

struct OutboxSettings {
  std::vector<OutboxRule> rules;
};

// Mistakes are the document's.
void ReadOutbox(TomlTable& root, OutboxSettings& settings);

// What the rules must agree with.
struct OutboxSurroundings {
  Origin origin = Origin::kNone;
  int64_t key_age_ms = 0;              // [keys] age
  std::vector<std::string> resources;  // paths of [[resource]]
};
// kInvalidArgument names the rule, the setting, its value and what is allowed.
base::Result<void> CheckOutbox(const OutboxSettings& settings,
                               const OutboxSurroundings& surroundings);

std::vector<outbox::Rule> GuardRules(const OutboxSettings& settings);

// Whether clients may publish to a channel, which takes an outbox without any rule.
enum class ClientPublishes { kNo, kYes };
// Adds `outbox`, `outboxKeys` and the part, if there is a use for them.
void AddOutboxMembers(const OutboxSettings& settings, ClientPublishes publishes, int64_t key_age_ms,
                      base::Json& head);

// The pages that the rules need in the manifest.
std::vector<site::NeededFile> NeededFiles(const OutboxSettings& settings);

}  // namespace offing::server
