// ProxySettings: `origin`, the table [proxy] of offing.toml, and --origin.
//
// docs/configuration.md is the list for people; origin/config.h says what each does.
//
// Threading: start-up only.
#pragma once

#include "origin/config.h"
#include "server/toml_reader.h"

namespace offing::server {

// Mistakes are the document's.
void ReadProxy(TomlTable& root, origin::ProxyConfig& settings);
// Whether the origin's URL is one.
base::Result<void> CheckProxy(const origin::ProxyConfig& settings);

}  // namespace offing::server
