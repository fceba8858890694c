// TestPeer: the other end of a connection in a test: a plain socket whose bytes are looked at raw
// (net/tls_test_peer.h is one that speaks TLS).
// CrankUntil turns the core by hand until something is so; it never sleeps, and gives up after ten
// seconds so that a test fails rather than hangs.
//
// Threading: core-local.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "net/core.h"

namespace offing::net {

template <class Condition>
bool CrankUntil(Core& core, Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    core.Poll();
    if (std::chrono::steady_clock::now() > give_up) return false;
  }
  return true;
}

// What is ready now, and what that makes ready.
inline void Settle(Core& core) {
  for (int quiet = 0; quiet < 20; ++quiet) {
    if (core.Poll() > 0) quiet = 0;
  }
}

class TestPeer {
 public:
  // receive_buffer: SO_RCVBUF, for a peer that takes little; 0 leaves it as it is.
  explicit TestPeer(uint16_t port, int receive_buffer = 0)
      : TestPeer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  explicit TestPeer(int fd) : fd_(fd) {}
  TestPeer(TestPeer&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  TestPeer& operator=(TestPeer&&) = delete;
  virtual ~TestPeer() { Close(); }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  // As much as the kernel takes now.
  virtual size_t Send(std::string_view bytes) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<size_t>(sent);
  }
  // All, turning the core meanwhile.
  bool SendAll(Core& core, std::string_view bytes) {
    return CrankUntil(core, [&] {
      bytes.remove_prefix(Send(bytes));
      return bytes.empty();
    });
  }
  // Takes what has come; everything so far is in received().
  virtual void Pump(size_t at_most = 1 << 20) {
    std::array<char, 64 << 10> buffer;
    while (at_most > 0) {
      const ssize_t size = recv(fd_, buffer.data(), std::min(buffer.size(), at_most), MSG_DONTWAIT);
      if (size == 0) end_ = true;
      if (size < 0 && errno != EAGAIN && errno != EINTR) reset_ = true;
      if (size <= 0) return;
      received_.append(buffer.data(), static_cast<size_t>(size));
      at_most -= static_cast<size_t>(size);
    }
  }
  std::string& received() { return received_; }
  bool end() const { return end_; }      // FIN came
  bool reset() const { return reset_; }  // the connection broke
  bool AwaitText(Core& core, std::string_view text) {
    return CrankUntil(core,
                      [&] {
                        Pump();
                        return received_.find(text) != std::string::npos || end_ || reset_;
                      }) &&
           received_.find(text) != std::string::npos;
  }
  bool AwaitEnd(Core& core) {
    return CrankUntil(core, [&] {
      Pump();
      return end_ || reset_;
    });
  }
  virtual void HalfClose() { shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  // Breaks the connection, as a machine that vanished and came back would.
  void Reset() {
    const linger reset{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    Close();
  }

 protected:
  int fd_;
  bool connected_ = false;
  std::string received_;
  bool end_ = false;
  bool reset_ = false;
};

}  // namespace offing::net
