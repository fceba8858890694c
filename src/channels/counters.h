// The counters of this module, made once and handed to all cores. config.h says which limit moves
// which.
//
// Threading: any thread.
#pragma once

#include "base/metrics.h"

namespace offing::channels {

struct Counters {
  explicit Counters(base::Metrics& metrics);

  base::Counter& connections;    // gauge
  base::Counter& subscriptions;  // gauge
  base::Counter& published;
  base::Counter& delivered;
  base::Counter& replayed;
  base::Counter& resumed;
  base::Counter& gaps;
  base::Counter& publish_refused;
  base::Counter& client_published;
  base::Counter& client_publish_refused;
  base::Counter& client_publish_limited;
  base::Counter& connections_refused;
  base::Counter& subscriptions_refused;
  base::Counter& flooding_closed;
  base::Counter& fell_back;
  base::Counter& slow_closed;
  base::Counter& silent_closed;
  base::Counter& read_failed;
};

}  // namespace offing::channels
