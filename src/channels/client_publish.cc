#include "channels/client_publish.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "crypto/digest.h"
#include "http/held_exchange.h"
#include "http/problem.h"
#include "http/write_key.h"
#include "proto/pusher_frame.h"
#include "proto/uri.h"

namespace offing::channels {

using base::Json;
using http::Problem;
using http::ProblemResponse;

namespace {

constexpr std::string_view kPrefix = "/_offing/channels/";
constexpr std::string_view kSuffix = "/events";

// NAME, as sent; empty: it is another path.
std::string_view NameIn(std::string_view path) {
  if (!path.starts_with(kPrefix) || !path.ends_with(kSuffix)) return {};
  if (path.size() <= kPrefix.size() + kSuffix.size()) return {};
  path.remove_prefix(kPrefix.size());
  path.remove_suffix(kSuffix.size());
  return path.find('/') == std::string_view::npos ? path : std::string_view();
}

http::Response ProblemOf(const base::Error& error) {
  switch (error.code) {
    case base::Code::kConflict:
      return ProblemResponse(Problem::kKeyReused, error.detail);
    case base::Code::kGone:
      return ProblemResponse(Problem::kDecided, error.detail);
    case base::Code::kTooMany:
      return ProblemResponse(Problem::kFull, error.detail);
    default:
      return ProblemResponse(Problem::kUnavailable, "the event could not be written");
  }
}

// Events of these names are the protocol's own.
bool IsReserved(std::string_view name) {
  return name.starts_with("pusher:") || name.starts_with("pusher_internal:") ||
         name.starts_with("offing:");
}

void StampData(Json& data, const Stamp& stamp, std::string_view key, std::string_view user,
               int64_t now_ms) {
  if (!data.is_object()) return;
  if (!stamp.key.empty()) data[stamp.key] = key;
  if (!stamp.at.empty()) data[stamp.at] = now_ms;
  if (stamp.user.empty()) return;
  if (user.empty()) {
    data.erase(stamp.user);
  } else {
    data[stamp.user] = user;
  }
}

}  // namespace

// A request on its way. Threading: core-local.
struct ClientPublish::Call {
  Call(std::unique_ptr<http::Exchange> its, Shard& shard)
      : request(its->request()), from(shard), exchange(std::move(its)) {}

  const http::Request& request;  // of the exchange, as long as it is not answered
  Shard& from;
  const http::HeldExchange exchange;
  std::string channel;
  const ChannelRule* rule = nullptr;
  auth::Authenticator::Who who;

  // Nobody was logged in when this entry was written, wherever that is allowed.
  bool WrittenByNobody() const {
    return rule->publish == Publish::kAnyone && request.Header("offing-user").empty() &&
           !request.Header("offing-entry").empty();
  }
  std::string_view user() const {
    return who && !WrittenByNobody() ? std::string_view(who->user) : std::string_view();
  }
};

ClientPublish::ClientPublish(Publisher& publisher, const Shared& shared)
    : publisher_(publisher),
      shared_(shared),
      pages_(shared.config.origins),
      rates_({.per_second = shared.config.limits.client_publish_per_second,
              .burst = shared.config.limits.client_publish_burst,
              .max = shared.config.limits.max_client_publishers}) {}

bool ClientPublish::Claims(std::string_view path) {
  return !NameIn(path).empty();
}

void ClientPublish::Handle(std::unique_ptr<http::Exchange> exchange, Shard& from) {
  const http::Request& request = exchange->request();
  if (request.method == "OPTIONS") return exchange->Send(pages_.Preflight(request, "POST"));
  if (request.method != "POST") return exchange->Send(http::NotAllowed("POST, OPTIONS"));
  auto call = std::make_shared<Call>(std::move(exchange), from);
  if (!pages_.Allows(call->request)) {
    return Refuse(call, ProblemResponse(Problem::kNotAllowed,
                                        "a page of another origin may not publish here"));
  }
  if (from.draining()) {
    return Refuse(call, ProblemResponse(Problem::kUnavailable, "the server is draining"));
  }
  call->channel = proto::PercentDecode(NameIn(call->request.path)).value_or("");
  call->rule = shared_.config.RuleOf(call->channel);
  if (!identify_) return OnIdentified(call, std::nullopt);
  identify_(call->request, from.core, [this, call](base::Result<auth::Authenticator::Who> who) {
    OnIdentified(call, std::move(who));
  });
}

void ClientPublish::OnIdentified(const std::shared_ptr<Call>& call,
                                 base::Result<auth::Authenticator::Who> who) {
  if (!who) return Refuse(call, auth::Refusal(who.error()));
  call->who = std::move(*who);
  if (auto refusal = Forbid(*call)) return Refuse(call, std::move(*refusal));
  const std::string_view user = call->user();
  const std::string publisher =
      user.empty() ? "a:" + call->request.peer_address : fmt::format("u:{}", user);
  if (!rates_.Take(publisher, shared_.clock.SteadyMs())) {
    shared_.counters.client_publish_limited.Add();
    return Refuse(call,
                  ProblemResponse(Problem::kTooMany,
                                  fmt::format("at most {} events are published in a second",
                                              shared_.config.limits.client_publish_per_second)));
  }
  auto publication = Read(*call);
  if (!publication) return Refuse(call, std::move(publication.error()));
  publisher_.Publish(
      call->from, std::move(*publication), [this, call](const base::Result<Published>& published) {
        if (!published) return Refuse(call, ProblemOf(published.error()));
        const std::string position = base::FormatPosition(*published->positions.front());
        http::Response response = http::JsonResponse(200, "{\"id\":\"" + position + "\"}");
        response.headers.emplace_back("Offing-Position", position);
        response.headers.emplace_back("Idempotency-Status",
                                      published->replayed ? "replayed" : "stored");
        response.headers.emplace_back("Cache-Control", "no-store");
        if (!published->replayed) shared_.counters.client_published.Add();
        Answer(call, std::move(response));
      });
}

// Who may not publish here; nullopt: who asks may.
std::optional<http::Response> ClientPublish::Forbid(const Call& call) const {
  const Publish publish =
      call.rule != nullptr && call.rule->log && proto::ChannelKindOf(call.channel)
          ? call.rule->publish
          : Publish::kNobody;
  if (publish == Publish::kNobody) {
    return ProblemResponse(Problem::kNotAllowed, "clients do not publish to this channel");
  }
  const std::string_view wrote = call.request.Header("offing-user");
  if (!call.who && (publish != Publish::kAnyone || !wrote.empty())) return auth::NobodyRefusal();
  if (!wrote.empty() && wrote != call.who->user_hash) {
    return ProblemResponse(Problem::kOtherUser, "Offing-User names another user than who asks");
  }
  if (publish == Publish::kToken && !auth::MatchesChannel(call.who->publish, call.channel)) {
    return ProblemResponse(Problem::kNotAllowed, "the token's publish does not name this channel");
  }
  return std::nullopt;
}

std::expected<journal::Publication::Key, http::Response> ClientPublish::ReadKey(
    const Call& call) const {
  const auto key = http::ReadWriteKey(call.request);
  if (!key) return Refusal(ProblemResponse(Problem::kKeyMalformed, key.error().detail));
  if (!*key) {
    return Refusal(ProblemResponse(Problem::kKeyMissing,
                                   "an event is published with an Idempotency-Key of its own"));
  }
  journal::Publication::Key name{
      .app = shared_.config.apps.front().id,
      .scope = http::ScopeOf(call.request, **key, call.user()),
      .key = (*key)->key,
      .fingerprint = crypto::Sha256Hex("POST " + call.channel + "\n" + call.request.body)};
  if (const auto& entry = (*key)->entry; entry && !entry->lane.empty()) {
    name.entry = {entry->client, entry->lane, entry->seq, entry->acked};
  }
  return name;
}

std::expected<Publication, http::Response> ClientPublish::Read(const Call& call) const {
  auto key = ReadKey(call);
  if (!key) return std::unexpected(std::move(key.error()));
  const auto malformed = [](std::string_view detail) {
    return Refusal(ProblemResponse(Problem::kMalformed, detail));
  };
  base::Result<Json> body = base::ParseJson(call.request.body);
  if (!body) return malformed(body.error().detail);
  if (!body->is_object()) return malformed("an event is a JSON object with name and data");
  const auto name = body->find("name");
  const auto* const text = name == body->end() ? nullptr : name->get_ptr<const std::string*>();
  if (text == nullptr || !proto::IsEventName(*text) || IsReserved(*text)) {
    return malformed("name must be a string of 1 to 200 bytes, and not one of the protocol's own");
  }
  const auto data = body->find("data");
  if (data == body->end()) return malformed("data is missing");
  StampData(*data, call.rule->stamp, key->key, call.user(), shared_.clock.WallMs());
  std::string written = data->is_string() ? data->get<std::string>() : base::DumpJson(*data);
  const size_t most = shared_.config.limits.max_data_bytes;
  if (written.size() > most) {
    return Refusal(
        ProblemResponse(Problem::kTooLarge, fmt::format("data is longer than {} bytes", most)));
  }
  Publication publication{.app = AppIndex{0}, .key = std::move(*key)};
  publication.events.push_back({call.channel, *text, std::move(written), {}});
  return publication;
}

void ClientPublish::Refuse(const std::shared_ptr<Call>& call, http::Response response) const {
  shared_.counters.client_publish_refused.Add();
  Answer(call, std::move(response));
}

void ClientPublish::Answer(const std::shared_ptr<Call>& call, http::Response response) const {
  pages_.Admit(call->request, response);
  auto held = std::make_shared<http::Response>(std::move(response));
  call->exchange.Answer(
      [held](std::unique_ptr<http::Exchange> home) { home->Send(std::move(*held)); });
}

}  // namespace offing::channels
