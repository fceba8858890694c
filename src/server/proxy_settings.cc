#include "server/proxy_settings.h"

#include <fmt/format.h>

namespace offing::server {

namespace {

constexpr int64_t kMaxCount = 1'000'000;

void ReadDuration(TomlTable& table, std::string_view key, int64_t& target) {
  if (const auto value = table.DurationMs(key)) target = *value;
}

void ReadCount(TomlTable& table, std::string_view key, size_t& target, int64_t least) {
  if (const auto value = table.Integer(key, least, kMaxCount)) target = static_cast<size_t>(*value);
}

void ReadTable(TomlTable& table, origin::ProxyConfig& settings) {
  ReadDuration(table, "connect_time", settings.connect_time_ms);
  ReadDuration(table, "response_time", settings.response_time_ms);
  ReadDuration(table, "idle_time", settings.idle_time_ms);
  ReadCount(table, "connections_per_core", settings.max_connections_per_core, 1);
  ReadCount(table, "idle_per_core", settings.max_idle_per_core, 0);
  ReadCount(table, "waiting", settings.max_waiting, 1);
  if (table.Has("trusted")) settings.trusted = table.Strings("trusted");
  const auto host = table.String("host");
  if (host == "origin") {
    settings.host = origin::HostPolicy::kOrigin;
  } else if (host && host != "client") {
    table.Complain("host", fmt::format("\"{}\": \"client\" (the default) or \"origin\"", *host));
  }
}

}  // namespace

base::Result<void> CheckProxy(const origin::ProxyConfig& settings) {
  if (settings.origin.empty()) return {};
  if (auto url = origin::ParseOriginUrl(settings.origin); !url) return std::unexpected(url.error());
  return {};
}

void ReadProxy(TomlTable& root, origin::ProxyConfig& settings) {
  if (auto origin = root.String("origin")) settings.origin = std::move(*origin);
  root.Table("proxy", [&settings](TomlTable& table) { ReadTable(table, settings); });
}

}  // namespace offing::server
