// What the guard counts; see /_offing/metrics.
//
// Threading: any thread.
#pragma once

#include "base/metrics.h"

namespace offing::outbox {

struct Counters {
  explicit Counters(base::Metrics& metrics);

  base::Counter& outstanding;   // a gauge
  base::Counter& writes;        // with a key, or to a rule that requires one
  base::Counter& forwarded;     // put to the origin
  base::Counter& stored;        // answers that were remembered
  base::Counter& replayed;      // answered from memory
  base::Counter& under_way;     // refused: 409 outstanding
  base::Counter& full;          // refused: 503 full
  base::Counter& refused;       // refused for any other reason of ours
  base::Counter& without_body;  // remembered without their body
  base::Counter& undecided;     // the origin answered, and nothing was remembered
  base::Counter& lost;          // no answer came, after the request began to be sent
  base::Counter& held;          // answered 409 outcome-unknown
  base::Counter& not_stored;    // passed on, but the store would not remember them
};

}  // namespace offing::outbox
