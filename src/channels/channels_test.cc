// The door of the module: what it claims, whom it lets in, how it shuts; and one order on all
// cores.
#include "channels/channels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channels/world.h"

namespace offing::channels::testing {
namespace {

using base::Json;

http::Request UpgradeTo(const std::string& target) {
  http::Request request = http::Get(target);
  request.wants_websocket = true;
  return request;
}

TEST(Channels, ClaimsItsOwnRequestsAndNoOther) {
  World world;
  const Channels& channels = *world.channels;
  for (const std::string target : {"/app/key", "/app/other?protocol=7", "/any/prefix/app/key"}) {
    EXPECT_TRUE(channels.Claims(UpgradeTo(target))) << target;
    EXPECT_FALSE(channels.Claims(http::Get(target))) << target;
  }
  for (const std::string target : {"/", "/app/", "/app", "/app/key/x", "/application/key", "/ws"}) {
    EXPECT_FALSE(channels.Claims(UpgradeTo(target))) << target;
  }
  for (const std::string target : {"/apps/1", "/apps/1/", "/apps/1/events", "/apps/1/x/y"}) {
    EXPECT_TRUE(channels.Claims(http::Get(target))) << target;
  }
  for (const std::string target : {"/apps/", "/apps", "/apps/2/events", "/apps/11", "/x/apps/1"}) {
    EXPECT_FALSE(channels.Claims(http::Get(target))) << target;
  }
}

struct RefusedCase {
  std::string target;
  int code;
};
class RefusedConnection : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedConnection, IsToldTheCodeTwice) {
  World world;
  const auto answer = world.Upgrade(GetParam().target);
  http::FakeWebSocket socket(*world.cores[0], std::move(answer->listener));
  const uint16_t code = socket.close_code();
  world.Settle();
  const auto texts = socket.TakeTexts();
  ASSERT_EQ(texts.size(), 1u);
  const Json frame = *base::ParseJson(texts[0]);
  EXPECT_EQ(frame["event"], "pusher:error");
  EXPECT_EQ(frame["data"]["code"], GetParam().code);
  EXPECT_EQ(code, GetParam().code);
  EXPECT_EQ(world.Counter("offing_channels_connections_refused_total"), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, RefusedConnection,
                         ::testing::Values(RefusedCase{"/app/wrong?protocol=7", 4001},
                                           RefusedCase{"/app/?protocol=7", 4005},
                                           RefusedCase{"/nothing?protocol=7", 4005},
                                           RefusedCase{"/app/key?protocol=4", 4007},
                                           RefusedCase{"/app/key?protocol=8", 4007},
                                           RefusedCase{"/app/key?protocol=x", 4007},
                                           RefusedCase{"/app/key?protocol=", 4008},
                                           RefusedCase{"/app/key", 4008}));

TEST(Channels, AcceptsEveryProtocolVersionAndPrefixThatItSpeaks) {
  World world;
  for (const std::string target :
       {"/app/key?protocol=5", "/app/key?client=js&protocol=6&flash=false",
        "/s/session-1/app/key?version=8.6.0&protocol=7", "/app/k%65y?protocol=7"}) {
    const auto answer = world.Upgrade(target);
    EXPECT_EQ(answer->websocket_limits.max_message, size_t{64 << 10});
    http::FakeWebSocket socket(*world.cores[0], std::move(answer->listener));
    world.Settle();
    EXPECT_EQ(ParseFrame(socket.TakeTexts().at(0)).event, "pusher:connection_established");
  }
}

TEST(Channels, RefusesOneConnectionMoreThanACoreMayHave) {
  ChannelsConfig config = TestConfig();
  config.limits.max_connections_per_core = 1;
  World world({}, config);
  auto first = world.Connect();
  http::FakeWebSocket second(*world.cores[0],
                             std::move(world.Upgrade("/app/key?protocol=7")->listener));
  EXPECT_EQ(second.close_code(), 4100);
  first.reset();
  http::FakeWebSocket third(*world.cores[0],
                            std::move(world.Upgrade("/app/key?protocol=7")->listener));
  EXPECT_EQ(third.close_code(), 0);
}

TEST(Channels, DrainsInStepsAndRefusesNewcomersMildly) {
  World world({.cores = 2});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(world.Connect(i % 2));
  bool drained = false;
  world.channels->Drain([&drained] { drained = true; });
  world.Settle();
  const auto closed = [&clients] {
    return std::ranges::count_if(
        clients, [](const auto& client) { return client->socket().close_code() == 4200; });
  };
  EXPECT_EQ(closed(), 0);
  world.channels->Tick();
  EXPECT_EQ(closed(), 6) << "100 on each core, over 2 s, every 50 ms: 3 at a time";
  http::FakeWebSocket late(*world.cores[0],
                           std::move(world.Upgrade("/app/key?protocol=7")->listener));
  EXPECT_EQ(late.close_code(), 4100);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(drained, closed() == 200);
    world.Tick(50);
  }
  EXPECT_EQ(closed(), 200);
  EXPECT_TRUE(drained);
}

TEST(Channels, IsDrainedAtOnceWithoutConnections) {
  World world({.cores = 2});
  bool drained = false;
  world.channels->Drain([&drained] { drained = true; });
  world.Settle();
  EXPECT_TRUE(drained);
}

class OneOrder : public ::testing::TestWithParam<const char*> {};

TEST_P(OneOrder, IsSeenOnAllCoresOfAChannel) {
  const std::string channel = GetParam();
  World world({.cores = 3});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(world.Connect(i));
    clients.back()->Subscribe(channel);
  }
  world.Settle();
  for (auto& client : clients) client->Take();
  // Published through all cores at once; the cores take turns in another order every time.
  CountingRandom random(7);
  for (int i = 0; i < 300; ++i) {
    const Json body = {{"name", "e"}, {"data", std::to_string(i)}, {"channel", channel}};
    world.Call("POST", "/events", "", base::DumpJson(body), {}, i % 3);
    if (random.U64() % 3 == 0) world.cores[random.U64() % 3]->Poll();
    if (i % 40 == 39) world.journal->Crank();
  }
  world.Settle();
  std::vector<std::vector<std::string>> seen(3);
  for (size_t i = 0; i < 3; ++i) {
    for (const Frame& frame : clients[i]->Take()) seen[i].push_back(frame.data.dump());
  }
  EXPECT_EQ(seen[0].size(), 300u);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutALog, OneOrder, ::testing::Values("log-a", "news"));

TEST(Channels, KeepsAppsApart) {
  ChannelsConfig config = TestConfig();
  config.apps.push_back({"2", "key2", "secret2"});
  World world({}, config);
  const auto ours = world.Connect();
  Client theirs(std::make_unique<http::FakeWebSocket>(
      *world.cores[0], std::move(world.Upgrade("/app/key2?protocol=7")->listener)));
  for (const std::string channel : {"news", "log-a"}) {
    ours->Subscribe(channel);
    theirs.Subscribe(channel);
  }
  world.Settle();
  ours->Take();
  theirs.Take();
  for (const std::string channel : {"news", "log-a"}) world.Publish(channel, "e", "x");
  EXPECT_EQ(ours->Take().size(), 2u);
  EXPECT_EQ(theirs.Take().size(), 0u);
}

TEST(ChannelsConfig, GivesAChannelTheFirstRuleThatMatches) {
  ChannelsConfig config;
  config.rules = {{"feed", store::Retention{.events = 1}},
                  {"feed-x*", std::nullopt},
                  {"feed*", store::Retention{.events = 2}}};
  EXPECT_EQ(config.RetentionOf("feed")->events, 1u);
  EXPECT_FALSE(config.RetentionOf("feed-xy"));
  EXPECT_EQ(config.RetentionOf("feed-y")->events, 2u);
  EXPECT_EQ(config.RetentionOf("feed*")->events, 2u);
  EXPECT_FALSE(config.RetentionOf("fee"));
  config.rules.push_back({"*", store::Retention{.events = 3}});
  EXPECT_EQ(config.RetentionOf("anything")->events, 3u);
}

TEST(SocketId, IsReadAsItIsWritten) {
  const SocketId id{17, 4'000'000'000};
  EXPECT_EQ(ParseSocketId(FormatSocketId(id)), id);
  EXPECT_EQ(SocketId::Unpack(id.Pack()), id);
  EXPECT_EQ(ParseSocketId("99999999999999999999.1"), SocketId{});
  for (const std::string bad : {"", ".", "1", "1.", ".1", "1.2.3", "-1.2", "a.b", "1. 2"}) {
    EXPECT_FALSE(ParseSocketId(bad)) << bad;
  }
}

TEST(Restored, AClientThatIsAheadOfTheLogSendsEverybodyAwayOnceAndHearsOfTheGap) {
  World world({.cores = 2});
  world.Publish("log-a", "e", "1");
  world.Publish("log-b", "e", "1");
  const std::string before = world.Epoch("log-a");
  const auto other = world.Connect(1);
  other->Subscribe("log-b");
  const auto ahead = world.Connect(0);
  world.Settle();
  ahead->Subscribe("log-a", {{"resume_after_id", before + ":2"}});
  world.Settle();
  EXPECT_EQ(ahead->socket().close_code(), 4200);
  EXPECT_EQ(other->socket().close_code(), 4200);
  EXPECT_NE(world.Epoch("log-a"), before);
  EXPECT_EQ(world.Counter("offing_restored_total"), 1u);

  const auto back = world.Connect(0);
  back->Subscribe("log-a", {{"resume_after_id", before + ":2"}, {"on_gap", "live"}});
  world.Settle();
  const Frame answer = back->Take().back();
  EXPECT_EQ(answer.data["resume"]["ok"], false);
  EXPECT_EQ(answer.data["resume"]["after_id"], world.Epoch("log-a") + ":1");
  world.Publish("log-a", "e", "2");
  EXPECT_EQ(back->Take().back().id->seq, 2u);
  EXPECT_EQ(back->socket().close_code(), 0);
}

TEST(Restored, WhoeverLiesAfterThatIsOnlyToldOfTheGap) {
  World world;
  world.Publish("log-a", "e", "1");
  for (int i = 0; i < 3; ++i) {
    const auto liar = world.Connect();
    liar->Subscribe("log-a", {{"resume_after_id", world.Epoch("log-a") + ":9"}});
    world.Settle();
    EXPECT_EQ(liar->socket().close_code(), i == 0 ? 4200 : 0);
  }
  EXPECT_EQ(world.Counter("offing_restored_total"), 1u);
}

TEST(Restored, APositionAtTheHeadOrOfAnotherLifeProvesNothing) {
  World world;
  world.Publish("log-a", "e", "1");
  for (const std::string& at : {world.Epoch("log-a") + ":1", std::string("aaaaaaaaaaaa:9")}) {
    const auto client = world.Connect();
    client->Subscribe("log-a", {{"resume_after_id", at}});
    world.Settle();
    EXPECT_EQ(client->socket().close_code(), 0);
  }
  EXPECT_EQ(world.Counter("offing_restored_total"), 0u);
}

}  // namespace
}  // namespace offing::channels::testing
