// The counters of this room, one set for all cores.
//
// Threading: any thread.
#pragma once

#include "base/metrics.h"

namespace offing::origin {

struct Counters {
  explicit Counters(base::Metrics& metrics);

  base::Counter& requests;
  base::Counter& connections;  // gauge
  base::Counter& opened;
  base::Counter& reused;
  base::Counter& retried;
  base::Counter& refused_waiting;  // 503
  base::Counter& unreachable;      // 502
  base::Counter& hung_up;          // 502
  base::Counter& malformed;        // 502
  base::Counter& late;             // 504
  base::Counter& broken;           // behind the response's head
  base::Counter& loops;            // 508
  base::Counter& leftover;
  base::Counter& tunnels;  // gauge
  base::Counter& tunnels_opened;
};

}  // namespace offing::origin
