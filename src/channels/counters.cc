#include "channels/counters.h"

namespace offing::channels {

Counters::Counters(base::Metrics& metrics)
    : connections(metrics.AddGauge("offing_channels_connections", "Pusher connections now open.")),
      subscriptions(metrics.AddGauge("offing_channels_subscriptions", "Subscriptions now held.")),
      published(metrics.AddCounter("offing_channels_published_total", "Events published.")),
      delivered(metrics.AddCounter("offing_channels_delivered_total",
                                   "Events queued to subscribers as they happened.")),
      replayed(metrics.AddCounter("offing_channels_replayed_total",
                                  "Events queued to subscribers from a log.")),
      resumed(metrics.AddCounter("offing_channels_resumed_total",
                                 "Subscriptions that continued from a position, without a gap.")),
      gaps(metrics.AddCounter("offing_channels_gaps_total",
                              "Subscriptions that were told that events are missing.")),
      publish_refused(metrics.AddCounter("offing_channels_publish_refused_total",
                                         "Publications over a limit, or while a queue was full.")),
      client_published(metrics.AddCounter("offing_channels_client_published_total",
                                          "Events that clients published themselves.")),
      client_publish_refused(
          metrics.AddCounter("offing_channels_client_publish_refused_total",
                             "Publications of clients refused: who, what, or how much.")),
      client_publish_limited(
          metrics.AddCounter("offing_channels_client_publish_limited_total",
                             "Publications of clients refused because they came too fast.")),
      connections_refused(
          metrics.AddCounter("offing_channels_connections_refused_total",
                             "Connections refused: no such app, protocol, limit, draining.")),
      subscriptions_refused(
          metrics.AddCounter("offing_channels_subscriptions_refused_total",
                             "Subscriptions refused: signature, name, position, limit.")),
      flooding_closed(
          metrics.AddCounter("offing_channels_flooding_closed_total",
                             "Connections closed because their client sent too many messages.")),
      fell_back(metrics.AddCounter(
          "offing_channels_fell_back_total",
          "Subscribers put back to reading the log because they read too slowly.")),
      slow_closed(metrics.AddCounter(
          "offing_channels_slow_closed_total",
          "Connections closed because their client read too slowly and there is no log.")),
      silent_closed(metrics.AddCounter("offing_channels_silent_closed_total",
                                       "Connections closed because no answer came to a ping.")),
      read_failed(metrics.AddCounter("offing_channels_read_failed_total",
                                     "Connections closed because a log could not be read.")) {}

}  // namespace offing::channels
