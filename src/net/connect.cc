#include "net/connect.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/core_impl.h"
#include "net/open_stream.h"
#include "net/socket.h"

namespace offing::net {

namespace {

std::string AddressText(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = "";
  const bool v6 = endpoint.address.ss_family == AF_INET6;
  const void* bytes = v6 ? static_cast<const void*>(
                               &reinterpret_cast<const sockaddr_in6*>(&endpoint.address)->sin6_addr)
                         : &reinterpret_cast<const sockaddr_in*>(&endpoint.address)->sin_addr;
  return inet_ntop(endpoint.address.ss_family, bytes, text, sizeof text) != nullptr ? text : "";
}

std::string InWords(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "refused the connection";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "cannot be reached: no way leads there";
    case EMFILE:
    case ENFILE:
      return "cannot be reached: this server has no file descriptor left";
    default:
      return fmt::format("cannot be reached: {}", std::strerror(error));
  }
}

// What the loop holds on to.
class Attempt : public boost::intrusive_ref_counter<Attempt, boost::thread_unsafe_counter> {
 public:
  Attempt(Core& core, Endpoints endpoints, int64_t timeout_ms, OnConnected done)
      : core_(core),
        endpoints_(std::move(endpoints)),
        timeout_ms_(timeout_ms),
        each_ms_(timeout_ms / static_cast<int64_t>(std::max<size_t>(1, endpoints_.size()))),
        done_(std::move(done)),
        descriptor_(core.impl().io) {}

  void Start() {
    core_.Post([self = boost::intrusive_ptr(this)] { self->TryNext(); });
  }
  void Stop() {
    done_ = {};
    timer_.reset();
    Close();
  }

 private:
  void TryNext() {
    while (done_ && next_ < endpoints_.size()) {
      if (Begin(endpoints_[next_++])) return;
    }
    if (!done_) return;
    Finish(base::Fail(late_ ? base::Code::kTimeout : base::Code::kIo,
                      late_ ? fmt::format("did not take the connection within {} ms", timeout_ms_)
                            : InWords(error_)));
  }

  // False: this one is no good, error_ says why.
  bool Begin(const Endpoint& endpoint) {
    const int fd =
        socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
      error_ = errno;
      return false;
    }
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
    boost::system::error_code refused;
    if (connect(fd, address, endpoint.size) != 0 && errno != EINPROGRESS) {
      error_ = errno;
    } else if (descriptor_.assign(fd, refused); !refused) {
      Wait();
      return true;
    } else {
      error_ = ENOMEM;
    }
    close(fd);
    return false;
  }

  void Wait() {
    const auto self = boost::intrusive_ptr(this);
    descriptor_.async_wait(descriptor_.wait_write, [self](boost::system::error_code error) {
      if (!error && self->done_) self->OnWritable();
    });
    timer_ = core_.After(each_ms_, [this] { OnLate(); });  // goes with the attempt
  }

  void OnLate() {
    late_ = true;
    Close();
    const auto self = boost::intrusive_ptr(this);
    TryNext();
  }

  void OnWritable() {
    timer_.reset();
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      error_ = error;
      late_ = false;
      Close();
      return TryNext();
    }
    const int fd = descriptor_.release();
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto stream = OpenStream(core_, fd, AddressText(endpoints_[next_ - 1]));
    if (!stream) {
      error_ = ENOMEM;
      return TryNext();
    }
    Finish(std::move(stream));
  }

  void Finish(base::Result<std::unique_ptr<Stream>> result) {
    const OnConnected done = std::exchange(done_, {});
    done(std::move(result));
  }

  void Close() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
  }

  Core& core_;
  const Endpoints endpoints_;
  const int64_t timeout_ms_;
  const int64_t each_ms_;
  OnConnected done_;  // none: over
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor_;
  std::unique_ptr<Timer> timer_;
  size_t next_ = 0;
  int error_ = EADDRNOTAVAIL;
  bool late_ = false;
};

class AttemptHandle final : public Connecting {
 public:
  explicit AttemptHandle(boost::intrusive_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
  ~AttemptHandle() override { attempt_->Stop(); }
  AttemptHandle(const AttemptHandle&) = delete;
  AttemptHandle& operator=(const AttemptHandle&) = delete;

 private:
  const boost::intrusive_ptr<Attempt> attempt_;
};

}  // namespace

std::unique_ptr<Connecting> Connect(Core& core, Endpoints endpoints, int64_t timeout_ms,
                                    OnConnected done) {
  boost::intrusive_ptr attempt(
      new Attempt(core, std::move(endpoints), timeout_ms, std::move(done)));
  attempt->Start();
  return std::make_unique<AttemptHandle>(std::move(attempt));
}

}  // namespace offing::net
