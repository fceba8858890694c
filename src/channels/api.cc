#include "channels/api.h"

#include <utility>

#include "proto/uri.h"

namespace offing::channels {

namespace {

constexpr std::string_view kApps = "/apps/";
constexpr size_t kMaxQueryParams = 64;

int StatusOf(base::Code code) {
  switch (code) {
    case base::Code::kInvalidArgument:
      return 400;
    case base::Code::kUnauthorized:
      return 401;
    case base::Code::kNotFound:
      return 404;
    case base::Code::kTooLarge:
      return 413;
    case base::Code::kConflict:
      return 422;
    case base::Code::kTooMany:
    case base::Code::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

// "/apps/ID/rest" into ID and rest, as sent.
std::pair<std::string_view, std::string_view> SplitPath(std::string_view path) {
  if (!path.starts_with(kApps)) return {};
  path.remove_prefix(kApps.size());
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

http::Response ApiError(const base::Error& error) {
  const int status = StatusOf(error.code);
  http::Response response = http::ErrorResponse(status, error.detail);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string_view Api::Call::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

void Api::Call::Answer(http::Response response) const {
  auto held = std::make_shared<http::Response>(std::move(response));
  exchange.Answer([held](std::unique_ptr<http::Exchange> home) { home->Send(std::move(*held)); });
}

void Api::Call::AnswerJson(std::string json) const {
  Answer(http::JsonResponse(200, std::move(json)));
}

std::optional<AppIndex> Api::FindApp(std::string_view path) const {
  const std::optional<std::string> id = proto::PercentDecode(SplitPath(path).first);
  const std::vector<proto::AppCredentials>& apps = shared_.config.apps;
  for (size_t i = 0; i < apps.size(); ++i) {
    if (id == apps[i].id) return static_cast<AppIndex>(i);
  }
  return std::nullopt;
}

bool Api::Claims(std::string_view path) const {
  return FindApp(path).has_value();
}

void Api::Handle(std::unique_ptr<http::Exchange> exchange, Shard& from) {
  const http::Request& request = exchange->request();
  const std::optional<AppIndex> app = FindApp(request.path);
  if (!app) return exchange->Send(http::ErrorResponse(404, "no app with this id"));
  const base::Result<void> proof = proto::VerifyApiCall(
      shared_.config.apps[static_cast<size_t>(*app)],
      {request.method, request.path, request.query, request.body}, shared_.clock.WallMs() / 1'000);
  if (!proof) return exchange->Send(ApiError(proof.error()));
  if (from.draining()) {
    return exchange->Send(ApiError({base::Code::kUnavailable, "the server is draining"}));
  }
  for (const auto& [rest, call] : calls_) {
    if (rest != SplitPath(request.path).second) continue;
    return call(shared_.config.apps[static_cast<size_t>(*app)].id, std::move(exchange));
  }
  proto::QueryParams query = proto::ParseQuery(request.query, kMaxQueryParams);
  Route({*app, from, http::HeldExchange(std::move(exchange)), std::move(query)}, request);
}

void Api::Route(const Call& call, const http::Request& request) {
  const std::string_view rest = SplitPath(request.path).second;
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  if (rest == "events")
    return post ? PostEvents(call, request) : call.Answer(http::NotAllowed("POST"));
  if (rest == "batch_events") {
    return post ? PostBatchEvents(call, request) : call.Answer(http::NotAllowed("POST"));
  }
  if (rest == "channels") return get ? GetChannels(call) : call.Answer(http::NotAllowed("GET"));
  constexpr std::string_view kOne = "channels/";
  if (rest.starts_with(kOne)) {
    const auto name = proto::PercentDecode(rest.substr(kOne.size()));
    if (name && proto::ChannelKindOf(*name)) {
      return get ? GetChannel(call, *name) : call.Answer(http::NotAllowed("GET"));
    }
  }
  call.Answer(http::ErrorResponse(404, "no such call"));
}

http::Response Api::Refuse(const base::Error& error) const {
  shared_.counters.publish_refused.Add();
  return ApiError(error);
}

}  // namespace offing::channels
