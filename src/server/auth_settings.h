// AuthSettings: what [auth] of offing.toml says about users and tokens.
//
// docs/configuration.md is the list for people; auth/config.h says what each does.
//
// Threading: start-up only.
#pragma once

#include <string>
#include <vector>

#include "auth/config.h"
#include "origin/config.h"
#include "server/toml_reader.h"

namespace offing::server {

struct AuthSettings {
  auth::AuthConfig config;  // its apps are filled in when they are known
  std::string token;        // CONFIG's member: the path that gives pages and worker a token; or ""
  std::vector<std::string>
      origins;  // of other pages that may write as their users (cross_origin.h)
};

// Mistakes are the document's.
void ReadAuth(TomlTable& root, AuthSettings& settings);
// Whether there is an origin to ask, if one is to be asked.
base::Result<void> CheckAuth(const AuthSettings& settings, const origin::ProxyConfig& proxy);

}  // namespace offing::server
