// The Pusher Channels protocol's frames (spec/channels.md): JSON text in, typed messages out, and
// back. No I/O, no state.
//
// Threading: any thread (pure functions over values).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/position.h"
#include "base/result.h"

namespace offing::proto {

// What a resume that cannot be complete falls back to.
enum class OnGap { kReplay, kLive };

struct SubscribeMessage {
  std::string channel;
  std::string auth;          // empty if absent
  std::string token;         // in its place; likewise
  std::string channel_data;  // presence channels
  std::optional<base::Position> resume_after;
  OnGap on_gap = OnGap::kReplay;
  // Set when resume_after_id or on_gap was present and malformed: the subscription is refused with
  // status 400.
  std::string malformed;
};
struct UnsubscribeMessage {
  std::string channel;
};
struct PingMessage {};
struct PongMessage {};
struct ClientEventMessage {  // an event name that starts with "client-"
  std::string channel;
  std::string name;
  std::string data;  // JSON text, compact; empty if there was none
};
struct UnknownMessage {
  std::string name;
};
using ClientMessage = std::variant<SubscribeMessage, UnsubscribeMessage, PingMessage, PongMessage,
                                   ClientEventMessage, UnknownMessage>;

// kInvalidArgument: not a JSON object, no string `event`, or a `data` that lacks what the event
// needs. `data` may be an object or a string that holds one (old clients).
base::Result<ClientMessage> ParseClientMessage(std::string_view text);

// How a subscription on a channel with a log starts.
struct Resume {
  base::Position after;
  bool ok = true;
};

std::string EncodeConnectionEstablished(std::string_view socket_id, int activity_timeout_s);
// code: 0 for null.
std::string EncodeError(int code, std::string_view message);
std::string EncodePing();
std::string EncodePong();
std::string EncodeSubscriptionSucceeded(std::string_view channel,
                                        const std::optional<Resume>& resume);
std::string EncodeSubscriptionError(std::string_view channel, std::string_view type,
                                    std::string_view error, int status);
// `data` is the event's data string; it is written as a JSON string. `id` only for channels with a
// log; `key` only for events whose write had one, otherwise "".
std::string EncodeEvent(std::string_view channel, std::string_view name, std::string_view data,
                        const std::optional<base::Position>& id, std::string_view key = "");

enum class ChannelKind { kPublic, kPrivate, kPrivateEncrypted, kPresence };
// nullopt: not a channel name (spec/channels.md, "Subscribing").
std::optional<ChannelKind> ChannelKindOf(std::string_view name);
// 1 to 200 bytes.
bool IsEventName(std::string_view name);

}  // namespace offing::proto
