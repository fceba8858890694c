#include "journal/journal.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal_fixture.h"
#include "journal/replies.h"

namespace offing::journal {
namespace {

using base::Code;
using store::LogKey;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(JournalTest, GivesPositionsFromOneInTheOrderOfAppending) {
  const auto first = Append(Events({{kFeed, "a"}, {kNews, "b"}}));
  const auto second = Append(Events({{kFeed, "c"}}));
  EXPECT_FALSE(*first) << "nothing is answered before the commit";
  EXPECT_EQ(journal().Crank(), 2u);
  const base::Epoch feed = store_.State(kFeed)->value().epoch;
  const base::Epoch news = store_.State(kNews)->value().epoch;
  EXPECT_NE(feed, news);
  EXPECT_NE(feed, base::kNoEpoch);
  EXPECT_LT(static_cast<uint64_t>(feed), 1ull << 48);
  EXPECT_THAT((***first).positions, ElementsAre(base::Position{feed, 1}, base::Position{news, 1}));
  EXPECT_THAT((***second).positions, ElementsAre(base::Position{feed, 2}));
  EXPECT_FALSE((***second).replayed);
}

TEST_F(JournalTest, CommitsWhatWaitsTogetherUpToTheLimitOfABatch) {
  config_.max_batch = 3;
  for (int i = 0; i < 7; ++i) Append(Events({{kFeed, "x"}}));
  EXPECT_EQ(journal().Crank(), 7u);
  EXPECT_EQ(store_.commits(), 3u);
  EXPECT_EQ(listener_.calls(), 3u);
}

TEST_F(JournalTest, TheListenerHearsEveryEventOnceInOrderBeforeItsPublisher) {
  size_t heard_at_answer = 0;
  journal().Append(Events({{kFeed, "a"}, {kNews, "b"}, {kFeed, "c"}}, 7),
                   [&](base::Result<Receipt>) { heard_at_answer = listener_.events().size(); });
  journal().Crank();
  EXPECT_EQ(heard_at_answer, 3u);
  std::vector<std::string> data;
  for (const Committed& event : listener_.events()) {
    data.push_back(event.event.data);
    EXPECT_EQ(event.tag, 7u);
  }
  EXPECT_THAT(data, ElementsAre("a", "b", "c"));
}

TEST_F(JournalTest, AFailedCommitPublishesNothingAndGivesItsPositionsBack) {
  Publish(Events({{kFeed, "before"}}));
  store_.FailNext(1);
  const auto first = Append(Events({{kFeed, "lost"}}));
  const auto second = Append(Events({{kNews, "lost too"}}));
  journal().Crank();
  EXPECT_EQ((**first).error().code, Code::kIo);
  EXPECT_EQ((**second).error().code, Code::kIo);
  EXPECT_EQ(listener_.events().size(), 1u);
  const Receipt after = Publish(Events({{kFeed, "after"}}));
  EXPECT_EQ(after.positions[0].seq, 2u);
  EXPECT_EQ(EventsOf(kFeed)[1].data, "after");
  EXPECT_THAT(EventsOf(kNews), IsEmpty());
}

TEST_F(JournalTest, AHeadThatCannotBeReadFailsOnlyItsPublication) {
  store_.FailReadsOf(kNews);
  const auto bad = Append(Events({{kFeed, "half"}, {kNews, "x"}}));
  const auto good = Append(Events({{kFeed, "whole"}}));
  journal().Crank();
  EXPECT_EQ((**bad).error().code, Code::kIo);
  EXPECT_EQ((***good).positions[0].seq, 1u);
  EXPECT_EQ(EventsOf(kFeed).size(), 1u);
}

TEST_F(JournalTest, GoesOnWhereTheLastJournalStopped) {
  const Receipt before = Publish(Events({{kFeed, "a"}}));
  journal_ = nullptr;
  const Receipt after = Publish(Events({{kFeed, "b"}}));
  EXPECT_EQ(after.positions[0].epoch, before.positions[0].epoch);
  EXPECT_EQ(after.positions[0].seq, 2u);
}

TEST_F(JournalTest, TheTimeInALogNeverGoesBack) {
  Publish(Events({{kFeed, "a"}}));
  clock_.Advance(-5'000);
  Publish(Events({{kFeed, "b"}}));
  journal_ = nullptr;  // the next one has to learn it from the store
  Publish(Events({{kFeed, "c"}}));
  const auto events = EventsOf(kFeed);
  EXPECT_EQ(events[1].at_ms, events[0].at_ms);
  EXPECT_EQ(events[2].at_ms, events[0].at_ms);
}

TEST_F(JournalTest, HeldHeadsAreBoundedAndComeBackFromTheStore) {
  config_.max_open_logs = 2;
  for (int round = 1; round <= 3; ++round) {
    for (const char* channel : {"a", "b", "c", "d"}) {
      EXPECT_EQ(Publish(Events({{{"app", channel}, "x"}})).positions[0].seq, uint64_t(round));
    }
  }
  EXPECT_THAT(metrics_.Render(), testing::HasSubstr("offing_journal_open_logs 2\n"));
}

TEST_F(JournalTest, ARepeatedKeyIsAnsweredAsBeforeAndPublishesNothing) {
  const Receipt first = Publish(Keyed("key", "print", {{kFeed, "a"}, {kNews, "b"}}));
  EXPECT_FALSE(first.replayed);
  clock_.Advance(config_.key_age_ms);
  const Receipt again = Publish(Keyed("key", "print", {{kFeed, "a"}, {kNews, "b"}}));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.positions, first.positions);
  EXPECT_THAT(SeqsOf(kFeed), ElementsAre(1));
}

TEST_F(JournalTest, ARepeatedKeyInTheSameBatchIsAReplayToo) {
  const auto first = Append(Keyed("key", "print", {{kFeed, "a"}}));
  const auto again = Append(Keyed("key", "print", {{kFeed, "a"}}));
  const auto other = Append(Keyed("key", "another print", {{kFeed, "z"}}));
  journal().Crank();
  EXPECT_EQ(store_.commits(), 1u);
  EXPECT_FALSE((***first).replayed);
  EXPECT_TRUE((***again).replayed);
  EXPECT_EQ((***again).positions, (***first).positions);
  EXPECT_EQ((**other).error().code, Code::kConflict);
  EXPECT_THAT(SeqsOf(kFeed), ElementsAre(1));
}

TEST_F(JournalTest, AKeyBelongsToOneRequestAndOneApp) {
  Publish(Keyed("key", "print", {{kFeed, "a"}}));
  const auto other = Append(Keyed("key", "another print", {{kFeed, "b"}}));
  Publication elsewhere = Keyed("key", "another print", {{kFeed, "c"}});
  elsewhere.key->app = "other";
  const auto allowed = Append(std::move(elsewhere));
  journal().Crank();
  EXPECT_EQ((**other).error().code, Code::kConflict);
  EXPECT_FALSE((***allowed).replayed);
}

TEST_F(JournalTest, AKeyIsForgottenAfterItsAge) {
  config_.key_age_ms = 1'000'000;
  config_.sweep_every_ms = 10 * config_.key_age_ms;  // the commits alone have to do it
  Publish(Keyed("key", "print", {{kFeed, "a"}}));
  clock_.Advance(config_.key_age_ms + 1);
  EXPECT_FALSE(Publish(Keyed("key", "another print", {{kFeed, "b"}})).replayed);
  clock_.Advance(config_.key_age_ms + 1);
  Publish(Keyed("key 2", "print", {{kFeed, "c"}}));
  EXPECT_FALSE(store_.FindReply({"app", "", "key"})->has_value()) << "old replies are dropped";
}

TEST_F(JournalTest, AKeyWhoseCommitFailedMayBeTriedAgain) {
  store_.FailNext(1);
  const auto failed = Append(Keyed("key", "print", {{kFeed, "a"}}));
  const auto twin = Append(Keyed("key", "print", {{kFeed, "a"}}));
  journal().Crank();
  EXPECT_EQ((**failed).error().code, Code::kIo);
  EXPECT_EQ((**twin).error().code, Code::kIo) << "a replay of what never was would be a lie";
  EXPECT_FALSE(Publish(Keyed("key", "print", {{kFeed, "a"}})).replayed);
}

TEST_F(JournalTest, ProjectionsCommitWithTheEventsThatTheyFolded) {
  CountingProjection projection;
  journal().AddProjection(&projection);
  Publish(Events({{kFeed, "a"}, {kFeed, "b"}}));
  EXPECT_EQ(store_.FindSnapshot("app", "/count")->value().body, "2");
  EXPECT_EQ(projection.shown(), 2);
  EXPECT_EQ(store_.commits(), 1u);
}

TEST_F(JournalTest, ProjectionsForgetWhatWasNotCommitted) {
  CountingProjection projection;
  journal().AddProjection(&projection);
  Publish(Events({{kFeed, "a"}}));
  store_.FailNext(1);
  Append(Events({{kFeed, "b"}}));
  journal().Crank();
  EXPECT_EQ(projection.shown(), 1);
  Publish(Events({{kFeed, "c"}}));
  EXPECT_EQ(store_.FindSnapshot("app", "/count")->value().body, "2");
}

TEST_F(JournalTest, RefusesWhatIsBeyondItsLimitsAndCounts) {
  config_.max_waiting = 2;
  Append(Events({{kFeed, "a"}}));
  Append(Events({{kFeed, "b"}}));
  const auto refused = Append(Events({{kFeed, "c"}}));
  EXPECT_EQ((**refused).error().code, Code::kTooMany);
  EXPECT_THAT(metrics_.Render(), testing::HasSubstr("offing_journal_refused_total 1\n"));
  journal().Crank();
  Publish(Events({{kFeed, "d"}}));
  EXPECT_EQ(EventsOf(kFeed).back().data, "d");
  EXPECT_EQ(EventsOf(kFeed).size(), 3u);
}

TEST_F(JournalTest, RefusesMoreBytesThanMayWait) {
  config_.max_waiting_bytes = 10'000;
  const auto first = Append(Events({{kFeed, std::string(20'000, 'x')}}));
  const auto second = Append(Events({{kFeed, "small"}}));
  EXPECT_EQ((**second).error().code, Code::kTooMany);
  journal().Crank();
  EXPECT_TRUE(**first) << "one alone is always taken";
  Publish(Events({{kFeed, "small"}}));
}

TEST_F(JournalTest, TrimsWhatItTouchesOncePerPeriod) {
  retention_.events = 2;
  for (int i = 0; i < 4; ++i) Publish(Events({{kFeed, "x"}}));
  EXPECT_EQ(SeqsOf(kFeed).size(), 4u) << "the first event trimmed; the period is not over";
  clock_.Advance(config_.trim_every_ms);
  Publish(Events({{kFeed, "x"}}));
  EXPECT_THAT(SeqsOf(kFeed), ElementsAre(4, 5));
}

TEST_F(JournalTest, SweepsLogsThatNobodyWritesTo) {
  retention_.age_ms = 10'000;
  for (int i = 0; i < 250; ++i) {
    const LogKey log{"app", "room-" + std::to_string(i)};
    Append(Events({{log, "a"}, {log, "b"}}));
  }
  journal().Crank();
  clock_.Advance(config_.sweep_every_ms);
  journal().Crank();
  for (int i = 0; i < 250; ++i) {
    EXPECT_THAT(SeqsOf({"app", "room-" + std::to_string(i)}), ElementsAre(2));
  }
}

TEST_F(JournalTest, ReadsPagesAndAnUnwrittenLogIsAnEmptyOne) {
  Publish(Events({{kFeed, "a"}, {kFeed, "b"}, {kFeed, "c"}}));
  std::vector<base::Result<store::Page>> pages;
  const auto keep = [&](base::Result<store::Page> page) { pages.push_back(std::move(page)); };
  journal().Read(kFeed, 1, 1, 1'000, keep);
  journal().Read(kNews, 0, 1, 1'000, keep);
  journal().Crank();
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0]->events[0].data, "b");
  EXPECT_EQ(pages[0]->state.head, 3u);
  EXPECT_EQ(pages[1]->state, store::LogState{});
}

TEST_F(JournalTest, RefusesReadsBeyondTheirLimit) {
  config_.max_reads = 1;
  std::vector<bool> answered;
  const auto keep = [&](const base::Result<store::Page>& page) { answered.push_back(!!page); };
  journal().Read(kFeed, 0, 1, 1, keep);
  journal().Read(kFeed, 0, 1, 1, keep);
  EXPECT_THAT(answered, ElementsAre(false));
  journal().Crank();
  EXPECT_THAT(answered, ElementsAre(false, true));
}

TEST_F(JournalTest, ATaskRunsBetweenTheCommitsAroundIt) {
  std::vector<uint64_t> heads;
  Append(Events({{kFeed, "a"}}));
  journal().Run([&](store::Reader& reader, store::Batch& batch) {
    heads.push_back(reader.State(kFeed)->value().head);
    batch.snapshots.push_back({"app", "/task", {}, "", "done"});
  });
  Append(Events({{kFeed, "b"}}));
  journal().Run([&](store::Reader& reader, store::Batch&) {
    heads.push_back(reader.State(kFeed)->value().head);
    EXPECT_TRUE(reader.FindSnapshot("app", "/task")->has_value());
  });
  EXPECT_EQ(journal().Crank(), 2u);
  EXPECT_THAT(heads, ElementsAre(1, 2));
}

TEST_F(JournalTest, WhatATaskAppendsMovesTheHeadAndIsHeard) {
  const Receipt first = Publish(Events({{kFeed, "a"}}));
  journal().Run([&](store::Reader&, store::Batch& batch) {
    batch.appends.push_back({kFeed, first.positions[0].epoch, {2, clock_.WallMs(), "e", "b"}});
  });
  EXPECT_EQ(Publish(Events({{kFeed, "c"}})).positions[0].seq, 3u);
  EXPECT_EQ(listener_.events()[1].event.data, "b");
}

TEST_F(JournalTest, StopAnswersWhatWaitsAndRefusesWhatComesAfter) {
  const auto waiting = Append(Events({{kFeed, "a"}}));
  journal().Stop();
  EXPECT_TRUE(*waiting && **waiting);
  const auto late = Append(Events({{kFeed, "b"}}));
  EXPECT_EQ((**late).error().code, Code::kUnavailable);
  journal().Stop();
}

TEST(Replies, AReceiptIsReadBackAsItWasWritten) {
  const Receipt receipt{{{base::Epoch{0xabc}, 1}, {base::Epoch{0xdef}, 12'345}}, false};
  EXPECT_EQ(ParseReceipt(EncodeReceipt(receipt))->positions, receipt.positions);
  EXPECT_THAT(ParseReceipt("")->positions, IsEmpty());
  EXPECT_FALSE(ParseReceipt("nonsense"));
  const Receipt answered{receipt.positions, false, std::string("200\n\0 \xff\n", 8)};
  EXPECT_EQ(ParseReceipt(EncodeReceipt(answered))->answer, answered.answer);
  EXPECT_EQ(ParseReceipt(EncodeReceipt(answered))->positions, receipt.positions);
  EXPECT_EQ(ParseReceipt(EncodeReceipt({.answer = "x"}))->answer, "x");
}

}  // namespace
}  // namespace offing::journal
