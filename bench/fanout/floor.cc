// The floor of the fan-out benchmark: accepts WebSocket upgrades without looking at them and, for
// each line on standard input, sends one and the same frame to everybody with a plain loop of
// send(2). Nothing that a server must do can cost less.
//
//   fanout_floor PORT PAYLOAD_BYTES
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "proto/ws_frame.h"

namespace {

constexpr const char* kAccepted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

int Listen(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 4096) != 0) {
    std::perror("listen");
    return -1;
  }
  return fd;
}

void AcceptOne(int listener, int poll, std::vector<int>& peers) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  peers.push_back(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const int listener = Listen(static_cast<uint16_t>(std::atoi(argv[1])));
  if (listener < 0) return 1;
  const std::string frame = offing::proto::EncodeWsFrame(
      offing::proto::WsOpcode::kText, std::string(std::strtoul(argv[2], nullptr, 10), 'x'));
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : {listener, STDIN_FILENO}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  }
  std::vector<int> peers;
  std::array<epoll_event, 512> events;
  std::array<char, 65536> scratch;
  for (;;) {
    const int count = ::epoll_wait(poll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener) {
        AcceptOne(listener, poll, peers);
      } else if (fd == STDIN_FILENO) {
        if (::read(STDIN_FILENO, scratch.data(), scratch.size()) <= 0) return 0;
        for (const int peer : peers)
          ::send(peer, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      } else if (::recv(fd, scratch.data(), scratch.size(), 0) > 4 && scratch[0] == 'G') {
        ::send(fd, kAccepted, std::char_traits<char>::length(kAccepted), MSG_NOSIGNAL);
      } else {
        ::epoll_ctl(poll, EPOLL_CTL_DEL, fd, nullptr);
      }
    }
  }
}
