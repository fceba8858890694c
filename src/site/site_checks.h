// What has to be right about a SiteConfig before the site opens.
//
// Threading: start-up only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "site/folder.h"
#include "site/site.h"

namespace offing::site {

// The folder's file that answers a GET of `url`: "/docs/" is docs/index.html.
std::optional<std::string> PathOfUrl(std::string_view url);

// The files that the manifest never leaves out: those that are needed, and the page of spa.
std::vector<std::string> NeededPaths(const SiteConfig& config);

// Errors name the setting, its value and the way out. `folder` null: none.
base::Result<void> CheckSite(const SiteConfig& config, const Folder* folder);

// The URLs of what is needed and the origin may have, where the folder does not. `config` is
// checked.
std::vector<std::string> NeededFromOrigin(const SiteConfig& config);

}  // namespace offing::site
