#include "live/resource_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/digest.h"
#include "live/pattern.h"
#include "live/value.h"

namespace offing::live {

namespace {

using base::Code;
using base::Fail;
using base::Json;
using base::Result;

// The rules of spec/live-resources.md that a fingerprint stands for.
constexpr std::string_view kFoldVersion = "fold-1";

// An error about one setting of the definition with this path.
auto Refuse(const ResourceSettings& settings, std::string_view setting, std::string_view value,
            std::string_view why) {
  std::string text = fmt::format("[[resource]] path = \"{}\": ", settings.path);
  if (setting != "path") text += fmt::format("{} = \"{}\": ", setting, value);
  return Fail(Code::kInvalidArgument, text + std::string(why));
}

Result<void> CompilePath(const ResourceSettings& settings, Resource& out) {
  auto pattern = ParsePathPattern(settings.path);
  if (!pattern) return Refuse(settings, "path", settings.path, pattern.error().detail);
  if (settings.path == "/sw.js" || settings.path.starts_with("/_offing/") ||
      settings.path.starts_with("/apps/") || settings.path.starts_with("/app/")) {
    return Refuse(settings, "path", settings.path, "the server itself answers this path");
  }
  out.path_pieces = std::move(*pattern);
  return {};
}

// Events of such a channel are for those who may subscribe to it.
bool IsPrivate(std::string_view channel) {
  return channel.starts_with("private-");
}
bool IsPresence(std::string_view channel) {
  return channel.starts_with("presence-");
}

Result<void> CompileChannel(const ResourceSettings& settings, const ResourceTable::HasLog& has_log,
                            Resource& out) {
  const auto refuse = [&](std::string_view why) {
    return Refuse(settings, "channel", settings.channel, why);
  };
  auto pattern = ParseChannelPattern(settings.channel);
  if (!pattern) return refuse(pattern.error().detail);
  out.channel_pieces = std::move(*pattern);
  const auto names = ParameterNames(out.channel_pieces);
  if (names != ParameterNames(out.path_pieces) ||
      std::ranges::adjacent_find(names) != names.end()) {
    return refuse("path and channel must use the same parameters, each once");
  }
  Parameters example;
  for (const std::string& name : names) example.emplace_back(name, "x");
  const std::string channel = FillPattern(out.channel_pieces, example);
  if (IsPresence(channel) || channel.starts_with("private-encrypted-")) {
    return refuse("a resource cannot be folded from a presence- or private-encrypted- channel");
  }
  if (out.channel_pieces.front().kind == PatternPiece::Kind::kParameter) {
    return refuse(
        "begins with a parameter, so that whoever asks would choose whether the channel is a "
        "private one; begin it with a word");
  }
  if (IsPrivate(channel)) out.access = Access::kPrivate;
  if (channel.size() > kMaxChannelName) return refuse("longer than 200 characters");
  if (!has_log(channel)) {
    return refuse(fmt::format(
        "this channel keeps no log, and a resource is folded from one: add [[channel]] with a "
        "name that matches \"{}\" and a log",
        channel));
  }
  return {};
}

bool Adds(const Operation& operation) {
  return operation.kind == Operation::Kind::kPrepend || operation.kind == Operation::Kind::kAppend;
}

Result<void> CompileApply(const ResourceSettings& settings, Resource& out) {
  if (settings.apply.empty()) {
    return Refuse(settings, "apply", "", "say what an event does, for example apply = \"prepend\"");
  }
  for (const auto& [name, text] : settings.apply) {
    auto operation = ParseOperation(text);
    if (!operation) {
      return Refuse(settings, fmt::format("apply.\"{}\"", name), text, operation.error().detail);
    }
    if (std::ranges::find(out.apply, name, &std::pair<std::string, std::string>::first) !=
        out.apply.end()) {
      return Refuse(settings, fmt::format("apply.\"{}\"", name), text, "stands twice");
    }
    out.apply.emplace_back(name, text);
    if (Adds(*operation)) operation->key = settings.key.value_or("");
    out.rules.apply.emplace_back(name, std::move(*operation));
  }
  return {};
}

// The origin's body may hold events that come again after it.
Result<void> RefuseWhatCouldDouble(const ResourceSettings& settings, const Resource& out) {
  for (size_t i = 0; i < out.apply.size(); ++i) {
    const auto& [name, text] = out.apply[i];
    const Operation& operation = out.rules.apply[i].second;
    const bool patches = operation.kind == Operation::Kind::kJsonPatch;
    if (!patches && !(Adds(operation) && operation.key.empty())) continue;
    const std::string setting = fmt::format("apply.\"{}\"", name);
    if (patches) {
      return Refuse(settings, setting, text,
                    "the origin's body may hold an event that comes again after it, and a patch "
                    "applied twice is not the same: use another operation, or exact = true if the "
                    "origin states Offing-Position in every answer");
    }
    return Refuse(settings, setting, text,
                  "the origin's body may hold an event that comes again after it, and its item "
                  "would stand there twice: add key = \"id\" (the member that tells items apart), "
                  "or exact = true if the origin states Offing-Position in every answer");
  }
  return {};
}

// The key, and what an origin needs.
Result<void> CompileSource(const ResourceSettings& settings, ResourceTable::Origin origin,
                           Resource& out) {
  const bool exact = settings.exactness == Exactness::kExact;
  out.from = settings.from;
  out.key = settings.key;
  out.exactness = settings.exactness;
  if (settings.key) {
    const auto adds = [](const auto& rule) { return Adds(rule.second); };
    if (settings.key->empty()) return Refuse(settings, "key", "", "name a member of every item");
    if (std::ranges::none_of(out.rules.apply, adds)) {
      return Refuse(settings, "key", *settings.key,
                    "it is of prepend and append, and no event of this resource uses them "
                    "(upsert:KEY and remove:KEY name their own)");
    }
  }
  if (settings.from == From::kLog) {
    if (!exact) return {};
    return Refuse(settings, "exact", "true",
                  "it is for from = \"origin\"; what is folded from the log is always exact");
  }
  if (origin == ResourceTable::Origin::kNone) {
    return Refuse(settings, "from", "origin",
                  "there is no origin: set origin = \"http://127.0.0.1:3000\", or --origin");
  }
  if (settings.initial) {
    return Refuse(settings, "initial", "...", "the origin makes the body; leave it out");
  }
  return exact ? Result<void>() : RefuseWhatCouldDouble(settings, out);
}

Result<void> CompileInitial(const ResourceSettings& settings, Resource& out) {
  const auto needs_array = [](const auto& rule) { return rule.second.needs_array(); };
  const bool array = std::ranges::any_of(out.rules.apply, needs_array);
  if (!settings.initial) {
    out.initial = array ? "[]" : "{}";
    return {};
  }
  auto json = base::ParseJson(*settings.initial);
  if (!json) return Refuse(settings, "initial", *settings.initial, json.error().detail);
  const bool others = std::ranges::any_of(out.rules.apply, [](const auto& rule) {
    return !rule.second.needs_array() && rule.second.kind != Operation::Kind::kInvalidate;
  });
  if (array && !others && !json->is_array()) {
    return Refuse(settings, "initial", *settings.initial,
                  "every operation of this resource works on an array: no event could be applied");
  }
  if (ValueBytes(*json) > out.rules.limits.max_bytes) {
    return Refuse(settings, "initial", "...", "larger than a resource may be");
  }
  out.initial = DumpValue(*json);
  return {};
}

std::string Fingerprint(const Resource& resource) {
  auto apply = resource.apply;
  std::ranges::sort(apply);
  Json parts =
      Json::array({kFoldVersion, resource.channel, resource.initial,
                   resource.rules.limits.max_bytes, resource.rules.limits.items.value_or(0)});
  for (const auto& [name, operation] : apply) parts.push_back(Json::array({name, operation}));
  // Of three, so that they are no event's; absent where they change nothing.
  if (resource.key) parts.push_back(Json::array({"key", *resource.key, 0}));
  if (resource.from == From::kOrigin) {
    parts.push_back(Json::array({"origin", resource.exactness == Exactness::kExact, 0}));
  }
  return crypto::Sha256Hex(base::DumpJson(parts)).substr(0, 32);
}

Result<Resource> Compile(const ResourceSettings& settings, size_t max_bytes,
                         const ResourceTable::HasLog& has_log, ResourceTable::Origin origin) {
  Resource out{.path = settings.path, .channel = settings.channel};
  out.rules.limits = ValueLimits{settings.limit, max_bytes};
  if (settings.limit == 0) return Refuse(settings, "limit", "0", "at least 1, or leave it out");
  if (auto done = CompilePath(settings, out); !done) return std::unexpected(done.error());
  if (auto done = CompileChannel(settings, has_log, out); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = CompileApply(settings, out); !done) return std::unexpected(done.error());
  if (auto done = CompileSource(settings, origin, out); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = CompileInitial(settings, out); !done) return std::unexpected(done.error());
  out.definition = Fingerprint(out);
  return out;
}

}  // namespace

Result<ResourceTable> ResourceTable::Make(std::span<const ResourceSettings> settings,
                                          size_t max_bytes, const HasLog& has_log, Origin origin) {
  ResourceTable table;
  for (const ResourceSettings& one : settings) {
    auto resource = Compile(one, max_bytes, has_log, origin);
    if (!resource) return std::unexpected(resource.error());
    if (std::ranges::find(table.resources_, one.path, &Resource::path) != table.resources_.end()) {
      return Refuse(one, "path", one.path, "stands twice");
    }
    table.resources_.push_back(std::move(*resource));
  }
  return table;
}

std::optional<ResourceRef> ResourceTable::ForPath(std::string_view path) const {
  for (const Resource& resource : resources_) {
    const auto parameters = MatchPath(resource.path_pieces, path);
    if (!parameters) continue;
    std::string channel = FillPattern(resource.channel_pieces, *parameters);
    if (channel.size() > kMaxChannelName || IsPresence(channel)) continue;
    // A parameter must not make a public resource read a private channel.
    if (IsPrivate(channel) != (resource.access == Access::kPrivate)) continue;
    const auto back = MatchChannel(resource.channel_pieces, channel);
    if (!back || FillPattern(resource.path_pieces, *back) != path) continue;
    return ResourceRef{&resource, std::string(path), std::move(channel)};
  }
  return std::nullopt;
}

std::vector<ResourceRef> ResourceTable::ForChannel(std::string_view channel) const {
  std::vector<ResourceRef> found;
  for (const Resource& resource : resources_) {
    if (resource.from == From::kOrigin) continue;
    const auto parameters = MatchChannel(resource.channel_pieces, channel);
    if (!parameters) continue;
    auto ref = ForPath(FillPattern(resource.path_pieces, *parameters));
    if (ref && ref->resource == &resource) found.push_back(std::move(*ref));
  }
  return found;
}

bool ResourceTable::has_private() const {
  return std::ranges::any_of(
      resources_, [](const Resource& resource) { return resource.access == Access::kPrivate; });
}

std::string ResourceTable::ConfigJson() const {
  Json list = Json::array();
  for (const Resource& resource : resources_) {
    Json apply = Json::object();
    for (const auto& [name, operation] : resource.apply) apply[name] = operation;
    Json one = {{"path", resource.path}, {"channel", resource.channel}, {"apply", apply}};
    if (resource.rules.limits.items) one["limit"] = *resource.rules.limits.items;
    // The text was made by DumpValue, so it parses.
    one["initial"] = base::ParseJson(resource.initial).value();
    if (resource.key) one["key"] = *resource.key;
    if (resource.from == From::kOrigin) {
      one["origin"] = true;
      one["exact"] = resource.exactness == Exactness::kExact;
    }
    if (resource.access == Access::kPrivate) one["private"] = true;
    one["definition"] = ShortDefinition(resource);
    list.push_back(std::move(one));
  }
  return base::DumpJson(list);
}

}  // namespace offing::live
