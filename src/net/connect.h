// Connect: a TCP connection to somebody else, without waiting for it.
//
// A name is resolved where nobody waits: HostName does it once when it is made (start-up), and
// again on a thread of its own every half minute, for a name may move. An address, or localhost,
// needs no thread.
//
// Errors say what happened in words that fit behind a subject: "refused the connection",
// "did not take the connection within 5000 ms".
//
// Threading: HostName any thread; Connect core-local.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/core.h"
#include "net/stream.h"

namespace offing::net {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};
using Endpoints = std::vector<Endpoint>;

// Blocks while a name is resolved. kNotFound: no address of that name.
base::Result<Endpoints> ResolveHost(const std::string& host, uint16_t port);

class HostName {
 public:
  HostName(std::string host, uint16_t port);
  ~HostName();
  HostName(const HostName&) = delete;
  HostName& operator=(const HostName&) = delete;

  // The last addresses that were found (they stay if the name cannot be resolved for a while), or
  // why there have never been any.
  base::Result<Endpoints> Find() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A connection on its way; destroying it gives up, and nothing is called then.
class Connecting {
 public:
  virtual ~Connecting() = default;
};

// Tries the endpoints one after the other, all within `timeout_ms`, and calls `done` once, never
// before this returns. The Connecting may be destroyed inside it. The stream is paused. kIo: nobody
// takes it; kTimeout.
using OnConnected = std::function<void(base::Result<std::unique_ptr<Stream>>)>;
[[nodiscard]] std::unique_ptr<Connecting> Connect(Core& core, Endpoints endpoints,
                                                  int64_t timeout_ms, OnConnected done);

}  // namespace offing::net
