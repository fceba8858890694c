// The counters of this module, one set for all cores.
//
// Threading: any thread.
#pragma once

#include "base/metrics.h"

namespace offing::http {

struct Counters {
  explicit Counters(base::Metrics& metrics);

  base::Counter& connections;  // gauge, WebSockets among them
  base::Counter& accepted;
  base::Counter& refused_connections;
  base::Counter& requests;
  base::Counter& refused_body;
  base::Counter& refused_target;
  base::Counter& refused_header;
  base::Counter& refused_slow;
  base::Counter& refused_other;
  base::Counter& unanswered;
  base::Counter& slow_readers;
  base::Counter& websockets;  // gauge
  base::Counter& websockets_accepted;
  base::Counter& websocket_errors;
  base::Counter& pongs_dropped;
  base::Counter& log_failures;

  // The counter of a request that was refused with `status`.
  base::Counter& Refused(int status);
};

}  // namespace offing::http
