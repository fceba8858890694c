#include "control/record.h"

#include <fmt/format.h>

#include "base/json.h"

namespace offing::control {

namespace {

using base::Code;
using base::Fail;
using base::Json;

constexpr std::string_view kLatest = "latest";
constexpr std::string_view kNone = "none";

Json ToJson(const Record& record) {
  return {{"kill", record.workers == Workers::kKilled},
          {"require", record.require},
          {"revision", record.revision}};
}

// The member as a string, or nullopt.
std::optional<std::string> Text(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_string()) {
    return std::nullopt;
  }
  return object[name].get<std::string>();
}

base::Result<std::string> ReadVersion(const Json& json, std::string_view manifest) {
  const auto version = Text(json, "version");
  if (!version || version->empty()) {
    return Fail(Code::kInvalidArgument,
                "require needs a version: latest, none, or the digest of the server's manifest");
  }
  if (*version == kNone) return std::string();
  if (*version == kLatest || *version == manifest) return *version;
  return Fail(Code::kConflict,
              fmt::format("this server does not have version {}: its manifest is {}; deploy the "
                          "version first, or require latest",
                          *version, manifest));
}

}  // namespace

std::string EncodeRecord(const Record& record) {
  return base::DumpJson(ToJson(record));
}

std::optional<Record> ParseRecord(std::string_view text) {
  const auto json = base::ParseJson(text);
  const auto require = json ? Text(*json, "require") : std::nullopt;
  if (!require || !json->contains("kill") || !(*json)["kill"].is_boolean() ||
      !json->contains("revision") || !(*json)["revision"].is_number_unsigned()) {
    return std::nullopt;
  }
  return Record{(*json)["kill"].get<bool>() ? Workers::kKilled : Workers::kAlive, *require,
                (*json)["revision"].get<uint64_t>()};
}

std::string PublicRecord(const Record& record, std::string_view manifest) {
  Json json = ToJson(record);
  json["manifest"] = manifest;
  return base::DumpJson(json);
}

std::string ControlFrame(const Record& record, std::string_view manifest) {
  return base::DumpJson({{"event", "offing:control"}, {"data", PublicRecord(record, manifest)}});
}

base::Result<Change> ParseChange(std::string_view body, std::string_view manifest) {
  const auto json = base::ParseJson(body);
  if (!json) return std::unexpected(json.error());
  const std::string action = Text(*json, "action").value_or("");
  if (action == "kill") return Change{.workers = Workers::kKilled};
  if (action == "revive") return Change{Workers::kAlive, ""};
  if (action == "require") {
    auto version = ReadVersion(*json, manifest);
    if (!version) return std::unexpected(version.error());
    return Change{.require = std::move(*version)};
  }
  return Fail(Code::kInvalidArgument, "action must be \"kill\", \"revive\" or \"require\"");
}

Record Apply(const Record& record, const Change& change) {
  Record next = record;
  if (change.workers) next.workers = *change.workers;
  if (change.require) next.require = *change.require;
  if (next != record) next.revision += 1;
  return next;
}

}  // namespace offing::control
