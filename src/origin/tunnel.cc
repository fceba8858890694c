#include "origin/tunnel.h"

#include <utility>

namespace offing::origin {

namespace {

constexpr int64_t kCloseWaitMs = 5'000;

}  // namespace

Tunnel::Tunnel(Shard& shard, http::TakenStream client, std::unique_ptr<Link> link)
    : shard_(shard), client_(std::move(client)), link_(std::move(link)), moved_ms_(shard.now_ms()) {
  shard_.counters().tunnels.Add();
  shard_.counters().tunnels_opened.Add();
}

Tunnel::~Tunnel() {
  shard_.counters().tunnels.Sub();
}

void Tunnel::Start(std::string early) {
  client_.stream->SetListener(this);
  link_->SetUser(this);
  ToClient(std::move(early));
  if (!client_.early.empty()) ToOrigin(std::exchange(client_.early, {}));
  client_.stream->ResumeReading();
  link_->stream().ResumeReading();
}

void Tunnel::ToClient(std::string bytes) {
  moved_ms_ = shard_.now_ms();
  client_.place->CountSent(bytes.size());
  client_.stream->Write(std::move(bytes));
  if (client_.stream->queued_bytes() <= shard_.shared().config.max_queued_bytes) return;
  link_->stream().PauseReading();
  client_.stream->AwaitDrained();
}

void Tunnel::ToOrigin(std::string bytes) {
  moved_ms_ = shard_.now_ms();
  link_->stream().Write(std::move(bytes));
  if (link_->stream().queued_bytes() <= shard_.shared().config.max_queued_bytes) return;
  client_.stream->PauseReading();
  link_->stream().AwaitDrained();
}

void Tunnel::OnBytes(std::span<char> bytes) {
  if (!over_) ToOrigin(std::string(bytes.data(), bytes.size()));
}

void Tunnel::OnLinkBytes(std::string_view bytes) {
  if (!over_) ToClient(std::string(bytes));
}

void Tunnel::OnDrained() {
  moved_ms_ = shard_.now_ms();
  link_->stream().ResumeReading();
}

void Tunnel::OnLinkDrained() {
  moved_ms_ = shard_.now_ms();
  client_.stream->ResumeReading();
}

void Tunnel::OnLinkClosed(Link::User::End) {
  End();
}

// Of the side that has ended Close() is nothing; the other gets what was read, and its end.
void Tunnel::End() {
  if (std::exchange(over_, true)) return;
  client_.stream->Close(kCloseWaitMs);
  link_->stream().Close(kCloseWaitMs);
  shard_.Bury(*this);
}

void Tunnel::Sweep(int64_t now_ms) {
  if (now_ms - moved_ms_ >= shard_.shared().config.idle_time_ms) End();
}

}  // namespace offing::origin
