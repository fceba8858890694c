// What all guarded writes of a server have in common.
//
// Threading: any thread; `config` is immutable.
#pragma once

#include <functional>
#include <memory>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"
#include "journal/journal.h"
#include "outbox/config.h"
#include "outbox/counters.h"
#include "outbox/outstanding.h"
#include "outbox/reports.h"

namespace offing::outbox {

// How a request is put to the origin.
struct OriginOptions {
  std::function<void()> asked;  // it begins to be sent; until then the origin knows nothing of it
  // kNever: not on a connection that the origin may be closing just now, and not a second time.
  enum class Repeat { kAsProxied, kNever };
  Repeat repeat = Repeat::kAsProxied;
};

struct GuardDeps {
  journal::Journal& journal;
  auth::Authenticator& authenticator;
  Reports& reports;
  const base::Clock& clock;
  const base::Log& log;
  base::Metrics& metrics;
  std::function<void(std::unique_ptr<http::Exchange>, OriginOptions)> forward;
};

struct GuardShared {
  GuardShared(GuardDeps given, GuardConfig settings)
      : deps(std::move(given)),
        config(std::move(settings)),
        counters(deps.metrics),
        outstanding({config.max_outstanding, config.max_outstanding_bytes}, counters.outstanding) {}

  const GuardDeps deps;
  const GuardConfig config;
  Counters counters;
  Outstanding outstanding;
};

}  // namespace offing::outbox
