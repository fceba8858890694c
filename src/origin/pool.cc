#include "origin/pool.h"

#include <algorithm>
#include <utility>

namespace offing::origin {

Link::Link(Pool& pool, std::unique_ptr<net::Stream> stream)
    : pool_(pool), stream_(std::move(stream)) {
  ++pool_.links_;
  stream_->SetListener(this);
  stream_->ResumeReading();
}

Link::~Link() {
  pool_.OnLinkGone();
}

void Link::OnBytes(std::span<char> bytes) {
  if (user_ != nullptr) return user_->OnLinkBytes({bytes.data(), bytes.size()});
  pool_.deps_.counters.leftover.Add();
  pool_.Forget(*this);
}

void Link::OnDrained() {
  if (user_ != nullptr) user_->OnLinkDrained();
}

void Link::OnClosed() {
  if (user_ == nullptr) return pool_.Forget(*this);
  user_->OnLinkClosed(stream_->ended_in_order() ? User::End::kInOrder : User::End::kBroken);
}

Pool::Pool(Deps deps) : deps_(deps) {}

Pool::~Pool() {
  connecting_.clear();
  kept_.clear();
}

std::unique_ptr<Link> Pool::TakeKept() {
  if (kept_.empty()) return nullptr;
  auto link = std::move(kept_.back());
  kept_.pop_back();
  return link;
}

bool Pool::Wait(Waiter& waiter) {
  if (waiting_.size() >= deps_.config.max_waiting) return false;
  waiting_.push_back(waiter);
  ServeSoon();
  return true;
}

void Pool::Keep(std::unique_ptr<Link> link, int64_t for_ms) {
  link->SetUser(nullptr);
  link->stream().ResumeReading();
  link->kept_until_ms_ = deps_.clock.SteadyMs() + for_ms;
  if (waiting_.empty() && (for_ms <= 0 || kept_.size() >= deps_.config.max_idle_per_core)) return;
  kept_.push_back(std::move(link));
  if (!waiting_.empty()) ServeSoon();
}

void Pool::Sweep(int64_t now_ms) {
  std::erase_if(kept_, [&](const auto& link) { return now_ms >= link->kept_until_ms_; });
}

void Pool::OnLinkGone() {
  --links_;
  deps_.counters.connections.Sub();
  if (!waiting_.empty()) ServeSoon();
}

void Pool::Forget(Link& link) {
  std::erase_if(kept_, [&](const auto& each) { return each.get() == &link; });
}

// At the end of the round, not within whatever freed a connection.
void Pool::ServeSoon() {
  if (std::exchange(serving_soon_, true)) return;
  deps_.core.Defer([this, weak = std::weak_ptr(alive_)] {
    if (weak.expired()) return;
    serving_soon_ = false;
    Serve();
  });
}

void Pool::Serve() {
  while (!waiting_.empty() && !kept_.empty()) {
    Waiter& waiter = waiting_.front();
    waiting_.pop_front();
    waiter.OnLink(TakeKept());
  }
  const size_t most = deps_.config.max_connections_per_core;
  const size_t waiting = waiting_.size();
  while (waiting > connecting_.size() && links_ + connecting_.size() < most) Dial();
}

void Pool::Dial() {
  deps_.counters.connections.Add();
  const uint64_t number = next_number_++;
  const auto done = [this, number](base::Result<std::unique_ptr<net::Stream>> stream) {
    OnDialled(number, std::move(stream));
  };
  auto endpoints = deps_.host.Find();
  // An empty list is refused like an address that nobody listens on, and says why.
  connecting_.push_back({number, net::Connect(deps_.core, endpoints.value_or(net::Endpoints()),
                                              deps_.config.connect_time_ms, done)});
}

void Pool::OnDialled(uint64_t number, base::Result<std::unique_ptr<net::Stream>> stream) {
  std::erase_if(connecting_, [&](const Dialling& each) { return each.number == number; });
  std::unique_ptr<Link> link;
  if (stream) {
    deps_.counters.opened.Add();
    link = std::make_unique<Link>(*this, std::move(*stream));
  } else {
    deps_.counters.connections.Sub();
  }
  if (waiting_.empty()) {
    if (link) Keep(std::move(link), 1'000);
    return;
  }
  Waiter& waiter = waiting_.front();
  waiting_.pop_front();
  if (link) return waiter.OnLink(std::move(link));
  const auto found = deps_.host.Find();
  waiter.OnNoLink(found ? stream.error() : found.error());
}

}  // namespace offing::origin
