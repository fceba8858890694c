#include "channels/catch_up.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/check.h"
#include "channels/session.h"

namespace offing::channels {

proto::Resume PlaceInLog(const base::Position& position, proto::OnGap on_gap,
                         const store::LogState& state) {
  if (position == base::Position{}) {
    if (state.first == 1) return {.after = position, .ok = true};
  } else if (position.epoch == state.epoch && position.seq <= state.head &&
             position.seq + 1 >= state.first) {
    return {.after = position, .ok = true};
  }
  const uint64_t seq = on_gap == proto::OnGap::kLive ? state.head : state.first - 1;
  return {.after = {state.epoch, seq}, .ok = false};
}

bool IsAhead(const base::Position& position, const store::LogState& state) {
  return position.epoch == state.epoch && position.seq > state.head;
}

CatchUp::CatchUp(Shard& shard, SocketId who, http::WebSocket& socket)
    : shard_(shard), who_(who), socket_(socket) {}

void CatchUp::Add(Subscription& subscription) {
  DCHECK(subscription.feed != Feed::kLive, "a live subscription has nothing to catch up");
  waiting_.push_back(&subscription);
  Continue();
}

void CatchUp::Remove(Subscription& subscription) {
  if (current_ == &subscription) current_ = nullptr;
  std::erase(waiting_, &subscription);
}

void CatchUp::Continue() {
  if (reading_ || waiting_.empty()) return;
  if (socket_.queued_bytes() >= kLowWater) {
    ContinueAfterFlush();
    return;
  }
  current_ = waiting_.front();
  waiting_.erase(waiting_.begin());
  Read(*current_);
}

// A socket that takes everything at the end of this round will not call OnDrained: so look again
// behind that flush. What is deferred runs before it, and what that posts runs after it.
void CatchUp::ContinueAfterFlush() {
  if (flush_awaited_) return;
  flush_awaited_ = true;
  shard_.core.Defer([&shard = shard_, who = who_] {
    shard.core.Post([&shard, who] {
      if (Session* const session = shard.sessions.Find(who)) session->OnFlushed();
    });
  });
}

// Bytes that are left were left over by the flush, and OnDrained will come; or they were queued
// since, and it may not: then the tick goes on.
void CatchUp::OnFlushed() {
  flush_awaited_ = false;
  if (socket_.queued_bytes() < kLowWater) return Continue();
  AwaitTick();
}

void CatchUp::AwaitTick() {
  if (!std::exchange(tick_awaited_, true)) shard_.CallAtTick(who_);
}

void CatchUp::OnTick() {
  tick_awaited_ = false;
  Continue();
}

void CatchUp::Read(Subscription& subscription) {
  reading_ = true;
  const Limits& limits = shard_.shared.config.limits;
  const bool head_only = subscription.feed == Feed::kJoining;
  const Channel& channel = *subscription.channel;
  const uint64_t after = std::min<uint64_t>(subscription.position.seq, INT64_MAX);
  const std::string& app = shard_.shared.config.apps[static_cast<size_t>(channel.app)].id;
  shard_.shared.journal->Read({app, *channel.name}, head_only ? 0 : after,
                              head_only ? 0 : limits.page_events, limits.page_bytes,
                              [&shard = shard_, who = who_](base::Result<store::Page> page) {
                                shard.core.Post([&shard, who, page = std::move(page)]() mutable {
                                  if (Session* const session = shard.sessions.Find(who))
                                    session->OnPage(std::move(page));
                                });
                              });
}

base::Result<void> CatchUp::OnPage(base::Result<store::Page> page) {
  reading_ = false;
  Subscription* const subscription = std::exchange(current_, nullptr);
  if (subscription == nullptr) {
    Continue();
    return {};
  }
  if (!page) {
    if (page.error().code != base::Code::kTooMany) return std::unexpected(page.error());
    waiting_.push_back(subscription);
    AwaitTick();
    return {};
  }
  Confirm(*subscription, page->state);
  QueueEvents(*subscription, *page);
  if (HasCaughtUp(*subscription, page->state)) {
    subscription->feed = Feed::kLive;
  } else {
    waiting_.push_back(subscription);
  }
  Continue();
  return {};
}

// Says where the subscription goes on, if that is news to the client, and puts it there.
void CatchUp::Confirm(Subscription& subscription, const store::LogState& state) {
  proto::Resume resume{.after = {state.epoch, state.head}, .ok = true};
  if (subscription.feed != Feed::kJoining) {
    resume = PlaceInLog(subscription.position, subscription.on_gap, state);
    if (IsAhead(subscription.position, state)) {
      shard_.shared.journal->Restored("a client was at " +
                                      base::FormatPosition(subscription.position) + " of channel " +
                                      *subscription.channel->name);
    }
  }
  subscription.position = resume.after;
  // "0:0" is good for any log; from here on it is a position of this one.
  if (resume.after == base::Position{}) subscription.position.epoch = state.epoch;
  Channel& channel = *subscription.channel;
  if (channel.live.epoch == base::kNoEpoch) channel.live.epoch = state.epoch;

  if (!resume.ok) shard_.shared.counters.gaps.Add();
  if (subscription.feed == Feed::kReplaying && resume.ok) return;
  if (subscription.feed == Feed::kResuming && resume.ok) shard_.shared.counters.resumed.Add();
  subscription.feed = Feed::kReplaying;
  socket_.SendText(proto::EncodeSubscriptionSucceeded(*channel.name, resume));
}

void CatchUp::QueueEvents(Subscription& subscription, const store::Page& page) {
  base::Position& position = subscription.position;
  // After a gap the page may have been read at another place than where the subscription goes on.
  if (page.events.empty() || page.events.front().seq != position.seq + 1) return;
  for (const store::Event& event : page.events) {
    position = {page.state.epoch, event.seq};
    socket_.SendText(proto::EncodeEvent(*subscription.channel->name, event.name, event.data,
                                        position, event.key));
  }
  shard_.shared.counters.replayed.Add(page.events.size());
}

bool CatchUp::HasCaughtUp(const Subscription& subscription, const store::LogState& state) {
  const base::Position& end = subscription.position;
  const base::Position& live = subscription.channel->live;
  return end.seq >= state.head && end.epoch == live.epoch && end.seq >= live.seq;
}

}  // namespace offing::channels
