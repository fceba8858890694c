#include "proto/pusher_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace offing::proto {

namespace {

using base::Code;
using base::Fail;
using base::Json;
using base::Result;

constexpr size_t kMaxName = 200;

bool IsChannelByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("_-=@,.;").contains(c);
}

// A member of `object` that is a string; nullptr if it is absent or something else.
const std::string* StringMember(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const Json::string_t*>();
}

std::string Text(const Json& object, const char* name) {
  const std::string* const text = StringMember(object, name);
  return text ? *text : std::string();
}

// `data` as an object, whether it came as one or as a string that holds one.
Result<Json> ObjectData(Json& frame, std::string_view event) {
  const auto refuse = [&] {
    return Fail(Code::kInvalidArgument, fmt::format("{} needs data, an object", event));
  };
  const auto found = frame.find("data");
  if (found == frame.end()) return refuse();
  if (const auto* const text = found->get_ptr<const Json::string_t*>()) {
    Result<Json> inner = base::ParseJson(*text);
    if (!inner || !inner->is_object()) return refuse();
    return inner;
  }
  if (!found->is_object()) return refuse();
  return std::move(*found);
}

void ReadResume(const Json& data, SubscribeMessage& message) {
  if (data.contains("resume_after_id")) {
    const std::string* const id = StringMember(data, "resume_after_id");
    if (id) message.resume_after = base::ParsePosition(*id);
    if (!message.resume_after) message.malformed = "resume_after_id is not EPOCH:SEQ";
  }
  if (data.contains("on_gap")) {
    const std::string on_gap = Text(data, "on_gap");
    if (on_gap == "live") {
      message.on_gap = OnGap::kLive;
    } else if (on_gap != "replay") {
      message.malformed = "on_gap is neither replay nor live";
    }
  }
}

Result<ClientMessage> ParseSubscribe(Json& frame) {
  const Result<Json> data = ObjectData(frame, "pusher:subscribe");
  if (!data) return std::unexpected(data.error());
  const std::string* const channel = StringMember(*data, "channel");
  if (!channel) return Fail(Code::kInvalidArgument, "pusher:subscribe needs data.channel");
  SubscribeMessage message;
  message.channel = *channel;
  message.auth = Text(*data, "auth");
  message.token = Text(*data, "token");
  message.channel_data = Text(*data, "channel_data");
  ReadResume(*data, message);
  return message;
}

Result<ClientMessage> ParseUnsubscribe(Json& frame) {
  const Result<Json> data = ObjectData(frame, "pusher:unsubscribe");
  if (!data) return std::unexpected(data.error());
  const std::string* const channel = StringMember(*data, "channel");
  if (!channel) return Fail(Code::kInvalidArgument, "pusher:unsubscribe needs data.channel");
  return UnsubscribeMessage{*channel};
}

Result<ClientMessage> ParseClientEvent(const Json& frame, std::string_view event) {
  const std::string* const channel = StringMember(frame, "channel");
  if (!channel) return Fail(Code::kInvalidArgument, "a client event needs a channel");
  const auto data = frame.find("data");
  return ClientEventMessage{*channel, std::string(event),
                            data == frame.end() ? std::string() : base::DumpJson(*data)};
}

// {"event":NAME,"channel":CHANNEL  with the rest to follow; no channel if it is empty.
std::string Open(std::string_view event, std::string_view channel, size_t more) {
  std::string out;
  out.reserve(event.size() + channel.size() + more + 64);
  out += R"({"event":)";
  base::AppendQuoted(out, event);
  if (!channel.empty()) {
    out += R"(,"channel":)";
    base::AppendQuoted(out, channel);
  }
  return out;
}

std::string CloseWithString(std::string out, std::string_view data) {
  out += R"(,"data":)";
  base::AppendQuoted(out, data);
  return out += '}';
}

std::string Quoted(std::string_view text) {
  std::string out;
  base::AppendQuoted(out, text);
  return out;
}

}  // namespace

Result<ClientMessage> ParseClientMessage(std::string_view text) {
  Result<Json> frame = base::ParseJson(text);
  if (!frame) return std::unexpected(frame.error());
  if (!frame->is_object()) return Fail(Code::kInvalidArgument, "a frame must be a JSON object");
  const std::string* const member = StringMember(*frame, "event");
  if (!member) return Fail(Code::kInvalidArgument, "a frame needs an event, a string");
  const std::string event = *member;
  if (event == "pusher:subscribe") return ParseSubscribe(*frame);
  if (event == "pusher:unsubscribe") return ParseUnsubscribe(*frame);
  if (event == "pusher:ping") return PingMessage{};
  if (event == "pusher:pong") return PongMessage{};
  if (event.starts_with("client-")) return ParseClientEvent(*frame, event);
  return UnknownMessage{event};
}

std::string EncodeConnectionEstablished(std::string_view socket_id, int activity_timeout_s) {
  return CloseWithString(Open("pusher:connection_established", {}, 96),
                         fmt::format(R"({{"socket_id":{},"activity_timeout":{}}})",
                                     Quoted(socket_id), activity_timeout_s));
}

std::string EncodeError(int code, std::string_view message) {
  return fmt::format(R"({},"data":{{"message":{},"code":{}}}}})", Open("pusher:error", {}, 0),
                     Quoted(message), code == 0 ? "null" : std::to_string(code));
}

std::string EncodePing() {
  return R"({"event":"pusher:ping","data":"{}"})";
}

std::string EncodePong() {
  return R"({"event":"pusher:pong","data":"{}"})";
}

std::string EncodeSubscriptionSucceeded(std::string_view channel,
                                        const std::optional<Resume>& resume) {
  std::string data = "{}";
  if (resume) {
    data = fmt::format(R"({{"resume":{{"after_id":"{}","ok":{}}}}})",
                       base::FormatPosition(resume->after), resume->ok);
  }
  return CloseWithString(Open("pusher_internal:subscription_succeeded", channel, data.size()),
                         data);
}

std::string EncodeSubscriptionError(std::string_view channel, std::string_view type,
                                    std::string_view error, int status) {
  return fmt::format(R"({},"data":{{"type":{},"error":{},"status":{}}}}})",
                     Open("pusher:subscription_error", channel, 0), Quoted(type), Quoted(error),
                     status);
}

std::string EncodeEvent(std::string_view channel, std::string_view name, std::string_view data,
                        const std::optional<base::Position>& id, std::string_view key) {
  std::string out = Open(name, channel, data.size() + data.size() / 8);
  out += R"(,"data":)";
  base::AppendQuoted(out, data);
  if (id) out.append(R"(,"id":")").append(base::FormatPosition(*id)).append("\"");
  if (!key.empty()) {
    out += R"(,"key":)";
    base::AppendQuoted(out, key);
  }
  return out += '}';
}

std::optional<ChannelKind> ChannelKindOf(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !std::ranges::all_of(name, IsChannelByte)) {
    return std::nullopt;
  }
  if (name.starts_with("private-encrypted-")) return ChannelKind::kPrivateEncrypted;
  if (name.starts_with("private-")) return ChannelKind::kPrivate;
  if (name.starts_with("presence-")) return ChannelKind::kPresence;
  return ChannelKind::kPublic;
}

bool IsEventName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName;
}

}  // namespace offing::proto
