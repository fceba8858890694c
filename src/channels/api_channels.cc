// GET /channels: the channels that somebody listens to, over all cores.
#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "channels/api.h"
#include "channels/api_event.h"

namespace offing::channels {

namespace {

using Occupied = std::map<std::string, size_t>;  // channel → subscribers

Occupied OccupiedOn(const Shard& shard, AppIndex app, const std::string& prefix) {
  Occupied occupied;
  shard.hub.ForEachChannel(app, prefix, [&occupied](const Channel& channel) {
    occupied.emplace(*channel.name, channel.subscribers.size());
  });
  return occupied;
}

std::string EncodeAnswer(const std::vector<Occupied>& by_core, Info info) {
  Occupied all;
  for (const Occupied& occupied : by_core) {
    for (const auto& [name, count] : occupied) all[name] += count;
  }
  std::string text = "{\"channels\":{";
  for (const auto& [name, count] : all) {
    if (text.back() == '}') text += ',';
    base::AppendQuoted(text, name);
    text += info == Info::kSubscriptionCount ? fmt::format(":{{\"subscription_count\":{}}}", count)
                                             : ":{}";
  }
  return text + "}}";
}

}  // namespace

void Api::GetChannels(const Call& call) {
  const base::Result<Info> info = ReadInfo(call.Query("info"));
  if (!info) return call.Answer(ApiError(info.error()));
  if (call.Query("info").contains("user_count")) {
    return call.Answer(http::ErrorResponse(400, "user_count is known of presence channels only"));
  }
  Gather<Occupied>(
      shards_, &call.from, call.from,
      [app = call.app, prefix = std::string(call.Query("filter_by_prefix"))](Shard& shard) {
        return OccupiedOn(shard, app, prefix);
      },
      [call, info = *info](const std::vector<Occupied>& by_core) {
        call.AnswerJson(EncodeAnswer(by_core, info));
      });
}

}  // namespace offing::channels
