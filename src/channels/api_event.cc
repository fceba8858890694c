#include "channels/api_event.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "proto/pusher_frame.h"

namespace offing::channels {

using base::Code;
using base::Fail;
using base::Json;
using base::Result;

namespace {

// The member, if it is a string.
const std::string* FindString(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

}  // namespace

Result<ApiEvent> ReadEvent(const Json& object, const Limits& limits) {
  if (!object.is_object()) return Fail(Code::kInvalidArgument, "an event must be a JSON object");
  const std::string* const name = FindString(object, "name");
  if (name == nullptr || !proto::IsEventName(*name)) {
    return Fail(Code::kInvalidArgument, "name must be a string of 1 to 200 bytes");
  }
  const std::string* const data = FindString(object, "data");
  if (data == nullptr) return Fail(Code::kInvalidArgument, "data must be a string");
  if (data->size() > limits.max_data_bytes) {
    return Fail(Code::kTooLarge,
                fmt::format("The data content of this event exceeds the allowed maximum ({} bytes)",
                            limits.max_data_bytes));
  }
  ApiEvent event{.name = *name, .data = *data};
  if (object.contains("socket_id") && !object["socket_id"].is_null()) {
    const std::string* const text = FindString(object, "socket_id");
    const auto id = text == nullptr ? std::nullopt : ParseSocketId(*text);
    if (!id) return Fail(Code::kInvalidArgument, "socket_id must be digits, a dot, digits");
    event.except = *id;
  }
  if (object.contains("info") && !object["info"].is_null()) {
    const std::string* const text = FindString(object, "info");
    if (text == nullptr) return Fail(Code::kInvalidArgument, "info must be a string");
    const Result<Info> info = ReadInfo(*text);
    if (!info) return std::unexpected(info.error());
    event.info = *info;
  }
  return event;
}

Result<std::string> ReadChannel(const Json& value) {
  const auto* const name = value.get_ptr<const std::string*>();
  if (name == nullptr || !proto::ChannelKindOf(*name)) {
    return Fail(Code::kInvalidArgument,
                "a channel's name has 1 to 200 characters of A-Z a-z 0-9 _ - = @ , . ;");
  }
  return *name;
}

Result<Info> ReadInfo(std::string_view text) {
  Info info = Info::kNone;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view attribute = text.substr(0, comma);
    if (attribute == "subscription_count") {
      info = Info::kSubscriptionCount;
    } else if (attribute != "user_count") {
      return Fail(Code::kInvalidArgument, "info may be subscription_count");
    }
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return info;
}

}  // namespace offing::channels
