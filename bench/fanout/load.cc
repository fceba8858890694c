// The load generator of the fan-out benchmark: many WebSocket subscribers in one process, which
// count the frames that they get.
//
//   fanout_load PORT PATH CONNECTIONS [SUBSCRIBE]
//
// Opens CONNECTIONS WebSockets to 127.0.0.1:PORT, asks for PATH, sends SUBSCRIBE as a text frame if
// it is given, and prints "open". Then it reads commands from standard input: "reset" forgets the
// count ("ok"), "wait N" answers "got N" when N frames have come. It does not answer pings and does
// not check what it receives: it is a floor for the cost of receiving, the same for every server.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "proto/ws_frame.h"

namespace {

using offing::proto::EncodeWsClientFrame;
using offing::proto::WsOpcode;

constexpr int kInFlight = 64;       // connections being opened at once
constexpr int kPerAddress = 20000;  // below the number of ephemeral ports of one source address

struct Connection {
  int fd = -1;
  bool open = false;
  uint64_t skip = 0;    // bytes of the current frame still to come
  std::string partial;  // the head of the answer, or of a frame
};

class Load {
 public:
  Load(uint16_t port, std::string path, int count, std::string subscribe)
      : port_(port),
        path_(std::move(path)),
        subscribe_(std::move(subscribe)),
        connections_(count) {}

  int Run() {
    poll_ = ::epoll_create1(EPOLL_CLOEXEC);
    const int count = static_cast<int>(connections_.size());
    while (open_ < count) {
      while (started_ < count && started_ - open_ < kInFlight) {
        if (!Start(started_)) return 1;
        ++started_;
      }
      if (!Poll(1000)) return 1;
    }
    std::puts("open");
    std::fflush(stdout);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = UINT32_MAX;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    while (!done_) {
      if (!Poll(-1)) return 1;
    }
    return 0;
  }

 private:
  bool Start(int index) {
    Connection& connection = connections_[static_cast<size_t>(index)];
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f000001u + 1 + static_cast<uint32_t>(index / kPerAddress));
    // The port is chosen at connect, and a reset at the end leaves nothing waiting: one run after
    // another finds all of them free.
    const int on = 1;
    const linger reset{1, 0};
    ::setsockopt(connection.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::bind(connection.fd, reinterpret_cast<sockaddr*>(&from), sizeof from);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connection.fd < 0 ||
        (::connect(connection.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 &&
         errno != EINPROGRESS)) {
      std::perror("connect");
      return false;
    }
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u32 = static_cast<uint32_t>(index);
    return ::epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd, &event) == 0;
  }

  bool Poll(int timeout_ms) {
    std::array<epoll_event, 512> events;
    const int count = ::epoll_wait(poll_, events.data(), events.size(), timeout_ms);
    for (int i = 0; i < count; ++i) {
      const uint32_t index = events[static_cast<size_t>(i)].data.u32;
      if (index == UINT32_MAX) {
        Command();
      } else if (events[static_cast<size_t>(i)].events & EPOLLOUT) {
        if (!Ask(connections_[index], index)) return false;
      } else if (!Receive(connections_[index])) {
        return false;
      }
    }
    return true;
  }

  bool Ask(Connection& connection, uint32_t index) {
    const std::string request =
        "GET " + path_ +
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = index;
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, connection.fd, &event);
    return Send(connection, request);
  }

  static bool Send(Connection& connection, const std::string& bytes) {
    if (::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(bytes.size()))
      return true;
    std::perror("send");
    return false;
  }

  bool Receive(Connection& connection) {
    const ssize_t got = ::recv(connection.fd, scratch_.data(), scratch_.size(), 0);
    if (got <= 0) {
      std::fprintf(stderr, "a connection was closed\n");
      return false;
    }
    std::string_view bytes(scratch_.data(), static_cast<size_t>(got));
    if (!connection.open) {
      connection.partial.append(bytes);
      const size_t end = connection.partial.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      if (!connection.partial.starts_with("HTTP/1.1 101")) {
        std::fprintf(stderr, "not upgraded: %s\n", connection.partial.c_str());
        return false;
      }
      connection.open = true;
      ++open_;
      const std::string rest = connection.partial.substr(end + 4);
      connection.partial.clear();
      if (!subscribe_.empty() &&
          !Send(connection, EncodeWsClientFrame(WsOpcode::kText, subscribe_, 0x01020304))) {
        return false;
      }
      Count(connection, rest);
      return true;
    }
    Count(connection, bytes);
    return true;
  }

  void Count(Connection& connection, std::string_view bytes) {
    while (!bytes.empty()) {
      if (connection.skip > 0) {
        const size_t step = std::min<uint64_t>(connection.skip, bytes.size());
        bytes.remove_prefix(step);
        connection.skip -= step;
        if (connection.skip == 0) Got();
        continue;
      }
      std::string& head = connection.partial;
      head += bytes.front();
      bytes.remove_prefix(1);
      if (head.size() < 2) continue;
      const auto length = static_cast<uint8_t>(head[1]);
      const size_t size = length < 126 ? 2 : length == 126 ? 4 : 10;
      if (head.size() < size) continue;
      connection.skip = length;
      if (length >= 126) connection.skip = 0;
      for (size_t i = 2; i < size; ++i)
        connection.skip = connection.skip << 8 | static_cast<uint8_t>(head[i]);
      head = std::string();
      if (connection.skip == 0) Got();
    }
  }

  void Got() {
    ++frames_;
    if (frames_ == wanted_) Answer();
  }

  void Answer() {
    std::printf("got %llu\n", static_cast<unsigned long long>(frames_));
    std::fflush(stdout);
    wanted_ = UINT64_MAX;
  }

  void Command() {
    std::array<char, 256> line{};
    const ssize_t count = ::read(STDIN_FILENO, line.data(), line.size() - 1);
    if (count <= 0) {
      done_ = true;
    } else if (std::strncmp(line.data(), "reset", 5) == 0) {
      frames_ = 0;
      std::puts("ok");
      std::fflush(stdout);
    } else if (std::strncmp(line.data(), "wait ", 5) == 0) {
      wanted_ = std::strtoull(line.data() + 5, nullptr, 10);
      if (frames_ >= wanted_) Answer();
    }
  }

  uint16_t port_;
  std::string path_;
  std::string subscribe_;
  std::vector<Connection> connections_;
  std::array<char, 65536> scratch_;
  int poll_ = -1;
  int started_ = 0;
  int open_ = 0;
  uint64_t frames_ = 0;
  uint64_t wanted_ = UINT64_MAX;
  bool done_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: fanout_load PORT PATH CONNECTIONS [SUBSCRIBE]\n");
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  auto load = std::make_unique<Load>(static_cast<uint16_t>(std::atoi(argv[1])), argv[2],
                                     std::atoi(argv[3]), argc > 4 ? argv[4] : "");
  return load->Run();
}
