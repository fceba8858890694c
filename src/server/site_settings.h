// SiteSettings: the table [site] of offing.toml, and what the site gets of it.
//
// docs/configuration.md is the list for people; site/site.h says what each does.
//
// Threading: start-up only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/toml_reader.h"
#include "site/site.h"

namespace offing::server {

struct SiteSettings {
  std::string spa;
  site::Compress compress = site::Compress::kYes;
  std::vector<std::string> hashed = {"*"};
  site::ExtraHeaders headers;
  uint64_t precache_file_bytes = 2'000'000;
  size_t precache_files = 5'000;
  std::vector<std::string> ignore;
};

// Mistakes are the document's.
void ReadSite(TomlTable& root, SiteSettings& settings);

void Apply(const SiteSettings& settings, site::SiteConfig& config);

}  // namespace offing::server
