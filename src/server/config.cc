#include "server/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>

#include "server/channel_settings.h"
#include "server/proxy_settings.h"
#include "server/toml_reader.h"

namespace offing::server {

namespace {

constexpr int64_t kMaxCount = int64_t{1} << 40;

template <class T>
void Set(T& target, const auto& value) {
  if (value) target = static_cast<T>(*value);
}

template <class T>
void ReadCount(TomlTable& table, std::string_view key, T& target, int64_t least = 1) {
  const auto most = static_cast<int64_t>(
      std::min<uint64_t>(kMaxCount, static_cast<uint64_t>(std::numeric_limits<T>::max())));
  Set(target, table.Integer(key, least, most));
}

template <class T>
void ReadSize(TomlTable& table, std::string_view key, T& target) {
  Set(target, table.Size(key));
}

void ReadDuration(TomlTable& table, std::string_view key, int64_t& target) {
  Set(target, table.DurationMs(key));
}

// [limits]: the names are those of docs/configuration.md.
void ReadLimits(TomlTable& table, Config& config) {
  ReadCount(table, "connections", config.http.max_connections);
  ReadSize(table, "header", config.http.max_header_bytes);
  ReadSize(table, "target", config.http.max_target_bytes);
  ReadSize(table, "body", config.http.max_body_bytes);
  ReadSize(table, "streamed_body", config.http.max_streamed_body_bytes);
  ReadDuration(table, "request_time", config.http.request_timeout_ms);
  ReadDuration(table, "idle_time", config.http.idle_timeout_ms);
  ReadDuration(table, "write_time", config.http.write_timeout_ms);
  channels::Limits& limits = config.channels.limits;
  ReadSize(table, "event_data", limits.max_data_bytes);
  ReadCount(table, "channels_per_publish", limits.max_channels_per_publish);
  ReadCount(table, "batch", limits.max_batch);
  ReadCount(table, "connections_per_core", limits.max_connections_per_core);
  ReadSize(table, "client_message", limits.max_client_message_bytes);
  ReadCount(table, "client_messages_burst", limits.client_messages_burst);
  ReadCount(table, "client_messages_per_second", limits.client_messages_per_second);
  ReadCount(table, "subscriptions_per_connection", limits.max_subscriptions_per_connection);
  ReadCount(table, "channels_per_core", limits.max_channels_per_core);
  ReadCount(table, "client_publish_burst", limits.client_publish_burst);
  ReadCount(table, "client_publish_per_second", limits.client_publish_per_second);
  ReadCount(table, "client_publishers", limits.max_client_publishers);
  ReadSize(table, "queued", limits.max_queued_bytes);
  ReadCount(table, "waiting_publications", config.journal.max_waiting);
  ReadSize(table, "waiting_bytes", config.journal.max_waiting_bytes);
}

// [keys]: what is remembered of writes with an Idempotency-Key.
void ReadKeys(TomlTable& table, Config& config) {
  ReadDuration(table, "age", config.journal.key_age_ms);
  ReadCount(table, "answers", config.journal.max_answers);
  ReadSize(table, "bytes", config.journal.max_answer_bytes);
  ReadCount(table, "lanes", config.journal.max_marks);
}

void ReadTimes(TomlTable& table, Config& config) {
  ReadDuration(table, "activity_timeout", config.channels.activity_timeout_ms);
  ReadDuration(table, "pong_timeout", config.channels.pong_timeout_ms);
  ReadDuration(table, "drain_spread", config.channels.drain_spread_ms);
}

// Where a resource's body comes from.
void ReadSource(TomlTable& table, live::ResourceSettings& resource) {
  const std::string from = table.String("from").value_or("log");
  if (from == "origin") {
    resource.from = live::From::kOrigin;
  } else if (from != "log") {
    table.Complain("from", fmt::format("\"{}\": \"log\" (the default) or \"origin\"", from));
  }
  resource.key = table.String("key");
  if (table.Boolean("exact").value_or(false)) resource.exactness = live::Exactness::kExact;
}

void ReadResource(TomlTable& table, Config& config) {
  live::ResourceSettings resource;
  resource.path = table.String("path").value_or("");
  resource.channel = table.String("channel").value_or("");
  resource.apply = table.StringMap("apply");
  resource.limit = table.Integer("limit", 1, kMaxCount);
  resource.initial = table.Json("initial");
  ReadSource(table, resource);
  for (const std::string_view needed : {"path", "channel", "apply"}) {
    if (!table.Has(needed))
      table.Complain(needed, "every [[resource]] needs path, channel and apply");
  }
  config.resources.push_back(std::move(resource));
}

void ReadApps(TomlTable& table, Config& config) {
  for (const std::string& text : table.Strings("app")) {
    auto app = proto::ParseAppCredentials(text);
    if (app) {
      config.channels.apps.push_back(std::move(*app));
    } else {
      table.Complain("app", app.error().detail);
    }
  }
}

std::optional<http::AccessLog::Format> FormatOf(std::string_view name) {
  if (name == "json") return http::AccessLog::Format::kJson;
  if (name == "text") return http::AccessLog::Format::kText;
  return std::nullopt;
}
constexpr const char* kFormats = "\"{}\": \"json\" (the default) or \"text\" (combined log format)";

void ReadAccessLog(TomlTable& root, Config& config) {
  Set(config.access_log, root.String("access_log"));
  const auto format = root.String("access_log_format");
  if (!format) return;
  if (FormatOf(*format)) {
    config.access_log_format = *FormatOf(*format);
  } else {
    root.Complain("access_log_format", fmt::format(kFormats, *format));
  }
}

base::Result<void> ReadDocument(TomlTable& root, Config& config) {
  Set(config.dir, root.String("dir"));
  Set(config.listen, root.String("listen"));
  Set(config.data, root.String("data"));
  ReadAccessLog(root, config);
  Set(config.threads, root.Integer("threads", 1, 256));
  ReadApps(root, config);
  root.Tables("channel",
              [&config](TomlTable& table) { config.channels.rules.push_back(ReadChannel(table)); });
  root.Tables("resource", [&config](TomlTable& table) { ReadResource(table, config); });
  ReadSite(root, config.site);
  ReadTls(root, config.tls);
  ReadProxy(root, config.proxy);
  ReadWorker(root, config.worker);
  ReadAuth(root, config.auth);
  ReadOutbox(root, config.outbox);
  config.channels.origins = config.auth.origins;
  root.Table("limits", [&config](TomlTable& table) { ReadLimits(table, config); });
  root.Table("keys", [&config](TomlTable& table) { ReadKeys(table, config); });
  root.Table("times", [&config](TomlTable& table) { ReadTimes(table, config); });
  return root.Finish();
}

base::Result<void> CheckRules(const Config& config) {
  OutboxSurroundings surroundings{
      .origin = config.proxy.origin.empty() ? Origin::kNone : Origin::kThere,
      .key_age_ms = config.journal.key_age_ms};
  for (const auto& resource : config.resources) surroundings.resources.push_back(resource.path);
  return CheckOutbox(config.outbox, surroundings);
}

base::Result<void> CheckApps(const Config& config) {
  for (size_t i = 0; i < config.channels.apps.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const auto& a = config.channels.apps[i];
      const auto& b = config.channels.apps[j];
      if (a.id != b.id && a.key != b.key) continue;
      return base::Fail(base::Code::kInvalidArgument,
                        fmt::format("--app: two apps share the {} \"{}\"; each needs its own",
                                    a.id == b.id ? "id" : "key", a.id == b.id ? a.id : a.key));
    }
  }
  return {};
}

base::Result<void> Override(const Overrides& overrides, Config& config) {
  Set(config.dir, overrides.dir);
  Set(config.listen, overrides.listen);
  Set(config.data, overrides.data);
  Set(config.access_log, overrides.access_log);
  Set(config.proxy.origin, overrides.origin);
  Set(config.tls.cert, overrides.tls_cert);
  Set(config.tls.key, overrides.tls_key);
  Set(config.threads, overrides.threads);
  if (!overrides.apps.empty()) config.channels.apps.clear();
  for (const std::string& text : overrides.apps) {
    auto app = proto::ParseAppCredentials(text);
    if (!app) return base::Fail(app.error().code, "--app: " + app.error().detail);
    config.channels.apps.push_back(std::move(*app));
  }
  if (overrides.access_log_format) {
    const auto format = FormatOf(*overrides.access_log_format);
    if (!format) {
      return base::Fail(
          base::Code::kInvalidArgument,
          "--access-log-format " + fmt::format(kFormats, *overrides.access_log_format));
    }
    config.access_log_format = *format;
  }
  if (auto checked = CheckTls(config.tls); !checked) return checked;
  if (auto checked = CheckProxy(config.proxy); !checked) return checked;
  if (auto checked = CheckAuth(config.auth, config.proxy); !checked) return checked;
  if (auto checked = CheckRules(config); !checked) return checked;
  return CheckApps(config);
}

}  // namespace

base::Result<Config> ParseConfig(const std::string& text, const std::string& name,
                                 const Overrides& overrides) {
  auto root = TomlTable::Parse(text, name);
  if (!root) return std::unexpected(root.error());
  Config config;
  if (auto read = ReadDocument(*root, config); !read) return std::unexpected(read.error());
  if (auto done = Override(overrides, config); !done) return std::unexpected(done.error());
  return config;
}

base::Result<Config> LoadConfig(const std::string& file, const Overrides& overrides) {
  if (file.empty()) return ParseConfig("", "", overrides);
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    return base::Fail(base::Code::kInvalidArgument,
                      fmt::format("--config {}: is a folder; name a file", file));
  }
  std::ifstream in(file);
  if (!in) {
    return base::Fail(base::Code::kNotFound,
                      fmt::format("--config {}: {}; name a file that this user may read", file,
                                  std::strerror(errno)));
  }
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  auto config = ParseConfig(text, file, overrides);
  if (config) config->file = file;
  return config;
}

}  // namespace offing::server
