// Channels: the Pusher Channels protocol, WebSocket and HTTP API, with logs (spec/channels.md). The
// one door of this module: the server makes one, hands it requests, and tells the journal of it.
//
//   Channels ── Shard (one per core) ── Hub ── Channel ── Subscription
//      │             └── SessionTable ── Session ── CatchUp
//      ├── Api            signed HTTP calls
//      ├── ClientPublish  what clients publish themselves
//      └── Publisher      events to all cores, in one order per channel
//
// Life: construct; journal.SetListener(&channels) before the journal starts; Start before the
// cores run; Drain; when the cores have stopped and the journal has, Stop. Connections (the
// http::Server) must be gone before this is destroyed.
//
// Threading: Handle on the exchange's core; everything else any thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "channels/api.h"
#include "channels/client_publish.h"
#include "channels/config.h"
#include "channels/counters.h"
#include "channels/publisher.h"
#include "channels/shard.h"
#include "crypto/random.h"
#include "http/exchange.h"
#include "journal/journal.h"
#include "net/core.h"

namespace offing::channels {

class Channels final : public http::Handler, public journal::CommitListener {
 public:
  struct Deps {
    std::vector<net::Core*> cores;  // cores[i]->index() == i
    journal::Journal* journal;      // nullptr only if no rule gives a channel a log
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
    crypto::Random& random;
    auth::Authenticator* auth = nullptr;  // nullptr: no subscription by token
  };

  Channels(const Deps& deps, ChannelsConfig config);
  ~Channels() override;
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  // A channel's events below /_offing/channels/, a WebSocket upgrade to …/app/{KEY}, whatever the
  // key (a client with a wrong one is told so, by 4001), and any request to /apps/{ID} and below
  // with an ID that we have.
  bool Claims(const http::Request& request) const;
  // Answers any request; what Claims would not claim is refused with 4005 or 404.
  void Handle(std::unique_ptr<http::Exchange> exchange) override;

  void OnCommitted(std::span<const journal::Committed> events) override;
  // Closes every connection with 4200, so that clients come back and hear what became of their
  // positions.
  void OnRenewed() override;

  // For the other parts of the server, before the cores run: a signed call of theirs (api.h), who
  // a request of a client is from (client_publish.h; without it nobody), and what a client of the
  // first app, whose key the site's worker has, is told right after the greeting (`frame` is asked
  // on its core; empty: nothing).
  void AddCall(std::string rest, Api::SignedCall call) {
    api_.AddCall(std::move(rest), std::move(call));
  }
  void SetIdentify(Identify identify) { client_publish_.SetIdentify(std::move(identify)); }
  void SetFirstFrame(const std::function<std::string()>& frame);
  // Sends `text` to every open connection of the first app. `done` gets their number, on some core.
  void Tell(std::string text, std::function<void(size_t)> done);

  void Start();
  // From here on connections are refused with 4100, calls with 503, and connections that are open
  // are closed with 4200, spread over config.drain_spread_ms. `done` runs on some core when the
  // last is gone. Any thread; once.
  void Drain(std::function<void()> done);
  void Stop();

  // Does on every core what the timers do. For tests.
  void Tick();

 private:
  void Accept(std::unique_ptr<http::Exchange> exchange, Shard& shard);

  const ChannelsConfig config_;
  Counters counters_;
  const Shared shared_;
  Shards shards_;
  Publisher publisher_;
  Api api_;
  ClientPublish client_publish_;
};

}  // namespace offing::channels
