// Proxy: the streaming reverse proxy in front of one origin (RFC 9110 7.6, RFC 9112).
//
//   exchange --> passage --> pool: a connection to the origin, kept or new
//                  |  request head (forward.h), body as it comes
//                  |  response head (response_parser.h, forward.h), body as it comes
//
// Every read is passed on in the round in which it came, so server-sent events are not held back;
// whichever side does not read holds back the other, and no body is ever held whole. An Upgrade
// that the origin answers with 101 becomes a tunnel.
//
// What goes wrong before the response's head is passed on is answered 502 (the origin cannot be
// reached, hangs up, or talks nonsense), 503 with Retry-After (all connections are busy) or 504
// (too late), in words that name the origin; later the client's connection is broken off, so that
// nobody takes a part for the whole. A request of an idempotent method without a body that was sent
// on a kept connection which the origin closed before any byte of an answer is sent once more.
//
// Besides, the server may ask the origin something itself: Ask() sends a request that no client
// made and collects the answer (asking.h).
//
// Limits (ProxyConfig), each with a counter: connections to the origin, kept ones, exchanges that
// wait for one (503), the response's head (502), times (504).
//
// Threading: any thread; Handle and Forward on the exchange's core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"
#include "net/core.h"
#include "origin/config.h"

namespace offing::origin {

struct ForwardOptions {
  // Changes the head before it is sent on. Names of headers are in lower case.
  std::function<void(http::Response& head)> amend;
  // True: the origin's answer is dropped and `otherwise` gets the exchange. With `otherwise` and
  // without `decline` every answer is passed on. `otherwise` gets the exchange also in place of
  // 502, 503 and 504. Only for requests without a streamed body.
  std::function<bool(const http::Response& head)> decline;
  std::function<void(std::unique_ptr<http::Exchange>)> otherwise;
  // The request begins to be sent to the origin, which knows nothing of it before.
  std::function<void()> asked;
  // kNever: it does not take a connection that was kept unused, because the origin may just be
  // closing it, and is never sent once more.
  enum class Repeat { kIfIdempotent, kNever };
  Repeat repeat = Repeat::kIfIdempotent;
};

// What Ask() ends with.
using AskDone = std::function<void(base::Result<http::Response>)>;
struct AskLimits {
  size_t max_bytes;
  int64_t time_ms;
};

class Proxy final : public http::Handler {
 public:
  struct Deps {
    std::vector<net::Core*> cores;
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
  };
  // kInvalidArgument names --origin. A name that cannot be resolved now is a warning: it is tried
  // again in the background. Call before the cores run.
  static base::Result<std::unique_ptr<Proxy>> Open(ProxyConfig config, Deps deps);
  ~Proxy() override;

  // A WebSocket or another Upgrade that is passed on: no file can answer it.
  bool Claims(const http::Request& request) const;
  void Handle(std::unique_ptr<http::Exchange> exchange) override;
  void Forward(std::unique_ptr<http::Exchange> exchange, ForwardOptions options);
  // On `core`'s thread. `request` has no body; it is sent with what every forwarded request has.
  void Ask(net::Core& core, http::Request request, AskLimits limits, AskDone done);
  http::BodyMode BodyOf(const http::Request&) const override { return http::BodyMode::kStreamed; }

  // Ends what would not end by itself: tunnels and server-sent events. Posts; any thread.
  void Drain();
  // Ends everything at once. After the cores have stopped and before the HTTP server goes.
  void Stop();

 private:
  class Impl;
  explicit Proxy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::origin
