#include "http/counters.h"

namespace offing::http {

Counters::Counters(base::Metrics& metrics)
    : connections(metrics.AddGauge("offing_http_connections", "Connections that are open.")),
      accepted(metrics.AddCounter("offing_http_connections_accepted_total",
                                  "Connections that were accepted.")),
      refused_connections(
          metrics.AddCounter("offing_http_connections_refused_total",
                             "Connections beyond the limit, answered with 503 and closed.")),
      requests(metrics.AddCounter("offing_http_requests_total", "Requests that came whole.")),
      refused_body(metrics.AddCounter("offing_http_refused_body_total",
                                      "Requests refused for the size of their body (413).")),
      refused_target(metrics.AddCounter("offing_http_refused_target_total",
                                        "Requests refused for the size of their target (414).")),
      refused_header(
          metrics.AddCounter("offing_http_refused_header_total",
                             "Requests refused for the size of their header section (431).")),
      refused_slow(metrics.AddCounter("offing_http_refused_slow_total",
                                      "Requests that did not come whole in time (408).")),
      refused_other(metrics.AddCounter("offing_http_refused_malformed_total",
                                       "Requests refused for what they said.")),
      unanswered(metrics.AddCounter("offing_http_unanswered_total",
                                    "Requests that were dropped by their handler (500).")),
      slow_readers(metrics.AddCounter("offing_http_slow_readers_total",
                                      "Connections aborted because the peer did not read.")),
      websockets(metrics.AddGauge("offing_websockets", "WebSockets that are open.")),
      websockets_accepted(
          metrics.AddCounter("offing_websockets_accepted_total", "WebSockets that were opened.")),
      websocket_errors(metrics.AddCounter("offing_websocket_errors_total",
                                          "WebSockets closed for what the peer sent.")),
      pongs_dropped(
          metrics.AddCounter("offing_websocket_pongs_dropped_total",
                             "Pings not answered because the peer does not read its answers.")),
      log_failures(metrics.AddCounter("offing_access_log_failures_total",
                                      "Lines that could not be written to the access log.")) {}

base::Counter& Counters::Refused(int status) {
  switch (status) {
    case 408:
      return refused_slow;
    case 413:
      return refused_body;
    case 414:
      return refused_target;
    case 431:
      return refused_header;
    default:
      return refused_other;
  }
}

}  // namespace offing::http
