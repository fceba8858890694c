// One [[channel]] of offing.toml: which channels keep a log, and who may publish to them.
//
// docs/configuration.md is the list for people; channels/config.h says what each does.
//
// Threading: start-up only.
#pragma once

#include "channels/config.h"
#include "server/toml_reader.h"

namespace offing::server {

// Mistakes are the document's; then the rule means nothing.
channels::ChannelRule ReadChannel(TomlTable& table);

}  // namespace offing::server
