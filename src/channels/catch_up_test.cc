// Subscriptions to channels with a log: where they start, what they get, and how little is held in
// memory meanwhile (spec/channels.md, "The log").
#include "channels/catch_up.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channels/world.h"

namespace offing::channels::testing {
namespace {

using base::Epoch;
using base::Json;
using base::Position;
using proto::OnGap;

constexpr Epoch kThis{0xaaaaaaaaaaaa};
constexpr Epoch kOther{0xbbbbbbbbbbbb};

struct PlaceCase {
  std::string name;
  Position position;
  OnGap on_gap;
  store::LogState state;
  Position after;
  bool ok;
};
class PlaceInLogTest : public ::testing::TestWithParam<PlaceCase> {};

TEST_P(PlaceInLogTest, SaysWhereToGoOnAndWhetherSomethingIsMissing) {
  const PlaceCase& c = GetParam();
  const proto::Resume resume = PlaceInLog(c.position, c.on_gap, c.state);
  EXPECT_EQ(base::FormatPosition(resume.after), base::FormatPosition(c.after));
  EXPECT_EQ(resume.ok, c.ok);
}

constexpr store::LogState kWhole{.epoch = kThis, .first = 1, .head = 9};
constexpr store::LogState kTrimmed{.epoch = kThis, .first = 4, .head = 9};
constexpr store::LogState kUnwritten{};

INSTANTIATE_TEST_SUITE_P(
    All, PlaceInLogTest,
    ::testing::Values(
        PlaceCase{"InTheMiddle", {kThis, 5}, OnGap::kReplay, kTrimmed, {kThis, 5}, true},
        PlaceCase{"AtTheHead", {kThis, 9}, OnGap::kReplay, kTrimmed, {kThis, 9}, true},
        PlaceCase{"JustBeforeTheOldest", {kThis, 3}, OnGap::kReplay, kTrimmed, {kThis, 3}, true},
        PlaceCase{"TooOldReplay", {kThis, 2}, OnGap::kReplay, kTrimmed, {kThis, 3}, false},
        PlaceCase{"TooOldLive", {kThis, 2}, OnGap::kLive, kTrimmed, {kThis, 9}, false},
        PlaceCase{"BeyondTheHeadReplay", {kThis, 10}, OnGap::kReplay, kTrimmed, {kThis, 3}, false},
        PlaceCase{"BeyondTheHeadLive", {kThis, 10}, OnGap::kLive, kTrimmed, {kThis, 9}, false},
        PlaceCase{"Farthest", {kThis, UINT64_MAX}, OnGap::kLive, kWhole, {kThis, 9}, false},
        PlaceCase{"OtherEpochReplay", {kOther, 5}, OnGap::kReplay, kTrimmed, {kThis, 3}, false},
        PlaceCase{"OtherEpochLive", {kOther, 5}, OnGap::kLive, kTrimmed, {kThis, 9}, false},
        PlaceCase{"FromTheFirst", {}, OnGap::kReplay, kWhole, {}, true},
        PlaceCase{"FromTheFirstDroppedReplay", {}, OnGap::kReplay, kTrimmed, {kThis, 3}, false},
        PlaceCase{"FromTheFirstDroppedLive", {}, OnGap::kLive, kTrimmed, {kThis, 9}, false},
        PlaceCase{"UnwrittenFromTheFirst", {}, OnGap::kReplay, kUnwritten, {}, true},
        PlaceCase{"UnwrittenOtherEpoch", {kOther, 5}, OnGap::kReplay, kUnwritten, {}, false}),
    [](const auto& info) { return info.param.name; });

// The frames' ids, as "seq seq …"; a resume as "(seq ok)" or "(seq gap)".
std::string Story(const std::vector<Frame>& frames) {
  std::string story;
  for (const Frame& frame : frames) {
    if (!story.empty()) story += ' ';
    if (frame.event == "pusher_internal:subscription_succeeded") {
      const Json resume = frame.data["resume"];
      const auto after = base::ParsePosition(resume["after_id"].get<std::string>());
      story += fmt::format("({} {})", after->seq, resume["ok"].get<bool>() ? "ok" : "gap");
    } else {
      story += frame.id ? std::to_string(frame.id->seq) : frame.event;
    }
  }
  return story;
}

void Fill(World& world, int events, const std::string& channel = "log-a") {
  for (int i = 0; i < events; ++i) world.Publish(channel, "e", std::to_string(i));
}

TEST(CatchUp, StartsAtTheHeadWithoutAPosition) {
  World world;
  Fill(world, 3);
  const auto client = world.Connect();
  client->Subscribe("log-a");
  world.Settle();
  const auto frames = client->Take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].data["resume"],
            (Json{{"after_id", world.Epoch("log-a") + ":3"}, {"ok", true}}));
  Fill(world, 2);
  EXPECT_EQ(Story(client->Take()), "4 5");
}

TEST(CatchUp, GivesALogThatWasNeverWrittenThePositionBeforeAnything) {
  World world;
  const auto plain = world.Connect();
  const auto from_start = world.Connect();
  plain->Subscribe("log-a");
  from_start->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  world.Settle();
  for (Client* client : {plain.get(), from_start.get()}) {
    EXPECT_EQ(client->Take().at(0).data["resume"], (Json{{"after_id", "0:0"}, {"ok", true}}));
  }
  Fill(world, 2);
  EXPECT_EQ(Story(plain->Take()), "1 2");
  EXPECT_EQ(Story(from_start->Take()), "1 2");
}

TEST(CatchUp, ReplaysWhatWasMissedAndGoesOnLive) {
  World world;
  Fill(world, 5);
  const auto client = world.Connect();
  client->Subscribe("log-a", {{"resume_after_id", world.Epoch("log-a") + ":2"}});
  world.Settle();
  const auto frames = client->Take();
  EXPECT_EQ(Story(frames), "(2 ok) 3 4 5");
  EXPECT_EQ(frames[1].text,
            fmt::format(R"({{"event":"e","channel":"log-a","data":"2","id":"{}:3"}})",
                        world.Epoch("log-a")));
  Fill(world, 1);
  EXPECT_EQ(Story(client->Take()), "6");
  EXPECT_EQ(world.Counter("offing_channels_resumed_total"), 1u);
  EXPECT_EQ(world.Counter("offing_channels_replayed_total"), 3u);
}

TEST(CatchUp, ReplaysEverythingAfterZero) {
  World world;
  Fill(world, 3);
  const auto client = world.Connect();
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  world.Settle();
  const auto frames = client->Take();
  EXPECT_EQ(Story(frames), "(0 ok) 1 2 3");
  EXPECT_EQ(frames[0].data["resume"]["after_id"], "0:0");
}

TEST(CatchUp, ReportsAGapAndReplaysOrGoesLiveAsAsked) {
  World world({.retention = {.events = 3}});
  Fill(world, 8);
  const std::string epoch = world.Epoch("log-a");
  const std::vector<std::string> bad = {epoch + ":2", "0:0", "0123456789ab:7"};
  for (const std::string& position : bad) {
    const auto replay = world.Connect();
    const auto live = world.Connect();
    replay->Subscribe("log-a", {{"resume_after_id", position}, {"on_gap", "replay"}});
    live->Subscribe("log-a", {{"resume_after_id", position}, {"on_gap", "live"}});
    world.Settle();
    EXPECT_EQ(Story(replay->Take()), "(5 gap) 6 7 8") << position;
    EXPECT_EQ(Story(live->Take()), "(8 gap)") << position;
  }
  EXPECT_EQ(world.Counter("offing_channels_gaps_total"), 6u);
}

TEST(CatchUp, MissesNoEventThatOvertakesThePageWithoutIt) {
  World world;
  Fill(world, 2);
  const auto client = world.Connect();
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  // Read, then committed and posted, and only then the page is posted.
  world.hooked.after_read = [&world] {
    world.hooked.after_read = nullptr;
    world.Call("POST", "/events", "", R"({"name":"e","data":"x","channel":"log-a"})");
    world.journal->Crank();
  };
  world.Settle();
  Fill(world, 1);
  EXPECT_EQ(Story(client->Take()), "(0 ok) 1 2 3 4");
}

TEST(CatchUp, MissesNoEventThatOvertakesTheHead) {
  World world;
  Fill(world, 2);
  const auto client = world.Connect();
  client->Subscribe("log-a");
  world.hooked.after_read = [&world] {
    world.hooked.after_read = nullptr;
    world.Call("POST", "/events", "", R"({"name":"e","data":"x","channel":"log-a"})");
    world.journal->Crank();
  };
  world.Settle();
  Fill(world, 1);
  EXPECT_EQ(Story(client->Take()), "(2 ok) 3 4");
}

TEST(CatchUp, DoublesNoEventThatThePageOvertakes) {
  World world;
  Fill(world, 2);
  const auto client = world.Connect();
  world.Call("POST", "/events", "", R"({"name":"e","data":"x","channel":"log-a"})");
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  // Committed, then read and the page posted, and only then the event is posted.
  world.hooked.after_commit = [&world] {
    world.hooked.after_commit = nullptr;
    world.journal->Crank();
  };
  world.Settle();
  Fill(world, 1);
  EXPECT_EQ(Story(client->Take()), "(0 ok) 1 2 3 4");
}

TEST(CatchUp, WaitsForTheClientBetweenPagesAndHoldsOnePage) {
  ChannelsConfig config = TestConfig();
  config.limits.page_events = 300;
  World world({}, config);
  store::Batch batch;
  constexpr uint64_t kEvents = 100'000;
  for (uint64_t seq = 1; seq <= kEvents; ++seq) {
    batch.appends.push_back({{"1", "log-a"}, kThis, {seq, 0, "e", std::string(80, 'x')}});
  }
  ASSERT_TRUE(world.store.Commit(batch).has_value());

  const auto client = world.Connect(0, Peer::kWaits);
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  uint64_t next = 1;
  for (int rounds = 0; next <= kEvents + 1; ++rounds) {
    ASSERT_LT(rounds, 10'000) << "it has stopped at " << next;
    if (rounds == 20) world.Publish("log-a", "e", "while it is behind");
    world.Settle();
    client->socket().Read(250);
    for (const std::string& text : client->socket().TakeTexts()) {
      const std::string id = fmt::format(R"(,"id":"{}:{}"}})", base::FormatEpoch(kThis), next);
      if (text.ends_with(id)) ++next;
    }
  }
  const size_t frame_bytes = 160;
  EXPECT_LE(client->socket().most_queued_bytes(), 300 * frame_bytes + CatchUp::kLowWater);
  world.Publish("log-a", "e", "live");
  client->socket().Read();
  EXPECT_EQ(Story(client->Take()), "100002");
}

TEST(CatchUp, PutsASlowReaderBackToTheLogAndLosesNothing) {
  ChannelsConfig config = TestConfig();
  config.limits.max_queued_bytes = 30'000;
  World world({}, config);
  const auto client = world.Connect(0, Peer::kWaits);
  client->Subscribe("log-a");
  world.Settle();
  for (int i = 0; i < 50; ++i) world.Publish("log-a", "e", std::string(5'000, 'x'));
  EXPECT_EQ(world.Counter("offing_channels_fell_back_total"), 1u);
  EXPECT_EQ(client->socket().close_code(), 0);
  EXPECT_LE(client->socket().most_queued_bytes(), 30'000u + 5'100u);
  std::vector<Frame> frames;
  for (int rounds = 0; rounds < 60; ++rounds) {
    client->socket().Read();
    for (Frame& frame : client->Take()) frames.push_back(std::move(frame));
    world.Settle();
  }
  ASSERT_EQ(frames.size(), 51u);
  for (size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i].id->seq, i);
  world.Publish("log-a", "e", "live again");
  client->socket().Read();
  EXPECT_EQ(Story(client->Take()), "51");
}

TEST(CatchUp, TellsAReaderThatRetentionOvertook) {
  World world({.retention = {.events = 30}});
  for (int i = 0; i < 30; ++i) world.Publish("log-a", "e", std::string(10'000, 'x'));
  // A page is 256 KiB: it does not hold all thirty, and the client does not read it yet.
  const auto client = world.Connect(0, Peer::kWaits);
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  world.Settle();
  for (int i = 0; i < 30; ++i) world.Publish("log-a", "e", "y");
  client->socket().Read();
  const std::string page = Story(client->Take());
  EXPECT_TRUE(page.starts_with("(0 ok) 1 2 3 ")) << page;
  EXPECT_FALSE(page.contains("30")) << page;
  world.Settle();
  client->socket().Read();
  EXPECT_TRUE(Story(client->Take()).starts_with("(30 gap) 31 32 ")) << page;
  EXPECT_EQ(world.Counter("offing_channels_gaps_total"), 1u);
}

TEST(CatchUp, SharesOnePageAmongTheSubscriptionsOfAConnection) {
  World world;
  for (const std::string channel : {"log-a", "log-b", "log-c"}) {
    for (int i = 0; i < 40; ++i) world.Publish(channel, "e", std::string(1'000, 'x'));
  }
  const auto client = world.Connect(0, Peer::kWaits);
  for (const std::string channel : {"log-a", "log-b", "log-c"}) {
    client->Subscribe(channel, {{"resume_after_id", "0:0"}});
  }
  world.Settle();
  EXPECT_LE(client->socket().most_queued_bytes(), 41 * 1'100u) << "the others wait for the first";
  size_t events = 0;
  for (int rounds = 0; rounds < 10; ++rounds) {
    client->socket().Read();
    for (const Frame& frame : client->Take()) events += frame.id ? 1 : 0;
    world.Settle();
  }
  EXPECT_EQ(events, 120u);
}

TEST(CatchUp, DropsAPageWhoseSubscriptionHasLeft) {
  World world;
  Fill(world, 3);
  const auto client = world.Connect();
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  client->Unsubscribe("log-a");
  client->Subscribe("log-a", {{"resume_after_id", world.Epoch("log-a") + ":2"}});
  world.Settle();
  EXPECT_EQ(Story(client->Take()), "(2 ok) 3");
}

TEST(CatchUp, GoesOverToALogThatIsBornAnew) {
  World world;
  Fill(world, 3);
  const auto live = world.Connect();
  live->Subscribe("log-a");
  world.Settle();
  EXPECT_EQ(Story(live->Take()), "(3 ok)");
  const std::vector<journal::Committed> reborn = {
      {{"1", "log-a"}, kOther, {1, 0, "e", "first of the new"}},
      {{"1", "log-a"}, kOther, {2, 0, "e", "second"}}};
  const std::vector<journal::Committed> straggler = {
      {{"1", "log-a"}, kThis, {9, 0, "e", "of a log that is gone"}}};
  world.channels->OnCommitted(reborn);
  world.channels->OnCommitted(straggler);
  world.Settle();
  const auto frames = live->Take();
  ASSERT_EQ(Story(frames), "1 2");
  EXPECT_EQ(frames[0].id->epoch, kOther);
}

TEST(CatchUp, WithholdsAnEventFromItsPublisherAndAdvancesAllTheSame) {
  World world;
  const auto client = world.Connect();
  const auto other = world.Connect();
  client->Subscribe("log-a");
  other->Subscribe("log-a");
  world.Settle();
  client->Take();
  other->Take();
  world.Publish("log-a", "e", "mine", {{"socket_id", client->socket_id}});
  world.Publish("log-a", "e", "another's");
  EXPECT_EQ(Story(client->Take()), "2");
  EXPECT_EQ(Story(other->Take()), "1 2");
}

TEST(CatchUp, AsksAgainAtTheTickWhenTheJournalTakesNoMoreReads) {
  World world;
  Fill(world, 1);
  const auto client = world.Connect();
  client->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  // Fill the queue of reads in front of the next one.
  for (int i = 0; i < 20'000; ++i) world.journal->Read({"1", "log-a"}, 0, 0, 0, [](auto) {});
  const auto second = world.Connect();
  for (int i = 0; i < 20'000; ++i) world.journal->Read({"1", "log-a"}, 0, 0, 0, [](auto) {});
  second->Subscribe("log-a", {{"resume_after_id", "0:0"}});
  world.Settle();
  EXPECT_TRUE(second->Take().empty());
  world.Tick(1'000);
  EXPECT_EQ(Story(second->Take()), "(0 ok) 1");
}

}  // namespace
}  // namespace offing::channels::testing
