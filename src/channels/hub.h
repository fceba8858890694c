// Hub: who listens to what, on one core, and the loop that hands them an event.
//
// An event becomes a WebSocket frame once, before it gets here; every subscriber's socket is given
// a reference to the same bytes. The loop that does it is plain on purpose: it is where a server
// like this spends its life.
//
// What an idle subscriber costs here: one Subscription (64 bytes) and one pointer in its channel's
// vector. A channel's name is stored once per core, whatever the number of its subscribers; leaving
// swaps the last one into the gap, so neither joining nor leaving depends on how many there are.
//
// For a channel with a log, Channel::live is the position of the last event that was handed out on
// this core since the channel has had subscribers here. Subscribers that are not live are passed
// over: they get the same event from the log (catch_up.h says why none is missed and none comes
// twice).
//
// Limits: channels (Open answers nullptr) and bytes waiting for a subscriber (it is not sent the
// event, its position stays, and on_full hears of it when the loop is done).
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/position.h"
#include "channels/counters.h"
#include "channels/socket_id.h"
#include "http/websocket.h"
#include "proto/pusher_frame.h"

namespace offing::channels {

class Session;
struct Subscription;

// Which of the configured apps; a channel belongs to one.
enum class AppIndex : uint32_t {};

// One event on its way to the subscribers of all cores. Immutable, shared between cores.
struct LiveEvent {
  AppIndex app;
  std::string channel;
  base::SharedBytes frame;
  base::Position position;  // Position{} on a channel without a log
  SocketId except;          // whose connection does not hear it
};

enum class ChannelLog : uint8_t { kNone, kKept };

struct Channel {
  AppIndex app;
  ChannelLog log;
  const std::string* name;  // the hub's own copy
  std::vector<Subscription*> subscribers;
  base::Position live;
};

// How a subscription gets its events.
enum class Feed : uint8_t {
  kJoining,    // asked for the log's head, to start there; not confirmed to the client yet
  kResuming,   // asked for what follows `position`; not confirmed to the client yet
  kReplaying,  // reading the log page by page
  kLive        // as they happen
};

// One client's interest in one channel. Owned by its session, as a list.
struct Subscription {
  Session* session;
  http::WebSocket* socket;
  Channel* channel;
  std::unique_ptr<Subscription> next;
  base::Position position;  // of the last event queued for it or withheld from it; logged only
  uint32_t index;           // in channel->subscribers
  Feed feed;
  proto::OnGap on_gap;
};

class Hub {
 public:
  struct Limits {
    size_t max_channels;
    size_t max_queued_bytes;
  };
  using OnFull = std::function<void(Subscription&)>;

  Hub(size_t apps, Limits limits, Counters& counters, OnFull on_full);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // nullptr: nobody on this core listens to it.
  Channel* Find(AppIndex app, std::string_view name);
  // Makes the channel if need be; nullptr at the limit. A channel without subscribers must be given
  // one, or Leave would never remove it.
  Channel* Open(AppIndex app, std::string_view name, ChannelLog log);
  // `subscription.channel` is set; it must not move until it leaves.
  void Join(Subscription& subscription);
  // Removes the channel with its last subscriber.
  void Leave(Subscription& subscription);

  // Hands the event to the live subscribers of its channel, except one session (may be nullptr).
  void Deliver(const LiveEvent& event, const Session* except);

  size_t CountSubscribers(AppIndex app, std::string_view name);
  // Every channel of `app` that begins with `prefix`, in no order.
  void ForEachChannel(AppIndex app, std::string_view prefix,
                      const std::function<void(const Channel&)>& visit) const;

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Names = std::unordered_map<std::string, Channel, NameHash, std::equal_to<>>;

  size_t DeliverLive(const Channel& channel, const LiveEvent& event, const Session* except);
  size_t DeliverLogged(Channel& channel, const LiveEvent& event, const Session* except);

  std::vector<Names> apps_;  // by AppIndex
  size_t channel_count_ = 0;
  const Limits limits_;
  Counters& counters_;
  const OnFull on_full_;
  std::vector<Subscription*> full_;  // during Deliver only
};

}  // namespace offing::channels
