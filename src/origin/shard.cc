#include "origin/shard.h"

#include <utility>

#include "origin/asking.h"
#include "origin/passage.h"
#include "origin/tunnel.h"

namespace offing::origin {

namespace {

constexpr int64_t kSweepMs = 100;

}  // namespace

Shard::Shard(net::Core& core, Shared& shared)
    : core_(core),
      shared_(shared),
      pool_({core, shared.config, shared.host, shared.clock, shared.counters}) {}

Shard::~Shard() {
  residents_.clear_and_dispose([](Resident* resident) { delete resident; });
  dead_.clear();
}

void Shard::Add(std::unique_ptr<Resident> resident) {
  residents_.push_back(*resident.release());
  if (!sweeper_) sweeper_ = core_.Every(kSweepMs, [this] { Sweep(); });
}

void Shard::Bury(Resident& resident) {
  resident.unlink();
  dead_.emplace_back(&resident);
  if (dead_.size() > 1) return;
  core_.Defer([this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired()) std::exchange(dead_, {}).clear();
  });
}

void Shard::Sweep() {
  const int64_t now = now_ms();
  for (auto it = residents_.begin(); it != residents_.end();) (it++)->Sweep(now);
  pool_.Sweep(now);
  if (residents_.empty() && pool_.empty()) sweeper_.reset();
}

void Shard::Drain() {
  for (auto it = residents_.begin(); it != residents_.end();) (it++)->Drain();
}

void Shard::Forward(std::unique_ptr<http::Exchange> exchange, ForwardOptions options) {
  counters().requests.Add();
  auto passage = std::make_unique<Passage>(*this, std::move(exchange), std::move(options));
  Passage& started = *passage;
  Add(std::move(passage));
  started.Start();
}

void Shard::Ask(http::Request request, AskLimits limits, AskDone done) {
  auto asking = std::make_unique<Asking>(*this, std::move(request), limits, std::move(done));
  Asking& started = *asking;
  Add(std::move(asking));
  started.Start();
}

void Shard::OpenTunnel(http::TakenStream client, std::unique_ptr<Link> link, std::string early) {
  auto tunnel = std::make_unique<Tunnel>(*this, std::move(client), std::move(link));
  Tunnel& started = *tunnel;
  Add(std::move(tunnel));
  started.Start(std::move(early));
}

}  // namespace offing::origin
