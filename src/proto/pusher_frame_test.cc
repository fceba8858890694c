#include "proto/pusher_frame.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace offing::proto {
namespace {

using base::Epoch;
using base::Json;
using base::Position;

template <class T>
T Parsed(std::string_view text) {
  const base::Result<ClientMessage> message = ParseClientMessage(text);
  EXPECT_TRUE(message) << text << ": " << message.error().detail;
  const T* const wanted = message ? std::get_if<T>(&*message) : nullptr;
  EXPECT_NE(wanted, nullptr) << text;
  return wanted ? *wanted : T{};
}

TEST(ParseClientMessage, ReadsSubscribeInEveryClientsShape) {
  for (
      const char* text :
      {R"({"event":"pusher:subscribe","data":{"auth":"","channel":"c"}})",  // pusher-js, public
       R"({"event":"pusher:subscribe","data":{"channel":"c"}})",            // Swift, Java
       R"({"event":"pusher:subscribe","data":{"channel":"c","auth":null,"channel_data":null}})",  // .NET
       R"({"data":{"channel":"c"},"event":"pusher:subscribe"})",        // Java orders otherwise
       R"({"event":"pusher:subscribe","data":"{\"channel\":\"c\"}"})",  // data as a string
       R"( {"event" : "pusher:subscribe", "data": {"channel":"c"}, "extra": [1] } )"}) {
    const auto message = Parsed<SubscribeMessage>(text);
    EXPECT_EQ(message.channel, "c") << text;
    EXPECT_EQ(message.auth, "") << text;
    EXPECT_EQ(message.channel_data, "") << text;
    EXPECT_FALSE(message.resume_after) << text;
    EXPECT_EQ(message.on_gap, OnGap::kReplay) << text;
    EXPECT_EQ(message.malformed, "") << text;
  }
  const auto message = Parsed<SubscribeMessage>(
      R"({"event":"pusher:subscribe","data":{"channel":"presence-x","auth":"k:h","channel_data":"{\"user_id\":1}"}})");
  EXPECT_EQ(message.auth, "k:h");
  EXPECT_EQ(message.channel_data, R"({"user_id":1})");
}

TEST(ParseClientMessage, ReadsWhereToResume) {
  const auto resume = Parsed<SubscribeMessage>(
      R"({"event":"pusher:subscribe","data":{"channel":"c","resume_after_id":"0123456789ab:42","on_gap":"live"}})");
  EXPECT_EQ(resume.resume_after, (Position{Epoch{0x0123456789ab}, 42}));
  EXPECT_EQ(resume.on_gap, OnGap::kLive);
  EXPECT_EQ(resume.malformed, "");
  const auto first = Parsed<SubscribeMessage>(
      R"({"event":"pusher:subscribe","data":{"channel":"c","token":"a.b.c","resume_after_id":"0:0","on_gap":"replay"}})");
  EXPECT_EQ(first.token, "a.b.c");
  EXPECT_EQ(resume.token, "");
  EXPECT_EQ(first.resume_after, Position{});
  EXPECT_EQ(first.on_gap, OnGap::kReplay);
}

TEST(ParseClientMessage, MarksAResumeThatIsMalformed) {
  for (const char* extra :
       {R"("resume_after_id":"")", R"("resume_after_id":"x")", R"("resume_after_id":42)",
        R"("resume_after_id":null)", R"("resume_after_id":"0123456789AB:1")"}) {
    const auto message = Parsed<SubscribeMessage>(
        std::string(R"({"event":"pusher:subscribe","data":{"channel":"c",)") + extra + "}}");
    EXPECT_EQ(message.malformed, "resume_after_id is not EPOCH:SEQ") << extra;
    EXPECT_EQ(message.channel, "c");
  }
  for (const char* extra :
       {R"("on_gap":"")", R"("on_gap":"Live")", R"("on_gap":true)", R"("on_gap":null)"}) {
    const auto message = Parsed<SubscribeMessage>(
        std::string(R"({"event":"pusher:subscribe","data":{"channel":"c",)") + extra + "}}");
    EXPECT_EQ(message.malformed, "on_gap is neither replay nor live") << extra;
  }
}

TEST(ParseClientMessage, ReadsTheOtherMessages) {
  EXPECT_EQ(Parsed<UnsubscribeMessage>(R"({"event":"pusher:unsubscribe","data":{"channel":"c"}})")
                .channel,
            "c");
  EXPECT_EQ(
      Parsed<UnsubscribeMessage>(R"({"event":"pusher:unsubscribe","data":"{\"channel\":\"c\"}"})")
          .channel,
      "c");
  Parsed<PingMessage>(R"({"event":"pusher:ping","data":{}})");
  Parsed<PingMessage>(R"({"event":"pusher:ping"})");  // Java
  Parsed<PingMessage>(R"({"event":"pusher:ping","data":"{}"})");
  Parsed<PongMessage>(R"({"event":"pusher:pong","data":{}})");
  Parsed<PongMessage>(R"({"event":"pusher:pong"})");
  EXPECT_EQ(Parsed<UnknownMessage>(R"({"event":"pusher:signin","data":{}})").name, "pusher:signin");
  EXPECT_EQ(Parsed<UnknownMessage>(R"({"event":""})").name, "");
  EXPECT_EQ(Parsed<UnknownMessage>(R"({"event":"clientx"})").name, "clientx");
}

TEST(ParseClientMessage, KeepsAClientEventsDataAsItIs) {
  const auto object = Parsed<ClientEventMessage>(
      R"({"event":"client-typing","channel":"private-x","data":{"b":1,"a":"é"}})");
  EXPECT_EQ(object.channel, "private-x");
  EXPECT_EQ(object.name, "client-typing");
  EXPECT_EQ(object.data, R"({"b":1,"a":"é"})");
  EXPECT_EQ(
      Parsed<ClientEventMessage>(R"({"event":"client-a","channel":"c","data":"{\"x\":1}"})").data,
      R"("{\"x\":1}")");
  EXPECT_EQ(Parsed<ClientEventMessage>(R"({"event":"client-a","channel":"c"})").data, "");
}

TEST(ParseClientMessage, RefusesWhatItCannotRead) {
  for (const char* text : {"",
                           "x",
                           "[]",
                           "\"pusher:ping\"",
                           "1",
                           "null",
                           "{}",
                           R"({"event":1})",
                           R"({"event":null})",
                           R"({"data":{}})",
                           R"({"event":"pusher:subscribe"})",
                           R"({"event":"pusher:subscribe","data":null})",
                           R"({"event":"pusher:subscribe","data":[]})",
                           R"({"event":"pusher:subscribe","data":{}})",
                           R"({"event":"pusher:subscribe","data":{"channel":1}})",
                           R"({"event":"pusher:subscribe","data":"c"})",
                           R"({"event":"pusher:subscribe","data":"[\"channel\"]"})",
                           R"({"event":"pusher:subscribe","data":"{"})",
                           R"({"event":"pusher:unsubscribe"})",
                           R"({"event":"pusher:unsubscribe","data":{}})",
                           R"({"event":"client-a","data":{}})",
                           R"({"event":"client-a","channel":7,"data":{}})",
                           R"({"event":"pusher:ping","event":"pusher:pong"})",
                           R"({"event":"pusher:subscribe","data":{"channel":"a","channel":"b"}})",
                           R"({"event":"pusher:ping"}{"event":"pusher:ping"})"}) {
    const base::Result<ClientMessage> message = ParseClientMessage(text);
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().code, base::Code::kInvalidArgument) << text;
    EXPECT_NE(message.error().detail, "") << text;
  }
}

TEST(PusherFrames, AreWrittenAsTheProtocolSays) {
  EXPECT_EQ(
      EncodeConnectionEstablished("123.456", 120),
      R"({"event":"pusher:connection_established","data":"{\"socket_id\":\"123.456\",\"activity_timeout\":120}"})");
  EXPECT_EQ(EncodeError(4001, "no app \"x\""),
            R"({"event":"pusher:error","data":{"message":"no app \"x\"","code":4001}})");
  EXPECT_EQ(EncodeError(0, "a"), R"({"event":"pusher:error","data":{"message":"a","code":null}})");
  EXPECT_EQ(EncodePing(), R"({"event":"pusher:ping","data":"{}"})");
  EXPECT_EQ(EncodePong(), R"({"event":"pusher:pong","data":"{}"})");
  EXPECT_EQ(EncodeSubscriptionSucceeded("c", std::nullopt),
            R"({"event":"pusher_internal:subscription_succeeded","channel":"c","data":"{}"})");
  EXPECT_EQ(EncodeSubscriptionSucceeded("c", Resume{Position{Epoch{0xab}, 7}, true}),
            R"({"event":"pusher_internal:subscription_succeeded","channel":"c",)"
            R"("data":"{\"resume\":{\"after_id\":\"0000000000ab:7\",\"ok\":true}}"})");
  EXPECT_EQ(EncodeSubscriptionSucceeded("c", Resume{Position{}, false}),
            R"({"event":"pusher_internal:subscription_succeeded","channel":"c",)"
            R"("data":"{\"resume\":{\"after_id\":\"0:0\",\"ok\":false}}"})");
  EXPECT_EQ(EncodeSubscriptionError("private-x", "AuthError", "Invalid signature", 401),
            R"({"event":"pusher:subscription_error","channel":"private-x",)"
            R"("data":{"type":"AuthError","error":"Invalid signature","status":401}})");
  EXPECT_EQ(EncodeEvent("c", "e", "hi", Position{Epoch{0xab}, 2}, "a \"key\""),
            R"({"event":"e","channel":"c","data":"hi","id":"0000000000ab:2","key":"a \"key\""})");
  EXPECT_EQ(EncodeEvent("c", "e", "hi", std::nullopt),
            R"({"event":"e","channel":"c","data":"hi"})");
  EXPECT_EQ(
      EncodeEvent("c", "e", R"({"a":"b"})", Position{Epoch{0xab}, 18446744073709551615U}),
      R"({"event":"e","channel":"c","data":"{\"a\":\"b\"}","id":"0000000000ab:18446744073709551615"})");
}

TEST(PusherFrames, StayJsonWhateverTheyCarry) {
  const std::string odd("\"\\\n\x01{}\0\xC3\xA9", 9);
  for (const std::string& frame : {EncodeEvent(odd, odd, odd, Position{}), EncodeError(1, odd),
                                   EncodeSubscriptionError(odd, odd, odd, 1),
                                   EncodeSubscriptionSucceeded(odd, std::nullopt)}) {
    EXPECT_TRUE(base::ParseJson(frame)) << frame;
  }
  const Json event = base::ParseJson(EncodeEvent(odd, odd, odd, std::nullopt)).value();
  EXPECT_EQ(event["event"].get<std::string>(), odd);
  EXPECT_EQ(event["channel"].get<std::string>(), odd);
  EXPECT_EQ(event["data"].get<std::string>(), odd);
}

TEST(ChannelKindOf, GoesByThePrefix) {
  for (const auto& [name, kind] : std::initializer_list<std::pair<const char*, ChannelKind>>{
           {"c", ChannelKind::kPublic},
           {"AZaz09_-=@,.;", ChannelKind::kPublic},
           {"private", ChannelKind::kPublic},
           {"Private-x", ChannelKind::kPublic},
           {"my-private-x", ChannelKind::kPublic},
           {"cache-x", ChannelKind::kPublic},
           {"private-x", ChannelKind::kPrivate},
           {"private-", ChannelKind::kPrivate},
           {"private-encrypted", ChannelKind::kPrivate},
           {"private-presence-x", ChannelKind::kPrivate},
           {"private-encrypted-x", ChannelKind::kPrivateEncrypted},
           {"presence-x", ChannelKind::kPresence},
       }) {
    EXPECT_EQ(ChannelKindOf(name), kind) << name;
  }
}

TEST(ChannelKindOf, RefusesANameWithOneForeignByteAnywhere) {
  for (const char* name :
       {"", " ", "a b", " a", "a ", "a\n", "\na", "a/b", "a:b", "#a", "#server-to-user-1", "a*",
        "a+b", "a\xC3\xA9", "a\"b", "private-x y", "private-x\n", "a%20"}) {
    EXPECT_FALSE(ChannelKindOf(name)) << name;
  }
  EXPECT_FALSE(ChannelKindOf(std::string_view("a\0", 2)));
}

TEST(Names, HaveAtMost200Bytes) {
  EXPECT_TRUE(ChannelKindOf(std::string(200, 'a')));
  EXPECT_FALSE(ChannelKindOf(std::string(201, 'a')));
  EXPECT_TRUE(IsEventName(std::string(200, 'a')));
  EXPECT_FALSE(IsEventName(std::string(201, 'a')));
  EXPECT_FALSE(IsEventName(""));
  EXPECT_TRUE(IsEventName("App\\Events\\Foo bar \xC3\xA9"));
}

}  // namespace
}  // namespace offing::proto
