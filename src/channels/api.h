// Api: the signed HTTP calls under /apps/{APP_ID} (spec/channels.md, "The HTTP API"). The signature
// is checked before anything of the request is looked at; then each call has a file of its own,
// api_*.cc.
//
// Limits (config.h): data, channels and items of one publication. A full journal, or a server that
// drains, is 503 with Retry-After.
//
// Threading: any thread; each call stays on its exchange's core.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "channels/publisher.h"
#include "http/exchange.h"
#include "http/held_exchange.h"
#include "http/message.h"
#include "proto/pusher_auth.h"

namespace offing::channels {

class Api {
 public:
  Api(const Shards& shards, Publisher& publisher, const Shared& shared)
      : shards_(shards), publisher_(publisher), shared_(shared) {}

  // A call to /apps/{ID}/{rest} that another part of the server answers; its signature is good.
  using SignedCall =
      std::function<void(std::string_view app_id, std::unique_ptr<http::Exchange> exchange)>;
  // Before the cores run.
  void AddCall(std::string rest, SignedCall call) {
    calls_.emplace_back(std::move(rest), std::move(call));
  }

  // /apps/{ID} and below, of an app that we have.
  bool Claims(std::string_view path) const;
  // `from` is the shard of the exchange's core.
  void Handle(std::unique_ptr<http::Exchange> exchange, Shard& from);

 private:
  // A request whose signature is good, while it waits for its answer.
  struct Call {
    AppIndex app;
    Shard& from;
    http::HeldExchange exchange;
    proto::QueryParams query;

    std::string_view Query(std::string_view name) const;
    void Answer(http::Response response) const;
    void AnswerJson(std::string json) const;
  };

  std::optional<AppIndex> FindApp(std::string_view path) const;
  void Route(const Call& call, const http::Request& request);

  void PostEvents(const Call& call, const http::Request& request);
  void PostBatchEvents(const Call& call, const http::Request& request);
  void GetChannels(const Call& call);
  void GetChannel(const Call& call, const std::string& name);

  // The answer to a publication that was refused, which it counts.
  http::Response Refuse(const base::Error& error) const;

  const Shards& shards_;
  Publisher& publisher_;
  const Shared shared_;
  std::vector<std::pair<std::string, SignedCall>> calls_;
};

// The answer to a call that failed (spec/errors.md).
http::Response ApiError(const base::Error& error);

}  // namespace offing::channels
