#include "origin/counters.h"

namespace offing::origin {

Counters::Counters(base::Metrics& metrics)
    : requests(metrics.AddCounter("offing_proxy_requests_total",
                                  "Requests that were passed on to the origin.")),
      connections(metrics.AddGauge("offing_proxy_connections",
                                   "Connections to the origin that are open or being opened.")),
      opened(metrics.AddCounter("offing_proxy_connections_opened_total",
                                "Connections to the origin that were opened.")),
      reused(metrics.AddCounter("offing_proxy_connections_reused_total",
                                "Requests that went over a connection that was kept.")),
      retried(
          metrics.AddCounter("offing_proxy_retries_total",
                             "Requests sent once more because a kept connection had been closed.")),
      refused_waiting(metrics.AddCounter(
          "offing_proxy_refused_waiting_total",
          "Requests refused because too many wait for a connection to the origin (503).")),
      unreachable(metrics.AddCounter("offing_proxy_unreachable_total",
                                     "Requests for which the origin could not be reached (502).")),
      hung_up(metrics.AddCounter("offing_proxy_hung_up_total",
                                 "Requests that the origin closed without an answer (502).")),
      malformed(metrics.AddCounter("offing_proxy_malformed_total",
                                   "Answers of the origin that are no HTTP/1.1 (502).")),
      late(metrics.AddCounter("offing_proxy_late_total",
                              "Requests that the origin did not answer in time (504).")),
      broken(
          metrics.AddCounter("offing_proxy_broken_total",
                             "Answers broken off within the body, by the origin or its silence.")),
      loops(metrics.AddCounter("offing_proxy_loops_total",
                               "Requests that came around in a circle of proxies (508).")),
      leftover(metrics.AddCounter(
          "offing_proxy_leftover_total",
          "Connections closed because the origin sent more than it was asked for.")),
      tunnels(metrics.AddGauge("offing_proxy_tunnels",
                               "Connections that were switched to another protocol.")),
      tunnels_opened(
          metrics.AddCounter("offing_proxy_tunnels_opened_total", "Tunnels that were opened.")) {}

}  // namespace offing::origin
