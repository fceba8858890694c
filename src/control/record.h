// Record: what the operator wants of every browser's worker (spec/worker.md, "Control"): the kill
// switch, and the version that workers have to be.
//
// Threading: values; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offing::control {

enum class Workers { kAlive, kKilled };

struct Record {
  Workers workers = Workers::kAlive;
  std::string require;    // empty: any; "latest"; or a manifest's digest
  uint64_t revision = 0;  // counts the changes

  friend bool operator==(const Record&, const Record&) = default;
};

// As the store keeps it.
std::string EncodeRecord(const Record& record);
// nullopt: EncodeRecord did not write this.
std::optional<Record> ParseRecord(std::string_view text);

// As workers read it: {"kill":…,"require":…,"revision":…,"manifest":…}.
std::string PublicRecord(const Record& record, std::string_view manifest);
// The same as a frame of the socket, {"event":"offing:control","data":"…"}.
std::string ControlFrame(const Record& record, std::string_view manifest);

// One change as the API takes it; what is not set stays.
struct Change {
  std::optional<Workers> workers;
  std::optional<std::string> require;
};

// {"action":"kill"}, {"action":"revive"} (which ends a requirement too) or
// {"action":"require","version":…}. kInvalidArgument says what is allowed. kConflict: the version
// is not the server's present `manifest`: no worker could become it.
base::Result<Change> ParseChange(std::string_view body, std::string_view manifest);

// The record after the change; its revision is one more only if something is different.
Record Apply(const Record& record, const Change& change);

}  // namespace offing::control
