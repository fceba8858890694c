// Config: everything that a person can set, after flags, environment and offing.toml are put
// together (in that order of strength). Reading it touches nothing but the file; whether a port is
// free or a folder writable is found out by the modules, which name the same settings.
//
// docs/configuration.md is the list for people.
//
// Threading: immutable once made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "channels/config.h"
#include "http/access_log.h"
#include "http/server.h"
#include "journal/journal.h"
#include "live/resource_config.h"
#include "origin/config.h"
#include "server/auth_settings.h"
#include "server/outbox_settings.h"
#include "server/site_settings.h"
#include "server/tls_settings.h"
#include "server/worker_settings.h"

namespace offing::server {

struct Config {
  std::string file;  // offing.toml; empty: none
  std::string dir;   // of the site; empty: no site
  std::string listen = "127.0.0.1:8080";
  std::string data = ".offing";
  std::string access_log;  // a file, "-" for standard output, empty for none
  http::AccessLog::Format access_log_format = http::AccessLog::Format::kJson;
  int threads = 0;  // cores; 0: as many as there are processors
  http::ServerConfig http;
  channels::ChannelsConfig channels;  // apps may be empty: the server then makes one
  journal::JournalConfig journal;
  std::vector<live::ResourceSettings> resources;  // live/ checks and compiles them
  SiteSettings site;
  TlsSettings tls;
  origin::ProxyConfig proxy;  // without an origin there is none
  WorkerSettings worker;
  AuthSettings auth;  // its apps are those of `channels`
  OutboxSettings outbox;
};

// What the command line and the environment said; they win over the file.
struct Overrides {
  std::optional<std::string> dir;
  std::optional<std::string> origin;
  std::optional<std::string> listen;
  std::optional<std::string> data;
  std::optional<std::string> access_log;
  std::optional<std::string> access_log_format;
  std::optional<std::string> tls_cert;
  std::optional<std::string> tls_key;
  std::optional<int> threads;
  std::vector<std::string> apps;  // "ID:KEY:SECRET"
};

// `file`: offing.toml's path, or empty for none. Errors: "offing.toml:12: [[resource]] limit =
// \"x\": ..." with the line, the setting, its value and what is allowed. A setting that we do not
// know is an error: a typing mistake must not pass for a default.
base::Result<Config> LoadConfig(const std::string& file, const Overrides& overrides);
// The same over text, `name` standing for the file in messages.
base::Result<Config> ParseConfig(const std::string& text, const std::string& name,
                                 const Overrides& overrides);

}  // namespace offing::server
