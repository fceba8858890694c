#include "channels/shard.h"

#include <algorithm>
#include <utility>

#include "channels/session.h"

namespace offing::channels {

namespace {

constexpr int64_t kTickMs = 1'000;
constexpr int64_t kDrainTickMs = 50;

}  // namespace

Shard::Shard(net::Core& core_of, size_t index_of, const Shared& all)
    : core(core_of),
      index(index_of),
      shared(all),
      hub(all.config.apps.size(),
          {all.config.limits.max_channels_per_core, all.config.limits.max_queued_bytes},
          all.counters,
          [](Subscription& subscription) { subscription.session->OnFull(subscription); }),
      sessions(index_of, all.cores, all.random),
      now_s_(static_cast<uint32_t>(all.clock.SteadyMs() / 1'000)) {}

void Shard::Start() {
  tick_ = core.Every(kTickMs, [this] { Tick(); });
}

void Shard::Stop() {
  tick_.reset();
  drain_.reset();
}

void Shard::Deliver(const LiveEvent& event) {
  hub.Deliver(event, sessions.Find(event.except));
}

void Shard::CloseAll(std::string_view reason) {
  sessions.Take(sessions.size(), [reason](Session& session) { session.OnSentAway(reason); });
}

size_t Shard::Tell(std::string_view text) {
  size_t told = 0;
  sessions.Take(sessions.size(), [text, &told](Session& session) {
    if (session.app() != AppIndex{0}) return;
    session.Tell(text);
    ++told;
  });
  return told;
}

void Shard::OnSessionClosed() {
  --open_sessions_;
  if (draining_ && open_sessions_ == 0 && drained_) std::exchange(drained_, nullptr)();
}

void Shard::Tick() {
  now_s_ = static_cast<uint32_t>(shared.clock.SteadyMs() / 1'000);
  const SessionTable::Timeouts timeouts{
      .silence_s = static_cast<uint32_t>(shared.config.activity_timeout_ms / 1'000),
      .answer_s = static_cast<uint32_t>(shared.config.pong_timeout_ms / 1'000)};
  sessions.Sweep(
      now_s_, timeouts, [](Session& session) { session.OnSilent(); },
      [](Session& session) { session.OnDead(); });
  for (const SocketId& id : std::exchange(waiting_, {})) {
    if (Session* const session = sessions.Find(id)) session->OnTick();
  }
}

void Shard::Drain(std::function<void()> drained) {
  draining_ = true;
  drained_ = std::move(drained);
  if (open_sessions_ == 0) {
    if (drained_) std::exchange(drained_, nullptr)();
    return;
  }
  const auto ticks =
      static_cast<size_t>(std::max<int64_t>(1, shared.config.drain_spread_ms / kDrainTickMs));
  drain_step_ = (sessions.size() + ticks - 1) / ticks;
  drain_ = core.Every(kDrainTickMs, [this] { DrainSome(); });
}

void Shard::DrainSome() {
  sessions.Take(drain_step_,
                [](Session& session) { session.OnSentAway("the server is draining"); });
}

}  // namespace offing::channels
