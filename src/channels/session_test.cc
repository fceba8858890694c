// What one client is told: greeting, subscriptions, errors, timeouts, limits (spec/channels.md).
#include "channels/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "channels/world.h"
#include "proto/jwt.h"
#include "proto/pusher_auth.h"

namespace offing::channels::testing {
namespace {

using base::Json;

TEST(Session, GreetsBeforeAnythingElse) {
  World world;
  const auto answer = world.Upgrade("/app/key?protocol=7");
  http::FakeWebSocket socket(*world.cores[0], std::move(answer->listener));
  world.Settle();
  const auto texts = socket.TakeTexts();
  ASSERT_EQ(texts.size(), 1u);
  const Json frame = *base::ParseJson(texts[0]);
  EXPECT_EQ(frame["event"], "pusher:connection_established");
  const Json data = *base::ParseJson(frame["data"].get<std::string>());
  EXPECT_EQ(data["activity_timeout"], 120);
  EXPECT_TRUE(ParseSocketId(data["socket_id"].get<std::string>()).has_value());
}

TEST(Session, GivesEveryConnectionAnotherSocketId) {
  World world({.cores = 2});
  std::set<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    const auto answer = world.Upgrade("/app/key?protocol=7", i % 2);
    http::FakeWebSocket socket(*world.cores[static_cast<size_t>(i % 2)],
                               std::move(answer->listener));
    world.Settle();
    ids.insert(ParseFrame(socket.TakeTexts().at(0)).data["socket_id"].get<std::string>());
  }  // each slot is free again for the next
  EXPECT_EQ(ids.size(), 20u);
}

TEST(Session, TellsEveryConnectionOfTheFirstAppOnAllCoresAndSaysHowMany) {
  ChannelsConfig config = TestConfig();
  config.apps.push_back({"2", "other", "secret"});
  World world({.cores = 2}, config);
  const auto one = world.Connect(0);
  const auto two = world.Connect(1);
  const auto gone = world.Connect(1);
  gone->socket().Vanish();
  const auto answer = world.Upgrade("/app/other?protocol=7");
  http::FakeWebSocket other(*world.cores[0], std::move(answer->listener));
  world.Settle();
  other.TakeTexts();
  std::optional<size_t> told;
  world.channels->Tell(R"({"event":"offing:control"})", [&told](size_t count) { told = count; });
  world.Settle();
  EXPECT_EQ(told, 2u);
  EXPECT_EQ(one->Take().at(0).text, R"({"event":"offing:control"})");
  EXPECT_EQ(two->Take().size(), 1u);
  EXPECT_TRUE(other.TakeTexts().empty()) << "the worker has the key of the first app";
}

TEST(Session, TellsANewConnectionWhatThereIsToSayRightAfterTheGreeting) {
  World world;
  std::string frame;
  world.channels->SetFirstFrame([&frame] { return frame; });
  const auto texts = [&world] {
    const auto answer = world.Upgrade("/app/key?protocol=7");
    http::FakeWebSocket socket(*world.cores[0], std::move(answer->listener));
    world.Settle();
    return socket.TakeTexts();
  };
  EXPECT_EQ(texts().size(), 1u);
  frame = R"({"event":"offing:control","data":"{}"})";
  const auto told = texts();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(ParseFrame(told[0]).event, "pusher:connection_established");
  EXPECT_EQ(told[1], frame);
}

TEST(Session, SubscribesToAPublicChannelAndHearsIt) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("news", {{"auth", ""}});
  world.Settle();
  auto frames = client->Take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].text,
            R"({"event":"pusher_internal:subscription_succeeded","channel":"news","data":"{}"})");

  EXPECT_EQ(world.Publish("news", "e", R"({"a":1})"), Json::object());
  frames = client->Take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].text, R"({"event":"e","channel":"news","data":"{\"a\":1}"})");
}

TEST(Session, IgnoresAResumeOnAChannelWithoutALog) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("news", {{"resume_after_id", "0123456789ab:7"}, {"on_gap", "live"}});
  world.Settle();
  EXPECT_EQ(client->Take().at(0).text,
            R"({"event":"pusher_internal:subscription_succeeded","channel":"news","data":"{}"})");
}

TEST(Session, AcceptsAGoodSignatureForAPrivateChannel) {
  for (const std::string channel : {"private-x", "private-encrypted-x"}) {
    World world;
    const auto client = world.Connect();
    const std::string auth =
        proto::SignChannel(world.config.apps[0], client->socket_id, channel, "");
    client->Subscribe(channel, {{"auth", auth}});
    world.Settle();
    EXPECT_EQ(client->Take().at(0).event, "pusher_internal:subscription_succeeded");
  }
}

struct RefusedCase {
  std::string name;
  std::string channel;
  Json more;
  int status;
  std::string type;
};
class RefusedSubscription : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedSubscription, IsToldWhyAndLeavesTheConnectionOpen) {
  World world;
  const auto client = world.Connect();
  client->Subscribe(GetParam().channel, GetParam().more);
  world.Settle();
  const auto frames = client->Take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].event, "pusher:subscription_error");
  EXPECT_EQ(frames[0].channel, GetParam().channel);
  EXPECT_EQ(frames[0].data["status"], GetParam().status);
  EXPECT_EQ(frames[0].data["type"], GetParam().type);
  EXPECT_TRUE((*base::ParseJson(frames[0].text))["data"].is_object());
  EXPECT_EQ(client->socket().close_code(), 0);
  EXPECT_EQ(world.Counter("offing_channels_subscriptions_refused_total"), 1u);
  EXPECT_EQ(world.Counter("offing_channels_subscriptions"), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedSubscription,
    ::testing::Values(
        RefusedCase{"NoAuth", "private-x", Json::object(), 401, "AuthError"},
        RefusedCase{"WrongKey", "private-x", {{"auth", "other:00"}}, 401, "AuthError"},
        RefusedCase{"WrongSignature", "private-log-x", {{"auth", "key:00"}}, 401, "AuthError"},
        RefusedCase{"BadName", "no spaces", Json::object(), 400, "BadRequest"},
        RefusedCase{"EmptyName", "", Json::object(), 400, "BadRequest"},
        RefusedCase{"LongName", std::string(201, 'a'), Json::object(), 400, "BadRequest"},
        RefusedCase{"BadPosition", "log-x", {{"resume_after_id", "7"}}, 400, "BadRequest"},
        RefusedCase{"BadOnGap", "log-x", {{"on_gap", "maybe"}}, 400, "BadRequest"},
        RefusedCase{"Presence", "presence-x", Json::object(), 501, "Unsupported"}),
    [](const auto& info) { return info.param.name; });

TEST(Session, AnswersASecondSubscribeByAnErrorThatChangesNothing) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("news");
  client->Subscribe("news");
  world.Settle();
  const auto frames = client->Take();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1].text,
            R"({"event":"pusher:error","data":{"message":"Existing subscription to channel news",)"
            R"("code":null}})");
  world.Publish("news", "e", "1");
  EXPECT_EQ(client->Take().size(), 1u);
}

TEST(Session, ForgetsAChannelThatIsUnsubscribed) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("a");
  client->Subscribe("b");
  client->Subscribe("c");
  client->Unsubscribe("b");
  client->Unsubscribe("never-had");
  world.Settle();
  client->Take();
  for (const std::string channel : {"a", "b", "c"}) world.Publish(channel, "e", "x");
  const auto frames = client->Take();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].channel, "a");
  EXPECT_EQ(frames[1].channel, "c");
  client->Subscribe("b");
  world.Settle();
  EXPECT_EQ(client->Take().at(0).event, "pusher_internal:subscription_succeeded");
}

TEST(Session, AnswersWhatItDoesNotUnderstandAndStays) {
  World world;
  const auto client = world.Connect();
  const std::vector<std::string> bad = {"{",
                                        "[]",
                                        R"({"event":7})",
                                        R"({"event":"no:such"})",
                                        R"({"event":"pusher:subscribe"})",
                                        R"({"event":"client-x","channel":"news","data":1})"};
  for (const std::string& text : bad) client->socket().Receive(text);
  world.Settle();
  const auto frames = client->Take();
  ASSERT_EQ(frames.size(), bad.size());
  for (const Frame& frame : frames) {
    EXPECT_EQ(frame.event, "pusher:error") << frame.text;
    EXPECT_TRUE(frame.data["code"].is_null());
  }
  EXPECT_EQ(frames.back().data["message"], "client events are not enabled");
  EXPECT_EQ(client->socket().close_code(), 0);
}

TEST(Session, AnswersAPing) {
  World world;
  const auto client = world.Connect();
  client->socket().Receive(R"({"event":"pusher:ping"})");
  world.Settle();
  EXPECT_EQ(client->Take().at(0).text, R"({"event":"pusher:pong","data":"{}"})");
}

TEST(Session, PingsASilentClientAndClosesOneThatDoesNotAnswer) {
  World world;
  const auto client = world.Connect();
  world.Tick(119'000);
  EXPECT_TRUE(client->Take().empty());
  world.Tick(1'000);
  auto frames = client->Take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].event, "pusher:ping");
  world.Tick(29'000);
  EXPECT_EQ(client->socket().close_code(), 0);
  EXPECT_TRUE(client->Take().empty()) << "it is asked once";
  world.Tick(1'000);
  EXPECT_EQ(client->socket().close_code(), 4201);
  EXPECT_EQ(world.Counter("offing_channels_silent_closed_total"), 1u);
  EXPECT_EQ(world.Counter("offing_channels_connections"), 0u);
}

TEST(Session, TakesEverySignOfLifeForOne) {
  World world;
  const auto by_pong = world.Connect();
  const auto by_frame = world.Connect();
  world.Tick(120'000);
  by_pong->socket().Receive(R"({"event":"pusher:pong","data":{}})");
  by_frame->socket().ShowLife();
  world.Tick(119'000);
  EXPECT_EQ(by_pong->Take().size(), 1u);
  EXPECT_EQ(by_frame->Take().size(), 1u);
  world.Tick(1'000);
  EXPECT_EQ(by_pong->Take().at(0).event, "pusher:ping");
  EXPECT_EQ(by_frame->Take().at(0).event, "pusher:ping");
  EXPECT_EQ(by_pong->socket().close_code(), 0);
}

TEST(Session, ClosesAClientThatFloods) {
  ChannelsConfig config = TestConfig();
  config.limits.client_messages_burst = 3;
  config.limits.client_messages_per_second = 2;
  World world({}, config);
  const auto client = world.Connect();
  const std::string ping = R"({"event":"pusher:ping","data":{}})";
  for (int i = 0; i < 3; ++i) client->socket().Receive(ping);
  world.Tick(1'000);
  for (int i = 0; i < 2; ++i) client->socket().Receive(ping);
  EXPECT_EQ(client->socket().close_code(), 0);
  client->socket().Receive(ping);
  EXPECT_EQ(client->socket().close_code(), 4100);
  EXPECT_EQ(world.Counter("offing_channels_flooding_closed_total"), 1u);
}

TEST(Session, RefusesOneSubscriptionMoreThanTheLimit) {
  ChannelsConfig config = TestConfig();
  config.limits.max_subscriptions_per_connection = 2;
  World world({}, config);
  const auto client = world.Connect();
  for (const std::string channel : {"a", "b", "c"}) client->Subscribe(channel);
  client->Unsubscribe("a");
  client->Subscribe("d");
  world.Settle();
  const auto frames = client->Take();
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[2].channel, "c");
  EXPECT_EQ(frames[2].data["status"], 429);
  EXPECT_EQ(frames[3].event, "pusher_internal:subscription_succeeded");
}

TEST(Session, RefusesOneChannelMoreThanACoreMayHave) {
  ChannelsConfig config = TestConfig();
  config.limits.max_channels_per_core = 1;
  World world({}, config);
  const auto first = world.Connect();
  const auto second = world.Connect();
  first->Subscribe("a");
  second->Subscribe("a");
  second->Subscribe("b");
  world.Settle();
  const auto frames = second->Take();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].event, "pusher_internal:subscription_succeeded");
  EXPECT_EQ(frames[1].data["status"], 429);
  first->Unsubscribe("a");
  second->Unsubscribe("a");
  second->Subscribe("b");
  world.Settle();
  EXPECT_EQ(second->Take().at(0).event, "pusher_internal:subscription_succeeded");
}

TEST(Session, ClosesASlowClientOfAChannelWithoutALog) {
  ChannelsConfig config = TestConfig();
  config.limits.max_queued_bytes = 20'000;
  World world({}, config);
  const auto slow = world.Connect(0, Peer::kWaits);
  const auto quick = world.Connect();
  slow->Subscribe("news");
  quick->Subscribe("news");
  for (int i = 0; i < 5; ++i) world.Publish("news", "e", std::string(10'000, 'x'));
  EXPECT_EQ(slow->socket().close_code(), 4200);
  EXPECT_LE(slow->socket().most_queued_bytes(), 20'000u + 10'100u);
  EXPECT_EQ(quick->Take().size(), 6u);
  EXPECT_EQ(world.Counter("offing_channels_slow_closed_total"), 1u);
  EXPECT_EQ(world.Counter("offing_channels_subscriptions"), 1u);
}

TEST(Session, ClosesAClientThatAsksAndNeverReads) {
  ChannelsConfig config = TestConfig();
  config.limits.max_queued_bytes = 1'000;
  World world({}, config);
  const auto client = world.Connect(0, Peer::kWaits);
  for (int i = 0; i < 100; ++i) client->socket().Receive(R"({"event":"pusher:ping","data":{}})");
  EXPECT_EQ(client->socket().close_code(), 4200);
  EXPECT_LE(client->socket().most_queued_bytes(), 1'100u);
}

TEST(Session, LeavesNothingBehindWhenTheConnectionBreaks) {
  World world;
  auto client = world.Connect();
  client->Subscribe("news");
  client->Subscribe("log-a");  // its log is being read
  client.reset();
  world.Settle();
  EXPECT_EQ(world.Counter("offing_channels_subscriptions"), 0u);
  EXPECT_EQ(world.Counter("offing_channels_connections"), 0u);
  world.Publish("news", "e", "x");
  world.Publish("log-a", "e", "x");
}

// Subscribes to private-x with a token that has these claims, and says how it was answered.
Frame SubscribeByToken(World& world, const proto::AppCredentials& signer,
                       std::vector<std::string> channels, int64_t lives_s, Json more = {}) {
  const auto client = world.Connect();
  const int64_t now_s = world.clock.WallMs() / 1000;
  more["token"] = proto::SignJwt(
      signer, {.sub = "ada", .channels = std::move(channels), .exp_s = now_s + lives_s}, now_s);
  client->Subscribe("private-x", more);
  world.Settle();
  return client->Take().at(0);
}

TEST(Session, TakesATokenInPlaceOfASignatureIfItsChannelsMatch) {
  World world;
  const proto::AppCredentials app = world.config.apps.at(0);
  EXPECT_EQ(SubscribeByToken(world, app, {"private-*"}, 60).event,
            "pusher_internal:subscription_succeeded");
  const Frame other = SubscribeByToken(world, app, {"private-y"}, 60);
  EXPECT_EQ(other.event, "pusher:subscription_error");
  EXPECT_EQ(other.data["status"], 403);
  const Frame expired = SubscribeByToken(world, app, {"private-*"}, -60);
  EXPECT_EQ(expired.data["status"], 401);
  EXPECT_EQ(expired.data["error"], "the token is expired");
  const Frame forged = SubscribeByToken(world, {"1", "key", "guess"}, {"private-*"}, 60);
  EXPECT_EQ(forged.data["status"], 401);
}

TEST(Session, ASignatureThatIsThereCountsAndATokenBesideItDoesNot) {
  World world;
  const Frame refused =
      SubscribeByToken(world, world.config.apps.at(0), {"*"}, 60, {{"auth", "key:0123"}});
  EXPECT_EQ(refused.data["status"], 401);
}

}  // namespace
}  // namespace offing::channels::testing
