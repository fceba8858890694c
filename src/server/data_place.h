// Where the data folder may be: it holds the secret of an app and everybody's events, so it must
// not lie where the site would serve it.
//
// Threading: start-up only.
#pragma once

#include "base/result.h"
#include "server/config.h"

namespace offing::server {

// kConflict if --data is the site's folder or below it, unless a part of the path below begins with
// a dot: the site serves no such file. Neither folder has to exist.
base::Result<void> CheckDataIsNotServed(const Config& config);

}  // namespace offing::server
