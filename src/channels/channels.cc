#include "channels/channels.h"

#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "channels/gather.h"
#include "channels/refusal.h"
#include "channels/session.h"
#include "proto/uri.h"

namespace offing::channels {

namespace {

constexpr size_t kMaxQueryParams = 64;

// The KEY of …/app/KEY, as sent; nullopt if that is not what the path looks like.
std::optional<std::string_view> KeyOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || !path.substr(0, slash).ends_with("/app")) {
    return std::nullopt;
  }
  const std::string_view key = path.substr(slash + 1);
  if (key.empty()) return std::nullopt;
  return key;
}

bool IsSpoken(std::string_view protocol) {
  return protocol == "5" || protocol == "6" || protocol == "7";
}

struct Verdict {
  uint16_t refused = 0;  // 0: welcome
  std::string_view reason;
  AppIndex app{};
};

Verdict Judge(const http::Request& request, const std::vector<proto::AppCredentials>& apps) {
  const std::optional<std::string_view> key = KeyOf(request.path);
  if (!key) return {4005, "the path is not /app/KEY"};
  const std::optional<std::string> decoded = proto::PercentDecode(*key);
  std::optional<AppIndex> app;
  for (size_t i = 0; i < apps.size(); ++i) {
    if (decoded == apps[i].key) app = static_cast<AppIndex>(i);
  }
  if (!app) return {4001, "no app with this key"};
  std::optional<std::string> protocol;
  for (const auto& [name, value] : proto::ParseQuery(request.query, kMaxQueryParams)) {
    if (name == "protocol") protocol = value;
  }
  if (!protocol || protocol->empty()) return {4008, "no protocol version is given"};
  if (!IsSpoken(*protocol)) return {4007, "this protocol version is not supported: 5 to 7 are"};
  return {0, {}, *app};
}

}  // namespace

Channels::Channels(const Deps& deps, ChannelsConfig config)
    : config_(std::move(config)),
      counters_(deps.metrics),
      shared_{config_,      deps.clock, deps.log,          deps.random,
              deps.journal, counters_,  deps.cores.size(), deps.auth},
      publisher_(shards_, shared_),
      api_(shards_, publisher_, shared_),
      client_publish_(publisher_, shared_) {
  for (size_t i = 0; i < deps.cores.size(); ++i) {
    CHECK(deps.cores[i]->index() == static_cast<int>(i), "a core stands at its index");
    shards_.push_back(std::make_unique<Shard>(*deps.cores[i], i, shared_));
  }
}

Channels::~Channels() = default;

bool Channels::Claims(const http::Request& request) const {
  if (request.wants_websocket) return KeyOf(request.path).has_value();
  return api_.Claims(request.path) || ClientPublish::Claims(request.path);
}

void Channels::Handle(std::unique_ptr<http::Exchange> exchange) {
  Shard& shard = *shards_[static_cast<size_t>(exchange->core().index())];
  if (exchange->request().wants_websocket) {
    Accept(std::move(exchange), shard);
  } else if (ClientPublish::Claims(exchange->request().path)) {
    client_publish_.Handle(std::move(exchange), shard);
  } else {
    api_.Handle(std::move(exchange), shard);
  }
}

void Channels::Accept(std::unique_ptr<http::Exchange> exchange, Shard& shard) {
  Verdict verdict = Judge(exchange->request(), config_.apps);
  if (verdict.refused == 0 && shard.draining()) verdict = {4100, "the server is draining"};
  if (verdict.refused == 0 && shard.open_sessions() >= config_.limits.max_connections_per_core) {
    verdict = {4100, "too many connections"};
  }
  const http::WebSocketLimits limits{.max_message = config_.limits.max_client_message_bytes};
  if (verdict.refused == 0) {
    exchange->AcceptWebSocket(std::make_unique<Session>(shard, verdict.app), limits);
    return;
  }
  counters_.connections_refused.Add();
  exchange->AcceptWebSocket(std::make_unique<Refusal>(verdict.refused, verdict.reason), limits);
}

void Channels::OnCommitted(std::span<const journal::Committed> events) {
  publisher_.OnCommitted(events);
}

// Posted behind all events of the old epochs and before any of the new ones, so no subscription
// ever sees both.
void Channels::OnRenewed() {
  for (const std::unique_ptr<Shard>& shard : shards_) {
    shard->core.Post([shard = shard.get()] { shard->CloseAll("the data were restored"); });
  }
}

void Channels::SetFirstFrame(const std::function<std::string()>& frame) {
  for (const std::unique_ptr<Shard>& shard : shards_) shard->first_frame = frame;
}

void Channels::Tell(std::string text, std::function<void(size_t)> done) {
  Gather<size_t>(
      shards_, nullptr, *shards_.front(),
      [text = std::move(text)](Shard& shard) { return shard.Tell(text); },
      [done = std::move(done)](const std::vector<size_t>& told) {
        done(std::accumulate(told.begin(), told.end(), size_t{0}));
      });
}

void Channels::Start() {
  for (const std::unique_ptr<Shard>& shard : shards_) shard->Start();
}

void Channels::Drain(std::function<void()> done) {
  // Counted on the first core only.
  auto missing = std::make_shared<size_t>(shards_.size());
  Shard& first = *shards_.front();
  for (const std::unique_ptr<Shard>& each : shards_) {
    each->core.Post([shard = each.get(), &first, missing, done] {
      shard->Drain([&first, missing, done] {
        first.core.Post([missing, done] {
          if (--*missing == 0 && done) done();
        });
      });
    });
  }
}

void Channels::Stop() {
  for (const std::unique_ptr<Shard>& shard : shards_) shard->Stop();
}

void Channels::Tick() {
  for (const std::unique_ptr<Shard>& shard : shards_) {
    shard->Tick();
    if (shard->draining()) shard->DrainSome();
  }
}

}  // namespace offing::channels
