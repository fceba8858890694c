// What an operator can set about channels: the apps, which channels keep a log, and the limits.
//
// Threading: immutable once the server is put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/pusher_auth.h"
#include "store/types.h"

namespace offing::channels {

// Who may publish without the app's secret (client_publish.h).
enum class Publish : uint8_t {
  kNobody,
  kToken,   // whoever's token has a pattern that matches the channel
  kUsers,   // any user
  kAnyone,  // also who is not logged in
};

// Members of a client's data that the server writes; "": it does not.
struct Stamp {
  std::string key;   // the write's key
  std::string user;  // who wrote; without a user the member is taken out
  std::string at;    // when, in ms since 1970
};

// A rule speaks of one channel ("feed") or of all that begin alike ("feed*"; "*" is all of them).
struct ChannelRule {
  std::string pattern;
  std::optional<store::Retention> log = {};  // nullopt: these channels keep none
  Publish publish = Publish::kNobody;        // needs a log
  Stamp stamp = {};
};

// Every limit on what comes from outside: what happens at it, and the counter that then moves.
struct Limits {
  // HTTP API. An event's data over this is 413; offing_channels_publish_refused_total.
  size_t max_data_bytes = 10'240;
  // More channels in one POST /events, or more items in one POST /batch_events, are 400; the same
  // counter.
  size_t max_channels_per_publish = 100;
  size_t max_batch = 10;

  // Publications of clients, of one user, or of one address if there is none: beyond it is 429,
  // offing_channels_client_publish_limited_total. Whose are counted: when there are more, who was
  // silent for longest begins anew.
  uint32_t client_publish_burst = 60;
  uint32_t client_publish_per_second = 30;
  size_t max_client_publishers = 10'000;

  // Connections of one core; one more gets pusher:error 4100 and is closed with it;
  // offing_channels_connections_refused_total.
  size_t max_connections_per_core = 100'000;
  // A longer message closes the connection with 1009 (the transport does that and counts it).
  size_t max_client_message_bytes = 64 << 10;
  // Messages from one client: a bucket that holds `burst` and is refilled with `per_second`. Empty:
  // the connection is closed with 4100; offing_channels_flooding_closed_total. The burst lets a
  // client come back with all its subscriptions at once.
  uint32_t client_messages_burst = 2'200;
  uint32_t client_messages_per_second = 100;

  // One subscription more is a pusher:subscription_error with status 429, the connection stays;
  // offing_channels_subscriptions_refused_total.
  size_t max_subscriptions_per_connection = 1'000;
  // Channels with a subscriber on one core; then as above.
  size_t max_channels_per_core = 1'000'000;

  // Bytes that wait for one client to read. Over it, a subscription to a channel with a log goes
  // back to reading the log (offing_channels_fell_back_total); a client that is this far behind on
  // a channel without one is closed with 4200 (offing_channels_slow_closed_total).
  size_t max_queued_bytes = 1 << 20;
  // A page of missed events: at most so many, and so many bytes (from the second event on). One
  // page per connection is in memory at a time.
  uint64_t page_events = 256;
  uint64_t page_bytes = 256 << 10;
};

struct ChannelsConfig {
  std::vector<proto::AppCredentials> apps;
  std::vector<ChannelRule> rules;  // the first that matches a name decides; none: no log
  // Origins besides our own whose pages may publish: "https://app.example".
  std::vector<std::string> origins;
  Limits limits;
  // Silence of a client after which it is pinged, and then closed with 4201.
  int64_t activity_timeout_ms = 120'000;
  int64_t pong_timeout_ms = 30'000;
  // Closing all connections of a draining server is spread over this, so that their clients do not
  // all come back in the same instant.
  int64_t drain_spread_ms = 2'000;

  // nullptr: none matches.
  const ChannelRule* RuleOf(std::string_view channel) const;
  // What the log of `channel` keeps; nullopt if it has none.
  std::optional<store::Retention> RetentionOf(std::string_view channel) const;
};

}  // namespace offing::channels
