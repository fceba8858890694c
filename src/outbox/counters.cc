#include "outbox/counters.h"

namespace offing::outbox {

Counters::Counters(base::Metrics& metrics)
    : outstanding(
          metrics.AddGauge("offing_outbox_outstanding", "Keys under way to the origin now.")),
      writes(metrics.AddCounter("offing_outbox_writes_total",
                                "Writes that came to the guard in front of the origin.")),
      forwarded(metrics.AddCounter("offing_outbox_forwarded_total",
                                   "Writes with a key that were put to the origin.")),
      stored(metrics.AddCounter("offing_outbox_stored_total",
                                "Answers of the origin that were remembered for their key.")),
      replayed(metrics.AddCounter("offing_outbox_origin_replayed_total",
                                  "Writes to the origin that were answered from memory.")),
      under_way(metrics.AddCounter("offing_outbox_under_way_total",
                                   "Writes refused because their key was under way.")),
      full(metrics.AddCounter("offing_outbox_guard_full_total",
                              "Writes refused because too many keys or bytes were under way, or "
                              "too many answers are remembered.")),
      refused(metrics.AddCounter("offing_outbox_refused_total",
                                 "Writes refused for their key, their user or what they are.")),
      without_body(metrics.AddCounter("offing_outbox_without_body_total",
                                      "Answers that were remembered without their body.")),
      undecided(metrics.AddCounter("offing_outbox_undecided_total",
                                   "Answers of the origin that decide nothing, and were passed on "
                                   "and not remembered.")),
      lost(metrics.AddCounter("offing_outbox_lost_total",
                              "Writes that the origin may have got and did not answer.")),
      held(metrics.AddCounter("offing_outbox_unknown_total",
                              "Writes answered outcome-unknown, which wait for a person.")),
      not_stored(metrics.AddCounter("offing_outbox_not_stored_total",
                                    "Answers of the origin that the store did not take; they were "
                                    "passed on as nobody's promise.")) {}

}  // namespace offing::outbox
