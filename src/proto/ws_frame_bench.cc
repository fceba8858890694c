// Nanoseconds per frame: parsed by a server (masked, whole), parsed from two pieces, encoded by a
// server.
//   ws_frame_bench [FRAMES]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "proto/ws_frame.h"

namespace {

using namespace offing::proto;

class Count final : public WsSink {
 public:
  void OnWsMessage(WsOpcode, std::string_view payload) override { bytes += payload.size(); }
  void OnWsPing(std::string_view) override {}
  void OnWsPong(std::string_view) override {}
  void OnWsClose(uint16_t, std::string_view) override {}
  size_t bytes = 0;
};

template <class Work>
double NsPerFrame(size_t frames, Work work) {
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < frames; ++i) work();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / static_cast<double>(frames);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t frames = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  std::printf("%8s %10s %10s %10s   ns per frame\n", "payload", "whole", "two cuts", "encoded");
  size_t sum = 0;
  for (const size_t size : {16U, 100U, 1000U, 10000U}) {
    const std::string payload(size, 'x');
    const std::string frame = EncodeWsClientFrame(WsOpcode::kText, payload, 0x37FA213D);
    const size_t rounds = size < 1000 ? frames : frames / 10;
    Count count;
    WsParser parser(WsPeer::kClient, 1 << 20);
    std::string bytes;
    const double whole = NsPerFrame(rounds, [&] {
      bytes = frame;
      parser.Feed(bytes, count);
    });
    const double two = NsPerFrame(rounds, [&] {
      bytes = frame;
      parser.Feed(std::span(bytes).first(size / 2), count);
      parser.Feed(std::span(bytes).subspan(size / 2), count);
    });
    const double encoded =
        NsPerFrame(rounds, [&] { sum += EncodeWsFrame(WsOpcode::kText, payload).size(); });
    sum += count.bytes;
    std::printf("%8zu %10.1f %10.1f %10.1f\n", size, whole, two, encoded);
  }
  return sum == 0;
}
