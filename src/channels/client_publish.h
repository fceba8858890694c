// ClientPublish: what clients publish themselves, POST /_offing/channels/NAME/events
// (spec/outbox.md, "Client publish"). Exactly once: the key, the event, the snapshots that it
// changes and the answer are one commit, so a client may repeat a request until it is answered.
//
//   origin of the page -> who asks -> the channel's rule -> rate -> key -> JSON, stamp -> Publisher
//
// Channels are those of the first app, whose users tokens speak of. Everything that is wrong is a
// problem (http/problem.h); a refusal publishes nothing and remembers nothing.
//
// Limits (config.h): the event's data; publications per second of a user, or of an address where
// there is no user.
//
// Threading: any thread; each request stays on its exchange's core.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/authenticator.h"
#include "base/rate_table.h"
#include "base/result.h"
#include "channels/publisher.h"
#include "http/cross_origin.h"
#include "http/exchange.h"

namespace offing::channels {

// As auth::Authenticator::Identify.
using Identify = std::function<void(const http::Request&, net::Core&, auth::Authenticator::Done)>;

class ClientPublish {
 public:
  ClientPublish(Publisher& publisher, const Shared& shared);

  // Before the cores run. Without it everybody is nobody.
  void SetIdentify(Identify identify) { identify_ = std::move(identify); }

  // The path is that of a channel's events.
  static bool Claims(std::string_view path);
  // `from` is the shard of the exchange's core.
  void Handle(std::unique_ptr<http::Exchange> exchange, Shard& from);

 private:
  struct Call;
  using Refusal = std::unexpected<http::Response>;

  void OnIdentified(const std::shared_ptr<Call>& call, base::Result<auth::Authenticator::Who> who);
  std::optional<http::Response> Forbid(const Call& call) const;
  std::expected<Publication, http::Response> Read(const Call& call) const;
  std::expected<journal::Publication::Key, http::Response> ReadKey(const Call& call) const;
  void Answer(const std::shared_ptr<Call>& call, http::Response response) const;
  void Refuse(const std::shared_ptr<Call>& call, http::Response response) const;

  Publisher& publisher_;
  const Shared shared_;
  const http::CrossOrigin pages_;
  base::RateTable rates_;
  Identify identify_;
};

}  // namespace offing::channels
