// POST /batch_events: up to ten events, each to a channel of its own; committed whole or not at
// all.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/json.h"
#include "channels/api.h"
#include "channels/api_event.h"

namespace offing::channels {

using base::Code;
using base::Fail;
using base::Json;
using base::Result;

namespace {

struct Batch {
  Publication publication;
  std::vector<Info> infos;  // one per event
};

Result<Batch> ReadBatch(const std::string& text, AppIndex app, const Limits& limits) {
  const Result<Json> body = base::ParseJson(text);
  if (!body) return std::unexpected(body.error());
  const auto list = body->is_object() ? body->find("batch") : body->end();
  if (list == body->end() || !list->is_array() || list->empty()) {
    return Fail(Code::kInvalidArgument, "batch must be a list of events");
  }
  if (list->size() > limits.max_batch) {
    return Fail(Code::kInvalidArgument,
                fmt::format("a batch has at most {} events", limits.max_batch));
  }
  Batch batch{.publication = {.app = app}};
  for (const Json& item : *list) {
    Result<ApiEvent> event = ReadEvent(item, limits);
    if (!event) return std::unexpected(event.error());
    Result<std::string> channel = ReadChannel(item.contains("channel") ? item["channel"] : Json());
    if (!channel) return std::unexpected(channel.error());
    batch.infos.push_back(event->info);
    if (event->info == Info::kSubscriptionCount) batch.publication.count.push_back(*channel);
    batch.publication.events.push_back(
        {std::move(*channel), std::move(event->name), std::move(event->data), event->except});
  }
  return batch;
}

std::string EncodeAnswer(const std::vector<Info>& infos, const Published& published) {
  Json items = Json::array();
  auto told = Info::kNone;
  size_t counted = 0;
  for (size_t i = 0; i < infos.size(); ++i) {
    Json item = Json::object();
    if (published.positions[i]) item["event_id"] = base::FormatPosition(*published.positions[i]);
    if (infos[i] == Info::kSubscriptionCount) {
      item["subscription_count"] = published.counts[counted++];
    }
    if (!item.empty()) told = Info::kSubscriptionCount;
    items.push_back(std::move(item));
  }
  Json answer = Json::object();
  if (told != Info::kNone) answer["batch"] = std::move(items);
  return base::DumpJson(answer);
}

}  // namespace

void Api::PostBatchEvents(const Call& call, const http::Request& request) {
  Result<Batch> batch = ReadBatch(request.body, call.app, shared_.config.limits);
  if (!batch) return call.Answer(Refuse(batch.error()));
  publisher_.Publish(
      call.from, std::move(batch->publication),
      [this, call, infos = std::move(batch->infos)](const Result<Published>& published) {
        if (!published) return call.Answer(Refuse(published.error()));
        call.AnswerJson(EncodeAnswer(infos, *published));
      });
}

}  // namespace offing::channels
