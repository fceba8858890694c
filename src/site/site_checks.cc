#include "site/site_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "proto/uri.h"
#include "site/content_type.h"
#include "site/manifest.h"

namespace offing::site {

namespace {

using base::Code;
using base::Fail;

bool IsThere(const Folder* folder, const std::string& path) {
  if (folder == nullptr) return false;
  const auto file = folder->OpenAt(path);
  return file && file->kind == FileKind::kFile;
}

base::Result<void> CheckNeeded(const NeededFile& needed, const SiteConfig& config,
                               const Folder* folder) {
  const auto path = PathOfUrl(needed.url);
  if (!path || needed.url.find_first_of("?#") != std::string::npos) {
    return Fail(Code::kInvalidArgument,
                fmt::format("{} = \"{}\": write the path of a file of the site, like "
                            "\"/offline.html\"",
                            needed.setting, needed.url));
  }
  if (config.fallback != nullptr) return {};  // the origin may have it
  if (folder == nullptr) {
    return Fail(Code::kNotFound, fmt::format("{} = \"{}\": there is no folder to take it from; "
                                             "name one, or an origin",
                                             needed.setting, needed.url));
  }
  if (IsThere(folder, *path)) return {};
  return Fail(Code::kNotFound,
              fmt::format("{} = \"{}\": there is no such file in {}; make it, or name one that is "
                          "there",
                          needed.setting, needed.url, config.dir.native()));
}

base::Result<void> CheckSpa(const SiteConfig& config, const Folder* folder) {
  if (config.spa.empty()) return {};
  const auto path = PathOfUrl(config.spa);
  if (!path || !IsThere(folder, *path) || !ContentType(*path).starts_with("text/html")) {
    return Fail(Code::kInvalidArgument,
                fmt::format("[site] spa = \"{}\": must be an HTML page of the site's folder, like "
                            "\"/index.html\"",
                            config.spa));
  }
  return {};
}

}  // namespace

std::optional<std::string> PathOfUrl(std::string_view url) {
  auto path = proto::FilePath(url);
  if (!path) return std::nullopt;
  if (path->empty() || path->ends_with('/')) *path += "index.html";
  return std::move(*path);
}

std::vector<std::string> NeededPaths(const SiteConfig& config) {
  std::vector<std::string> paths;
  const auto add = [&paths](std::string_view url) {
    auto path = PathOfUrl(url);
    if (path && std::ranges::find(paths, *path) == paths.end()) paths.push_back(std::move(*path));
  };
  for (const NeededFile& needed : config.needed) add(needed.url);
  if (!config.spa.empty()) add(config.spa);
  return paths;
}

base::Result<void> CheckSite(const SiteConfig& config, const Folder* folder) {
  if (auto checked = CheckConfigHead(config.config_head); !checked) return checked;
  if (auto checked = CheckExtraHeaders(config.headers); !checked) {
    return Fail(checked.error().code, "[site] headers: " + checked.error().detail);
  }
  for (const NeededFile& needed : config.needed) {
    if (auto checked = CheckNeeded(needed, config, folder); !checked) return checked;
  }
  return CheckSpa(config, folder);
}

std::vector<std::string> NeededFromOrigin(const SiteConfig& config) {
  std::vector<std::string> urls;
  if (config.fallback == nullptr) return urls;
  for (const NeededFile& needed : config.needed) {
    const auto path = PathOfUrl(needed.url);
    CHECK(path, "CheckSite has looked at it");
    urls.push_back(ListedUrl(*path));
  }
  return urls;
}

}  // namespace offing::site
