// TakenStream: a connection that was handed over whole, for a protocol that is not HTTP
// (Exchange::TakeStream).
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/stream.h"

namespace offing::http {

// A connection's place among those of its server (the limit and the gauge of connections), and its
// last line in the access log: both when this is destroyed. It must not outlive the server.
class Place {
 public:
  virtual ~Place() = default;
  virtual void CountSent(uint64_t bytes) = 0;  // to the client, for the log
};

struct TakenStream {
  std::unique_ptr<net::Stream> stream;  // paused
  std::string early;                    // came behind the request
  std::unique_ptr<Place> place;
};

}  // namespace offing::http
