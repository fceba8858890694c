#include "server/site_settings.h"

#include <fmt/format.h>

namespace offing::server {

namespace {

constexpr int64_t kMostFiles = 100'000;

// Patterns of paths: "/drafts/*", or "*" for all.
std::vector<std::string> ReadPatterns(TomlTable& table, std::string_view key,
                                      std::vector<std::string> otherwise) {
  if (!table.Has(key)) return otherwise;
  std::vector<std::string> patterns = table.Strings(key);
  for (const std::string& pattern : patterns) {
    if (pattern.starts_with('/') || pattern.starts_with('*')) continue;
    table.Complain(key, fmt::format("\"{}\": a pattern of paths begins with / or *, like "
                                    "\"/drafts/*\" or \"*.pdf\"",
                                    pattern));
  }
  return patterns;
}

void ReadTable(TomlTable& table, SiteSettings& settings) {
  settings.spa = table.String("spa").value_or("");
  if (const auto compress = table.Boolean("compress")) {
    settings.compress = *compress ? site::Compress::kYes : site::Compress::kNo;
  }
  settings.hashed = ReadPatterns(table, "hashed", std::move(settings.hashed));
  settings.ignore = ReadPatterns(table, "ignore", {});
  settings.headers = table.StringMap("headers");
  if (settings.headers.size() == 1 && settings.headers.front().first == "*") {
    table.Complain("headers", "must be a table, like { \"X-Frame-Options\" = \"DENY\" }");
  }
  if (const auto checked = site::CheckExtraHeaders(settings.headers); !checked) {
    table.Complain("headers", checked.error().detail);
  }
  if (const auto size = table.Size("precache_file")) settings.precache_file_bytes = *size;
  if (const auto files = table.Integer("precache_files", 0, kMostFiles)) {
    settings.precache_files = static_cast<size_t>(*files);
  }
}

}  // namespace

void ReadSite(TomlTable& root, SiteSettings& settings) {
  root.Table("site", [&settings](TomlTable& table) { ReadTable(table, settings); });
}

void Apply(const SiteSettings& settings, site::SiteConfig& config) {
  config.spa = settings.spa;
  config.compress = settings.compress;
  config.hashed = settings.hashed;
  config.headers = settings.headers;
  config.max_precache_file_bytes = settings.precache_file_bytes;
  config.max_precache_files = settings.precache_files;
  config.ignore = settings.ignore;
}

}  // namespace offing::server
