// What one frame for many WebSockets costs beside the floor, a bare loop of send(2) over plain
// sockets, in one run: CPU per delivery on the sending thread (the kernel's part included), and
// resident memory per idle WebSocket. The peers are in a process of their own.
//
//   fanout_floor_bench [PEERS] [ROUNDS]
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "http/server.h"
#include "net/test_peer.h"
#include "proto/ws_frame.h"

namespace offing::http {
namespace {

constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

class Subscriber final : public WebSocketListener {
 public:
  explicit Subscriber(std::vector<WebSocket*>& all) : all_(all) {}
  void OnOpen(WebSocket& socket) override { all_.push_back(&socket); }
  void OnText(std::string_view) override {}
  void OnPeerAlive() override {}
  void OnDrained() override {}
  void OnClosed() override {}

 private:
  std::vector<WebSocket*>& all_;
};

class Subscribers final : public Handler {
 public:
  void Handle(std::unique_ptr<Exchange> exchange) override {
    exchange->AcceptWebSocket(std::make_unique<Subscriber>(all), {});
  }
  std::vector<WebSocket*> all;
};

int64_t CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

size_t ResidentBytes() {
  std::ifstream in("/proc/self/statm");
  size_t all = 0;
  size_t resident = 0;
  in >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Connects to both ports `peers` times and reads for ever.
[[noreturn]] void BePeers(uint16_t websockets, uint16_t plain, int peers) {
  const int poller = epoll_create1(0);
  std::vector<std::unique_ptr<net::TestPeer>> all;
  for (int i = 0; i < 2 * peers; ++i) {
    all.push_back(std::make_unique<net::TestPeer>(i < peers ? plain : websockets));
    if (i >= peers) all.back()->Send(kUpgrade);
    epoll_event event{.events = EPOLLIN, .data = {.fd = all.back()->fd()}};
    epoll_ctl(poller, EPOLL_CTL_ADD, all.back()->fd(), &event);
  }
  std::array<epoll_event, 256> events;
  std::array<char, 4096> buffer;
  for (;;) {
    const int count = epoll_wait(poller, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      if (recv(events[i].data.fd, buffer.data(), buffer.size(), 0) <= 0) _exit(0);
    }
  }
}

void LetPeersRead() {
  poll(nullptr, 0, 30);
}

void RaiseFileLimit() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

struct PlainListener {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  uint16_t port = 0;  // 0: it failed
};

PlainListener ListenPlain() {
  PlainListener listener;
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener.fd, raw, size) == 0 && listen(listener.fd, 4096) == 0 &&
      getsockname(listener.fd, raw, &size) == 0) {
    listener.port = ntohs(address.sin_port);
  }
  return listener;
}

std::vector<int> AcceptPlain(const PlainListener& listener, int peers) {
  std::vector<int> accepted;
  while (accepted.size() < static_cast<size_t>(peers)) {
    const int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accepted.push_back(fd);
  }
  return accepted;
}

struct Costs {
  int64_t bare_ns = 0;
  int64_t ours_ns = 0;
};

// By turns, so that both see the same machine.
Costs Measure(const std::vector<int>& bare, const std::vector<WebSocket*>& sockets,
              const base::SharedBytes& frame, int rounds) {
  Costs costs;
  for (int round = 0; round < rounds; ++round) {
    LetPeersRead();
    int64_t start = CpuNs();
    for (const int fd : bare) {
      const ssize_t sent = send(fd, frame->data(), frame->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      CHECK(sent == static_cast<ssize_t>(frame->size()), "the peers are slower than the bench");
    }
    costs.bare_ns += CpuNs() - start;
    LetPeersRead();
    start = CpuNs();
    for (WebSocket* socket : sockets) socket->Send(frame);
    sockets.front()->core().Poll();
    costs.ours_ns += CpuNs() - start;
    CHECK(sockets.back()->queued_bytes() == 0, "the peers are slower than the bench");
  }
  return costs;
}

int Run(int peers, int rounds) {
  RaiseFileLimit();
  const base::SystemClock clock;
  const base::Log log(clock, STDERR_FILENO, base::LogLevel::kInfo);
  base::Metrics metrics;
  net::Core core(0, {log, metrics});
  Subscribers handler;
  Server server({{&core}, handler, clock, log, metrics}, {});
  const PlainListener listener = ListenPlain();
  const auto port = server.Listen({"127.0.0.1", 0});
  if (!port || listener.port == 0) return 1;
  const pid_t child = fork();
  if (child == 0) BePeers(*port, listener.port, peers);

  const std::vector<int> bare = AcceptPlain(listener, peers);
  const size_t before = ResidentBytes();
  while (handler.all.size() < static_cast<size_t>(peers)) core.Poll();
  net::Settle(core);
  const size_t idle = (ResidentBytes() - before) / static_cast<size_t>(peers);

  const auto frame =
      base::MakeShared(proto::EncodeWsFrame(proto::WsOpcode::kText, std::string(200, 'x')));
  const Costs costs = Measure(bare, handler.all, frame, rounds);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const double deliveries = 1000.0 * rounds * peers;
  fmt::print("peers {}, rounds {}, frame {} bytes\n", peers, rounds, frame->size());
  fmt::print("bare send loop    {:.2f} us of CPU per delivery\n", costs.bare_ns / deliveries);
  fmt::print("WebSocket::Send   {:.2f} us of CPU per delivery, {:.3f} times the loop\n",
             costs.ours_ns / deliveries,
             static_cast<double>(costs.ours_ns) / static_cast<double>(costs.bare_ns));
  fmt::print("resident memory   {} bytes per idle WebSocket\n", idle);
  return 0;
}

}  // namespace
}  // namespace offing::http

int main(int argc, char** argv) {
  const int peers = argc > 1 ? std::atoi(argv[1]) : 4'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 20;
  return offing::http::Run(peers, rounds);
}
