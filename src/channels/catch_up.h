// CatchUp: gives one connection the events that its subscriptions have missed, from the logs, page
// by page, until each of them can go over to live delivery.
//
// Every subscription to a channel with a log begins here, and comes back here when its client reads
// too slowly for the live events. At any time a connection has at most one page in memory: the next
// is asked for when the last has left the socket's queue (all but kLowWater bytes of it). There is
// no buffer between the log and the live events: while a subscription is here, Hub passes it over,
// and what it is passed over for is in the log already.
//
//      Add --> [waiting for its turn, and for the socket] --read--> OnPage
//                         ^                                           |
//                         +------- there is more in the log ----------+---> Feed::kLive
//
// Why no event is missed and none comes twice. Let `end` be the position of the last event queued
// from a page, and `live` the last event that this core has handed out for the channel
// (Channel::live). The subscription goes live, within OnPage, iff
//      end >= head (the log's, at the moment of the read)   and   end >= live.
//  1. An event is committed before the journal posts it to the cores, and a read sees everything
//     that was committed before it. The posts reach a core in the order of commits (they come from
//     one thread), so at any moment this core has handled a prefix of the log.
//  2. No gap. An event behind `end` has not been handled by this core yet, so it will be, and finds
//     the subscription live. Proof: were it handled before the subscription joined the channel, it
//     was committed before the read (which is issued later), so it would be <= head <= end. Were it
//     handled after joining, it would be <= live <= end.
//  3. No double. Events up to `end` that this core has yet to handle find
//     subscription.position >= theirs, and Hub passes it over. Events up to `end` that it has
//     handled were not sent: the subscription was not live.
//  4. It ends. If end < live, the missing events are committed, and the next page has them.
//
// When retention overtakes a reader, or the log is born anew (another epoch), the client is told:
// subscription_succeeded comes (again) with ok false and the position from which it goes on.
//
// A client that is ahead of a log has its journal renew all epochs (journal.h), and everybody is
// closed with 4200 and comes back.
//
// Limits: one read outstanding per connection. A journal that takes no more reads is asked again at
// the shard's next tick; one that cannot read closes the connection with 4100.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "channels/shard.h"
#include "proto/pusher_frame.h"
#include "store/types.h"

namespace offing::channels {

// Where a subscription that has had everything up to `position` goes on, given the log's state, and
// whether that is without a gap. Pure.
proto::Resume PlaceInLog(const base::Position& position, proto::OnGap on_gap,
                         const store::LogState& state);

// The client has seen more of this very log than the store has: the store was restored from a
// backup (spec/outbox.md, "Marks"). Pure.
bool IsAhead(const base::Position& position, const store::LogState& state);

class CatchUp {
 public:
  static constexpr size_t kLowWater = 16 << 10;

  // `who` names the session that owns this and passes on what is called On... here.
  CatchUp(Shard& shard, SocketId who, http::WebSocket& socket);
  CatchUp(const CatchUp&) = delete;
  CatchUp& operator=(const CatchUp&) = delete;

  // The subscription has joined its channel; its feed says how it begins: kJoining, kResuming or
  // kReplaying.
  void Add(Subscription& subscription);
  // It leaves, whatever it waits for.
  void Remove(Subscription& subscription);

  // The answer to a read, on this core. kTooMany was dealt with here; another error is for the
  // session to act upon.
  base::Result<void> OnPage(base::Result<store::Page> page);
  // The socket's queue is empty again: goes on if it may.
  void Continue();
  // What had been queued in a round has been offered to the peer.
  void OnFlushed();
  // The tick, if it was asked for.
  void OnTick();

  // Nothing to do and nothing outstanding: may be destroyed.
  bool idle() const { return waiting_.empty() && !reading_; }

 private:
  void Read(Subscription& subscription);
  void Confirm(Subscription& subscription, const store::LogState& state);
  void QueueEvents(Subscription& subscription, const store::Page& page);
  static bool HasCaughtUp(const Subscription& subscription, const store::LogState& state);
  void ContinueAfterFlush();
  void AwaitTick();

  Shard& shard_;
  const SocketId who_;
  http::WebSocket& socket_;
  std::vector<Subscription*> waiting_;  // first in, first out
  Subscription* current_ = nullptr;     // whose page was asked for; nullptr: it has left since
  bool reading_ = false;
  bool flush_awaited_ = false;
  bool tick_awaited_ = false;
};

}  // namespace offing::channels
