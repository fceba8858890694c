#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "net/core_impl.h"
#include "net/open_stream.h"
#include "net/socket.h"
#include "net/stream.h"

namespace offing::net {

namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsPerEvent = 64;
constexpr int64_t kRetryMs = 100;

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  uint16_t port() const {
    return ntohs(address.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                     : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  }
};

std::string AddressText(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = "";
  if (endpoint.address.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6*>(&endpoint.address)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&address)) {
      return inet_ntop(AF_INET6, &address, text, sizeof text);
    }
    return inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof text);
  }
  const auto& address = reinterpret_cast<const sockaddr_in*>(&endpoint.address)->sin_addr;
  return inet_ntop(AF_INET, &address, text, sizeof text);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::unexpected<base::Error> ListenFailure(const ListenAddress& address, int error) {
  const bool v6 = address.host.find(':') != std::string::npos;
  const std::string name = fmt::format("{} {}{}{}:{}", address.setting, v6 ? "[" : "", address.host,
                                       v6 ? "]" : "", address.port);
  const auto fail = [&](base::Code code, std::string_view what) {
    return base::Fail(code, fmt::format("{}: {} with {}", name, what, address.setting));
  };
  switch (error) {
    case EADDRINUSE:
      return fail(base::Code::kConflict,
                  "address already in use; stop the other program or choose another port");
    case EACCES:
    case EPERM:
      return fail(base::Code::kForbidden,
                  "not permitted; allow this program ports below 1024 (CAP_NET_BIND_SERVICE) or "
                  "choose a higher one");
    case EADDRNOTAVAIL:
      return fail(base::Code::kInvalidArgument,
                  "not an address of this machine; choose 127.0.0.1 for this machine alone or no "
                  "host (:PORT) for all addresses");
    default:
      return fail(base::Code::kIo, fmt::format("{}; choose another address", std::strerror(error)));
  }
}

base::Result<Endpoint> Resolve(const ListenAddress& address, const char* host) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0 || found == nullptr) {
    return base::Fail(
        base::Code::kInvalidArgument,
        fmt::format("{} {}:{}: no address of that name ({}); use an address, "
                    "such as 127.0.0.1",
                    address.setting, address.host, address.port, gai_strerror(error)));
  }
  Endpoint endpoint;
  endpoint.size = found->ai_addrlen;
  std::memcpy(&endpoint.address, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return endpoint;
}

// 0, or what errno says.
int Bind(const Descriptor& socket, const Endpoint& endpoint, PortUse use) {
  const int on = 1;
  const int off = 0;
  if (socket.get() < 0) return errno;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (use == PortUse::kJoin) setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (endpoint.address.ss_family == AF_INET6) {
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  return bind(socket.get(), endpoint.get(), endpoint.size) == 0 ? 0 : errno;
}

Descriptor NewSocket(const Endpoint& endpoint) {
  return Descriptor(
      socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
}

class SocketAcceptor final : public Acceptor {
 public:
  using OnStream = std::function<void(std::unique_ptr<Stream>)>;

  SocketAcceptor(Core& core, int fd, uint16_t port, OnStream on_stream, TlsContext* tls)
      : state_(new State(core, fd, std::move(on_stream), tls)), port_(port) {
    state_->Wait();
  }
  ~SocketAcceptor() override { state_->Stop(); }
  SocketAcceptor(const SocketAcceptor&) = delete;
  SocketAcceptor& operator=(const SocketAcceptor&) = delete;
  uint16_t port() const override { return port_; }

 private:
  // What the loop holds on to.
  class State : public boost::intrusive_ref_counter<State, boost::thread_unsafe_counter> {
   public:
    State(Core& core, int fd, OnStream on_stream, TlsContext* tls)
        : core_(core),
          descriptor_(core.impl().io, fd),
          on_stream_(std::move(on_stream)),
          tls_(tls) {}

    void Wait() {
      descriptor_.async_wait(descriptor_.wait_read,
                             [self = boost::intrusive_ptr(this)](boost::system::error_code error) {
                               if (!error && self->descriptor_.is_open()) self->OnReadable();
                             });
    }
    void Stop() {
      retry_.reset();
      boost::system::error_code ignored;
      descriptor_.close(ignored);
    }

   private:
    void OnReadable() {
      for (int accepts = 0; accepts < kAcceptsPerEvent && descriptor_.is_open(); ++accepts) {
        Endpoint peer;
        const int fd = accept4(descriptor_.native_handle(), peer.get(), &peer.size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
          if (errno == EAGAIN || errno == EWOULDBLOCK) break;
          if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            return OnExhausted(errno);
          }
          continue;  // that connection is gone already
        }
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto stream = tls_ != nullptr ? OpenTlsStream(core_, fd, AddressText(peer), *tls_)
                                      : OpenStream(core_, fd, AddressText(peer));
        if (stream) {
          on_stream_(std::move(stream));
        } else if (tls_ == nullptr) {
          core_.impl().accept_failures.Add();
        }
      }
      if (descriptor_.is_open()) Wait();
    }

    void OnExhausted(int error) {
      Core::Impl& core = core_.impl();
      core.accept_failures.Add();
      const auto now = std::chrono::steady_clock::now();
      if (now - logged_at_ >= std::chrono::seconds(1)) {
        logged_at_ = now;
        core.deps.log.Error(fmt::format(
            "cannot accept connections: {}; raise the limit of open files (ulimit -n) or lower "
            "the limit of connections",
            std::strerror(error)));
      }
      retry_ = core_.After(kRetryMs, [this] { Wait(); });
    }

    Core& core_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor_;
    const OnStream on_stream_;
    TlsContext* const tls_;  // or none
    std::unique_ptr<Timer> retry_;
    std::chrono::steady_clock::time_point logged_at_{};
  };

  const boost::intrusive_ptr<State> state_;
  const uint16_t port_;
};

}  // namespace

base::Result<std::unique_ptr<Acceptor>> Listen(
    Core& core, const ListenAddress& address, PortUse use,
    std::function<void(std::unique_ptr<Stream>)> on_stream, TlsContext* tls) {
  const bool any = address.host.empty();
  const char* host = any ? "::" : address.host == "localhost" ? "127.0.0.1" : address.host.c_str();
  auto endpoint = Resolve(address, host);
  if (!endpoint && !any) return std::unexpected(endpoint.error());
  if (any && (!endpoint || NewSocket(*endpoint).get() < 0)) {  // a machine without IPv6
    endpoint = Resolve(address, "0.0.0.0");
    if (!endpoint) return std::unexpected(endpoint.error());
  }
  if (use == PortUse::kFirst) {
    const Descriptor probe = NewSocket(*endpoint);
    if (const int error = Bind(probe, *endpoint, PortUse::kFirst)) {
      return ListenFailure(address, error);
    }
  }
  Descriptor socket = NewSocket(*endpoint);
  if (const int error = Bind(socket, *endpoint, PortUse::kJoin)) {
    return ListenFailure(address, error);
  }
  if (listen(socket.get(), kBacklog) != 0) return ListenFailure(address, errno);
  Endpoint bound;
  if (getsockname(socket.get(), bound.get(), &bound.size) != 0) {
    return ListenFailure(address, errno);
  }
  return std::make_unique<SocketAcceptor>(core, socket.release(), bound.port(),
                                          std::move(on_stream), tls);
}

}  // namespace offing::net
