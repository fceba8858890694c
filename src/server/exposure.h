// What must not lie where the site would serve it: the data folder (the secret of an app,
// everybody's events), the configuration (which may hold secrets), the access log and TLS's key.
//
// Threading: start-up only.
#pragma once

#include "base/result.h"
#include "server/config.h"

namespace offing::server {

// kConflict if one of them is the site's folder or below it, unless a part of the path below begins
// with a dot: the site serves no such file (but .well-known). Neither of them has to exist.
base::Result<void> CheckNothingPrivateIsServed(const Config& config);

}  // namespace offing::server
