// POST /events: one event to up to a hundred channels.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.h"
#include "channels/api.h"
#include "channels/api_event.h"
#include "crypto/digest.h"
#include "proto/structured.h"

namespace offing::channels {

using base::Code;
using base::Fail;
using base::Json;
using base::Result;

namespace {

constexpr size_t kMaxKey = 128;

// `channels`, or else `channel`; each once.
Result<std::vector<std::string>> ReadChannels(const Json& body, const Limits& limits) {
  Json one = Json::array();
  const Json* list = &one;
  if (body.contains("channels")) {
    list = &body["channels"];
  } else if (body.contains("channel")) {
    one.push_back(body["channel"]);
  }
  if (!list->is_array() || list->empty()) {
    return Fail(Code::kInvalidArgument, "channels must be a list of names, or channel a name");
  }
  if (list->size() > limits.max_channels_per_publish) {
    return Fail(Code::kInvalidArgument, fmt::format("an event goes to at most {} channels at once",
                                                    limits.max_channels_per_publish));
  }
  std::vector<std::string> channels;
  for (const Json& each : *list) {
    Result<std::string> channel = ReadChannel(each);
    if (!channel) return std::unexpected(channel.error());
    if (std::ranges::find(channels, *channel) == channels.end()) {
      channels.push_back(std::move(*channel));
    }
  }
  return channels;
}

// nullopt if there is none.
Result<std::optional<journal::Publication::Key>> ReadKey(const http::Request& request,
                                                         const std::string& app) {
  const auto found =
      std::ranges::find(request.headers, "idempotency-key", &http::Headers::value_type::first);
  if (found == request.headers.end()) return std::nullopt;
  const std::string& key = found->second;
  const bool visible = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (key.empty() || key.size() > kMaxKey || !visible) {
    return Fail(Code::kInvalidArgument, "Idempotency-Key has 1 to 128 visible ASCII characters");
  }
  // A backend may hand on a client's header, which is a string of RFC 8941; then the event's key is
  // the entry's.
  const std::string id = proto::ParseStringItem(key).value_or(key);
  return journal::Publication::Key{app, "", id, crypto::Sha256Hex("POST events\n" + request.body)};
}

Result<Publication> ReadPublication(const http::Request& request, AppIndex app,
                                    const ChannelsConfig& config) {
  const Result<Json> body = base::ParseJson(request.body);
  if (!body) return std::unexpected(body.error());
  Result<ApiEvent> event = ReadEvent(*body, config.limits);
  if (!event) return std::unexpected(event.error());
  Result<std::vector<std::string>> channels = ReadChannels(*body, config.limits);
  if (!channels) return std::unexpected(channels.error());
  auto key = ReadKey(request, config.apps[static_cast<size_t>(app)].id);
  if (!key) return std::unexpected(key.error());

  Publication publication{.app = app, .key = std::move(*key)};
  if (event->info == Info::kSubscriptionCount) publication.count = *channels;
  for (std::string& channel : *channels) {
    publication.events.push_back({std::move(channel), event->name, event->data, event->except});
  }
  return publication;
}

std::string EncodeAnswer(const std::vector<std::string>& channels, const Published& published) {
  Json answer = Json::object();
  for (size_t i = 0; i < published.counts.size(); ++i) {
    answer["channels"][channels[i]]["subscription_count"] = published.counts[i];
  }
  for (size_t i = 0; i < channels.size(); ++i) {
    const std::optional<base::Position>& position = published.positions[i];
    if (position) answer["event_ids"][channels[i]] = base::FormatPosition(*position);
  }
  return base::DumpJson(answer);
}

}  // namespace

void Api::PostEvents(const Call& call, const http::Request& request) {
  Result<Publication> publication = ReadPublication(request, call.app, shared_.config);
  if (!publication) return call.Answer(Refuse(publication.error()));
  std::vector<std::string> channels;
  for (const Publication::Event& event : publication->events) channels.push_back(event.channel);
  publisher_.Publish(
      call.from, std::move(*publication),
      [this, call, channels = std::move(channels)](const Result<Published>& published) {
        if (!published) return call.Answer(Refuse(published.error()));
        http::Response response = http::JsonResponse(200, EncodeAnswer(channels, *published));
        if (published->replayed) response.headers.emplace_back("Idempotency-Status", "replayed");
        call.Answer(std::move(response));
      });
}

}  // namespace offing::channels
