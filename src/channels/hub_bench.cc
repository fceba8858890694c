// What a subscriber costs, without sockets:
//   fan-out   ns per subscriber for one event, on a channel without and with a log
//   memory    bytes on the heap per idle session with one subscription (operator new is counted)
//
//   build/release/hub_bench [SUBSCRIBERS]
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "channels/session.h"
#include "channels/shard.h"
#include "proto/ws_frame.h"

namespace {

size_t heap_bytes = 0;

}  // namespace

void* operator new(size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  heap_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  heap_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  operator delete(memory);
}

namespace offing::channels {
namespace {

// Takes a reference to the frame, as a queue does, and drops the one before it.
class Sink final : public http::WebSocket {
 public:
  explicit Sink(net::Core& core) : core_(core) {}
  void Send(base::SharedBytes frame) override { frame_ = std::move(frame); }
  void SendText(std::string_view) override {}
  size_t queued_bytes() const override { return 0; }
  void Close(uint16_t, std::string_view) override {}
  net::Core& core() override { return core_; }

 private:
  net::Core& core_;
  base::SharedBytes frame_;
};

class NoRandom final : public crypto::Random {
 public:
  uint64_t U64() override { return ++last_; }

 private:
  uint64_t last_ = 0;
};

// The best of several runs: what the machine does besides is not ours.
double NsPerSubscriber(Shard& shard, LiveEvent event, size_t subscribers) {
  constexpr int kRuns = 50;
  constexpr int kRounds = 10;
  double best = std::numeric_limits<double>::max();
  for (int run = 0; run < kRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      if (event.position.epoch != base::kNoEpoch) ++event.position.seq;
      shard.Deliver(event);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / kRounds / static_cast<double>(subscribers));
  }
  return best;
}

void Run(size_t subscribers) {
  base::SystemClock clock;
  base::Log log(clock, 2, base::LogLevel::kError);
  base::Metrics metrics;
  Counters counters(metrics);
  NoRandom random;
  ChannelsConfig config;
  config.apps = {{"1", "key", "secret"}};
  net::Core core(0, {log, metrics});
  Shard shard(core, 0, Shared{config, clock, log, random, nullptr, counters, 1});

  std::vector<std::unique_ptr<Sink>> sinks;
  for (size_t i = 0; i < subscribers; ++i) sinks.push_back(std::make_unique<Sink>(core));
  std::vector<std::unique_ptr<Session>> sessions(subscribers);
  const size_t before = heap_bytes;
  for (size_t i = 0; i < subscribers; ++i) {
    sessions[i] = std::make_unique<Session>(shard, AppIndex{0});
    sessions[i]->OnOpen(*sinks[i]);
    sessions[i]->OnText(R"({"event":"pusher:subscribe","data":{"channel":"news"}})");
  }
  fmt::print("subscribers                      {}\n", subscribers);
  fmt::print("sizeof(Session)                  {} bytes\n", sizeof(Session));
  fmt::print("sizeof(Subscription)             {} bytes\n", sizeof(Subscription));
  fmt::print("heap per session + subscription  {:.0f} bytes\n",
             static_cast<double>(heap_bytes - before) / static_cast<double>(subscribers));

  LiveEvent event{AppIndex{0},
                  "news",
                  base::MakeShared(proto::EncodeWsFrame(
                      proto::WsOpcode::kText,
                      proto::EncodeEvent("news", "e", std::string(200, 'x'), std::nullopt))),
                  {},
                  {}};
  fmt::print("fan-out without a log            {:.1f} ns per subscriber\n",
             NsPerSubscriber(shard, event, subscribers));
  shard.hub.Find(AppIndex{0}, "news")->log = ChannelLog::kKept;
  event.position = {base::Epoch{1}, 0};
  fmt::print("fan-out with a log               {:.1f} ns per subscriber\n",
             NsPerSubscriber(shard, event, subscribers));
  sessions.clear();
}

}  // namespace
}  // namespace offing::channels

int main(int argc, char** argv) {
  const long subscribers = argc > 1 ? std::atol(argv[1]) : 10'000;
  if (subscribers < 1) return 2;
  offing::channels::Run(static_cast<size_t>(subscribers));
}
