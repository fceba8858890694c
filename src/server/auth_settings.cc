#include "server/auth_settings.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace offing::server {

namespace {

constexpr int64_t kMaxCacheMs = 600'000;

// A path of this site or of the origin; empty where it is not set.
std::string ReadPath(TomlTable& table, std::string_view key, std::string_view example) {
  auto path = table.String(key);
  if (!path) return "";
  const bool good = path->starts_with('/') && !path->starts_with("//") &&
                    path->find_first_of("?# \t\r\n") == std::string::npos;
  if (!good) {
    table.Complain(key, fmt::format("\"{}\": write a path, like \"{}\"", *path, example));
  }
  return std::move(*path);
}

// As browsers write them in Origin.
void ReadOrigins(TomlTable& table, std::vector<std::string>& origins) {
  origins = table.Strings("origins");
  for (const std::string& origin : origins) {
    const size_t scheme = origin.starts_with("https://")  ? 8
                          : origin.starts_with("http://") ? 7
                                                          : 0;
    const bool good = scheme != 0 && origin.size() > scheme &&
                      origin.find_first_of("/?#* ", scheme) == std::string::npos;
    if (good) continue;
    table.Complain("origins",
                   fmt::format("\"{}\": write origins, like \"https://app.example\"", origin));
  }
}

void ReadTimes(TomlTable& table, auth::AuthConfig& config) {
  if (const auto cache = table.DurationMs("cache")) {
    config.cache_ms = *cache;
    if (*cache > kMaxCacheMs) {
      table.Complain("cache", "at most 10m: so long somebody who was logged out may go on");
    }
  }
  if (const auto time = table.DurationMs("origin_time")) {
    config.origin_time_ms = *time;
    if (*time < 1) table.Complain("origin_time", "at least 1ms");
  }
  if (const auto refresh = table.DurationMs("jwks_refresh")) {
    config.jwks_refresh_ms = *refresh;
    if (*refresh < 1'000) table.Complain("jwks_refresh", "at least 1s");
  }
}

void ReadTable(TomlTable& table, AuthSettings& settings) {
  auth::AuthConfig& config = settings.config;
  config.origin = ReadPath(table, "origin", "/whoami");
  settings.token = ReadPath(table, "token", "/token");
  ReadOrigins(table, settings.origins);
  ReadTimes(table, config);
  config.jwks = table.String("jwks").value_or("");
  if (config.jwks.contains("://") && !config.jwks.starts_with("https://")) {
    table.Complain("jwks", fmt::format("\"{}\": a file, or an https:// URL", config.jwks));
  }
  config.jwks_ca = table.String("jwks_ca").value_or("");
  const std::string hosts = table.String("jwks_hosts").value_or("public");
  if (hosts == "any") {
    config.jwks_hosts = auth::KeyHosts::kAny;
  } else if (hosts != "public") {
    table.Complain("jwks_hosts", fmt::format("\"{}\": \"public\" (the default) or \"any\"", hosts));
  }
  if (!table.Boolean("required_expiry").value_or(true)) {
    config.expiry = proto::JwtExpiry::kOptional;
  }
}

}  // namespace

void ReadAuth(TomlTable& root, AuthSettings& settings) {
  root.Table("auth", [&settings](TomlTable& table) { ReadTable(table, settings); });
}

base::Result<void> CheckAuth(const AuthSettings& settings, const origin::ProxyConfig& proxy) {
  if (settings.config.origin.empty() || !proxy.origin.empty()) return {};
  return base::Fail(base::Code::kInvalidArgument,
                    fmt::format("[auth] origin = \"{}\": there is no origin to ask; set origin = "
                                "\"http://127.0.0.1:3000\", or --origin",
                                settings.config.origin));
}

}  // namespace offing::server
