#include "channels/hub.h"

#include <utility>

#include "base/check.h"

namespace offing::channels {

Hub::Hub(size_t apps, Limits limits, Counters& counters, OnFull on_full)
    : apps_(apps), limits_(limits), counters_(counters), on_full_(std::move(on_full)) {}

Channel* Hub::Find(AppIndex app, std::string_view name) {
  Names& names = apps_[static_cast<size_t>(app)];
  const auto found = names.find(name);
  return found == names.end() ? nullptr : &found->second;
}

Channel* Hub::Open(AppIndex app, std::string_view name, ChannelLog log) {
  if (Channel* const channel = Find(app, name)) return channel;
  if (channel_count_ >= limits_.max_channels) return nullptr;
  const auto [made, inserted] = apps_[static_cast<size_t>(app)].try_emplace(std::string(name));
  CHECK(inserted, "Find did not see the channel");
  made->second.app = app;
  made->second.log = log;
  made->second.name = &made->first;
  ++channel_count_;
  return &made->second;
}

void Hub::Join(Subscription& subscription) {
  std::vector<Subscription*>& subscribers = subscription.channel->subscribers;
  subscription.index = static_cast<uint32_t>(subscribers.size());
  subscribers.push_back(&subscription);
  counters_.subscriptions.Add();
}

void Hub::Leave(Subscription& subscription) {
  Channel& channel = *subscription.channel;
  std::vector<Subscription*>& subscribers = channel.subscribers;
  CHECK(subscribers[subscription.index] == &subscription, "a subscription knows its place");
  subscribers[subscription.index] = subscribers.back();
  subscribers[subscription.index]->index = subscription.index;
  subscribers.pop_back();
  subscription.channel = nullptr;
  counters_.subscriptions.Sub();
  if (subscribers.empty()) {
    Names& names = apps_[static_cast<size_t>(channel.app)];
    names.erase(names.find(*channel.name));
    --channel_count_;
  }
}

void Hub::Deliver(const LiveEvent& event, const Session* except) {
  Channel* const channel = Find(event.app, event.channel);
  if (channel == nullptr) return;
  counters_.delivered.Add(channel->log == ChannelLog::kKept ? DeliverLogged(*channel, event, except)
                                                            : DeliverLive(*channel, event, except));
  for (Subscription* const subscription : std::exchange(full_, {})) on_full_(*subscription);
}

size_t Hub::DeliverLive(const Channel& channel, const LiveEvent& event, const Session* except) {
  size_t sent = 0;
  for (Subscription* const subscription : channel.subscribers) {
    if (subscription->session == except) continue;
    if (subscription->socket->queued_bytes() > limits_.max_queued_bytes) {
      full_.push_back(subscription);
      continue;
    }
    subscription->socket->Send(event.frame);
    ++sent;
  }
  return sent;
}

size_t Hub::DeliverLogged(Channel& channel, const LiveEvent& event, const Session* except) {
  const base::Position at = event.position;
  // A log that is born anew counts from 1 again. Another epoch's event with a higher number is a
  // straggler of a log that is gone.
  const bool known = channel.live.epoch != base::kNoEpoch;
  if (known && at.epoch != channel.live.epoch && at.seq != 1) return 0;
  channel.live = at;
  size_t sent = 0;
  for (Subscription* const subscription : channel.subscribers) {
    if (subscription->feed != Feed::kLive) continue;
    base::Position& position = subscription->position;
    if (position.epoch == at.epoch && position.seq >= at.seq) continue;  // had it from the log
    if (subscription->session != except) {
      if (subscription->socket->queued_bytes() > limits_.max_queued_bytes) {
        full_.push_back(subscription);
        continue;
      }
      subscription->socket->Send(event.frame);
      ++sent;
    }
    position = at;
  }
  return sent;
}

size_t Hub::CountSubscribers(AppIndex app, std::string_view name) {
  const Channel* const channel = Find(app, name);
  return channel == nullptr ? 0 : channel->subscribers.size();
}

void Hub::ForEachChannel(AppIndex app, std::string_view prefix,
                         const std::function<void(const Channel&)>& visit) const {
  for (const auto& [name, channel] : apps_[static_cast<size_t>(app)]) {
    if (name.starts_with(prefix)) visit(channel);
  }
}

}  // namespace offing::channels
