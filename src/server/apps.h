// The app that a server makes for itself when nobody configured one: made once, kept in the data
// folder, readable by its owner only. `offing publish` on the same machine finds it there.
//
// Threading: start-up only.
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/random.h"
#include "proto/pusher_auth.h"

namespace offing::server {

struct MadeApp {
  proto::AppCredentials app;
  bool is_new = false;
};

// Reads DATA/app, or makes it. kIo names the file and the way out; kCorrupt if it does not hold
// ID:KEY:SECRET.
base::Result<MadeApp> LoadOrMakeApp(const std::string& data_dir, crypto::Random& random);
// Reads it only. kNotFound says how to name an app.
base::Result<proto::AppCredentials> LoadMadeApp(const std::string& data_dir);

}  // namespace offing::server
