#include "http/lobby.h"

#include <fmt/chrono.h>

#include <ctime>
#include <utility>

#include "http/connection.h"

namespace offing::http {

namespace {

constexpr int64_t kSweepMs = 1'000;
constexpr int64_t kDrainCheckMs = 20;
constexpr int64_t kRefusalWaitMs = 1'000;

// Calls `visit` for each; a peer may leave the list meanwhile, but only itself.
template <class List, class Visit>
void ForEach(List& list, Visit visit) {
  for (auto it = list.begin(); it != list.end();) visit(*it++);
}

}  // namespace

Lobby::~Lobby() {
  for (List* list : {&http_, &websockets_, &closing_}) {
    list->clear_and_dispose([](Peer* peer) { delete peer; });
  }
}

void Lobby::Start() {
  sweeper_ = core_.Every(kSweepMs, [this] { Sweep(); });
}

void Lobby::Greet(std::unique_ptr<net::Stream> stream) {
  if (shared_.connections.load() >= shared_.config.max_connections) {
    counters().refused_connections.Add();
    stream->Write(
        std::string("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
                    "Connection: close\r\n\r\n"));
    stream->Close(kRefusalWaitMs);
    return;
  }
  counters().accepted.Add();
  auto connection = std::make_unique<Connection>(*this, std::move(stream));
  Connection& started = *connection;
  AddHttp(std::move(connection));
  started.Start();
}

void Lobby::AddHttp(std::unique_ptr<Peer> peer) {
  http_.push_back(*peer.release());
}

void Lobby::AddWebSocket(std::unique_ptr<Peer> peer) {
  websockets_.push_back(*peer.release());
}

void Lobby::SweepToo(Peer& peer) {
  peer.unlink();
  closing_.push_back(peer);
}

void Lobby::Sweep() {
  const int64_t now = now_ms();
  ForEach(http_, [&](Peer& peer) { peer.Sweep(now); });
  ForEach(closing_, [&](Peer& peer) { peer.Sweep(now); });
}

void Lobby::Wake(Peer& peer) {
  awake_.push_back(&peer);
  ArmRound();
}

void Lobby::Bury(Peer& peer) {
  peer.unlink();
  dead_.emplace_back(&peer);
  ArmRound();
}

void Lobby::ArmRound() {
  if (std::exchange(round_armed_, true)) return;
  core_.Defer([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->EndRound();
  });
}

void Lobby::EndRound() {
  round_armed_ = false;
  // The dead are freed after all that were awake have been asked, for they may be among them.
  const auto dead = std::exchange(dead_, {});
  for (Peer* peer : std::exchange(awake_, {})) peer->Continue();
  if (draining()) CheckDrained();
}

void Lobby::Drain(std::function<void()> done) {
  if (draining()) return;
  on_drained_ = std::move(done);
  // Answers may still be on their way to the kernel: nobody tells when, so it is looked at.
  drain_timer_ = core_.Every(kDrainCheckMs, [this] {
    Sweep();
    CheckDrained();
  });
  Sweep();
  CheckDrained();
}

void Lobby::CheckDrained() {
  if (!http_.empty() || !drain_timer_) return;
  drain_timer_.reset();
  on_drained_();
}

std::string_view Lobby::date() {
  const int64_t second = shared_.clock.WallMs() / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<time_t>(second)));
  }
  return date_;
}

void Lobby::Log(const AccessLog::Entry& entry) {
  if (shared_.access_log == nullptr) return;
  if (!shared_.access_log->Write(entry)) counters().log_failures.Add();
}

}  // namespace offing::http
