// What the publishing calls have in common: reading one event from a request's JSON.
//
// Threading: any thread (pure functions).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "channels/config.h"
#include "channels/socket_id.h"

namespace offing::channels {

enum class Info { kNone, kSubscriptionCount };

// An event as a request gives it, but for the channels it goes to.
struct ApiEvent {
  std::string name;
  std::string data;
  SocketId except;
  Info info = Info::kNone;
};

// kInvalidArgument: a field is missing or is not what it must be. kTooLarge: the data.
base::Result<ApiEvent> ReadEvent(const nlohmann::ordered_json& object, const Limits& limits);
// A channel that events can be published to.
base::Result<std::string> ReadChannel(const nlohmann::ordered_json& value);
// A comma-separated list. user_count is known, and left out of every answer: it belongs to presence
// channels.
base::Result<Info> ReadInfo(std::string_view text);

}  // namespace offing::channels
