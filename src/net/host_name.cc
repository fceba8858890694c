#include <fmt/format.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "net/connect.h"

namespace offing::net {

namespace {

constexpr auto kRefresh = std::chrono::seconds(30);
constexpr auto kRetry = std::chrono::seconds(2);  // while there are no addresses

base::Result<Endpoints> Lookup(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV | flags;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return base::Fail(base::Code::kNotFound,
                      fmt::format("has a name that has no address ({})", gai_strerror(error)));
  }
  Endpoints endpoints;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Endpoint& endpoint = endpoints.emplace_back();
    endpoint.size = each->ai_addrlen;
    std::memcpy(&endpoint.address, each->ai_addr, each->ai_addrlen);
  }
  freeaddrinfo(found);
  return endpoints;
}

}  // namespace

base::Result<Endpoints> ResolveHost(const std::string& host, uint16_t port) {
  if (host != "localhost") return Lookup(host, port, 0);
  // Which of the two a program listens on is its own affair.
  auto endpoints = Lookup("127.0.0.1", port, AI_NUMERICHOST);
  if (const auto v6 = Lookup("::1", port, AI_NUMERICHOST); endpoints && v6) {
    endpoints->insert(endpoints->end(), v6->begin(), v6->end());
  }
  return endpoints;
}

class HostName::Impl {
 public:
  Impl(std::string host, uint16_t port)
      : host_(std::move(host)), port_(port), found_(ResolveHost(host_, port_)) {
    if (host_ == "localhost" || Lookup(host_, port_, AI_NUMERICHOST)) return;
    thread_ = std::thread([this] { Run(); });
  }
  ~Impl() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Result<Endpoints> Find() const {
    const std::lock_guard lock(mutex_);
    return found_;
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, found_ ? kRefresh : kRetry, [this] { return over_; })) {
      lock.unlock();
      auto found = ResolveHost(host_, port_);
      lock.lock();
      if (found || !found_) found_ = std::move(found);
    }
  }

  const std::string host_;
  const uint16_t port_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  base::Result<Endpoints> found_;  // guarded by mutex_
  bool over_ = false;              // guarded by mutex_
  std::thread thread_;
};

HostName::HostName(std::string host, uint16_t port)
    : impl_(std::make_unique<Impl>(std::move(host), port)) {}
HostName::~HostName() = default;

base::Result<Endpoints> HostName::Find() const {
  return impl_->Find();
}

}  // namespace offing::net
