// Asking: one request of the server's own to the origin, and the whole of its answer. It takes a
// connection from the pool as a passage does, is sent once more if a kept one turns out closed, and
// gives it back.
//
// What it ends with: the response with its body as a string; or kTimeout (no whole answer within
// time_ms, waiting for a connection included), kTooLarge (a body over max_bytes), kTooMany (too
// many wait for a connection), kUnavailable (not reached, hung up, no HTTP). `done` is dropped
// uncalled if the shard goes first.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "origin/pool.h"
#include "origin/response_parser.h"
#include "origin/shard.h"

namespace offing::origin {

class Asking final : public Resident,
                     private Pool::Waiter,
                     private Link::User,
                     private ResponseParser::Sink {
 public:
  // Without a body, and not HEAD.
  Asking(Shard& shard, http::Request request, AskLimits limits, AskDone done);
  ~Asking() override = default;

  void Start();

  void Sweep(int64_t now_ms) override;
  void Drain() override {}  // it ends by itself

 private:
  void OnLink(std::unique_ptr<Link> link) override;
  void OnNoLink(const base::Error& why) override;
  void OnLinkBytes(std::string_view bytes) override;
  void OnLinkDrained() override {}
  void OnLinkClosed(End end) override;
  void OnInterim(ResponseHead) override {}
  void OnResponseHead(ResponseHead head) override;
  void OnResponseBody(std::string_view bytes) override;

  void WaitForLink();
  void Finish(bool whole_connection);
  void Fail(base::Counter& counter, base::Code code, std::string what);
  void End(base::Result<http::Response> result);

  Shard& shard_;
  const http::Request request_;
  const AskLimits limits_;
  AskDone done_;  // empty: over
  std::unique_ptr<Link> link_;
  std::unique_ptr<ResponseParser> parser_;
  http::Response response_;
  std::string body_;
  const int64_t until_ms_;
  int64_t kept_for_ms_ = 0;
  bool reused_ = false;  // the connection
  bool heard_ = false;   // any byte of an answer
};

}  // namespace offing::origin
