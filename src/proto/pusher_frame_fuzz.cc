// Frames from clients are read or refused; frames that we write are JSON that says what it was
// given.
#include <cstdint>

#include "base/check.h"
#include "base/json.h"
#include "proto/pusher_frame.h"
#include "proto/utf8.h"

namespace {

using namespace offing::proto;
using offing::base::Json;
using offing::base::ParseJson;
using offing::base::Position;

void CheckParsed(const ClientMessage& message) {
  if (const auto* subscribe = std::get_if<SubscribeMessage>(&message)) {
    Json frame{{"event", "pusher:subscribe"}, {"data", Json::object()}};
    Json& data = frame["data"];
    data["channel"] = subscribe->channel;
    data["auth"] = subscribe->auth;
    data["channel_data"] = subscribe->channel_data;
    if (subscribe->resume_after) {
      data["resume_after_id"] = offing::base::FormatPosition(*subscribe->resume_after);
    }
    data["on_gap"] = subscribe->on_gap == OnGap::kLive ? "live" : "replay";
    const auto again = ParseClientMessage(offing::base::DumpJson(frame));
    const auto* copy = again ? std::get_if<SubscribeMessage>(&*again) : nullptr;
    CHECK(copy && copy->channel == subscribe->channel && copy->auth == subscribe->auth &&
              copy->channel_data == subscribe->channel_data &&
              copy->resume_after == subscribe->resume_after && copy->on_gap == subscribe->on_gap,
          "a subscription changed on its way");
  }
  if (const auto* event = std::get_if<ClientEventMessage>(&message)) {
    CHECK(event->name.starts_with("client-"), "not a client event");
    CHECK(event->data.empty() || ParseJson(event->data), "data is not JSON");
  }
}

void CheckEncoded(const std::string& text) {
  const Position position{offing::base::Epoch{0xabc}, text.size()};
  const auto event = ParseJson(EncodeEvent(text, text, text, position));
  CHECK(event && (*event)["event"] == text && (*event)["data"] == text, "an event changed");
  CHECK(text.empty() || (*event)["channel"] == text, "a channel changed");
  CHECK((*event)["id"] == offing::base::FormatPosition(position), "a position changed");
  const auto error = ParseJson(EncodeError(4001, text));
  CHECK(error && (*error)["data"]["message"] == text, "an error changed");
  const auto refusal = ParseJson(EncodeSubscriptionError(text, "AuthError", text, 401));
  CHECK(refusal && (*refusal)["data"]["error"] == text, "a refusal changed");
  const auto established = ParseJson(EncodeConnectionEstablished(text, 120));
  CHECK(established, "a greeting is not JSON");
  const auto inner = ParseJson((*established)["data"].get_ref<const std::string&>());
  CHECK(inner && (*inner)["socket_id"] == text, "a socket id changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto message = ParseClientMessage(text)) {
    CheckParsed(*message);
  } else {
    CHECK(IsUtf8(message.error().detail), "an error that cannot be sent");
  }
  if (IsUtf8(text)) CheckEncoded(text);
  CHECK(!ChannelKindOf(text) || size <= 200, "a name over its limit");
  return 0;
}
