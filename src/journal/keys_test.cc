// Writes with a key: scopes, lanes and their marks, answers, and what happens when memory is full.
#include "journal/keys.h"

#include <gmock/gmock.h>

#include "journal/journal_fixture.h"

namespace offing::journal {
namespace {

using base::Code;
using testing::HasSubstr;
using Remember = Publication::Remember;

Publication Write(std::string key, std::string answer, std::optional<Entry> entry = {}) {
  Publication publication = Keyed(std::move(key), "print", {{kFeed, "a"}});
  publication.key->scope = "ada";
  publication.key->entry = std::move(entry);
  publication.answer = std::move(answer);
  return publication;
}

Entry InLane(uint64_t seq, std::string lane = "notes") {
  return {.client = "client", .lane = std::move(lane), .seq = seq, .acked = 0};
}

class KeysTest : public JournalTest {
 protected:
  // The error of a publication that is refused; kClosed: it was not.
  Code Refusal(Publication publication) {
    auto outcome = Append(std::move(publication));
    journal().Crank();
    return **outcome ? Code::kClosed : (**outcome).error().code;
  }
  Found Find(const Publication& publication) {
    std::optional<Found> found;
    journal().FindReply(*publication.key,
                        [&](base::Result<Found> result) { found = std::move(*result); });
    journal().Crank();
    return *found;
  }
  uint64_t MarkOf(const std::string& lane) {
    const auto mark = store_.FindMark("app", "ada", "client", lane);
    return *mark ? (*mark)->seq : 0;
  }
  bool Shows(const std::string& metric) {
    return metrics_.Render().find(metric + "\n") != std::string::npos;
  }
};

TEST_F(KeysTest, AnAnswerIsGivenBackAsItWas) {
  const std::string answer("200\n\0body", 9);
  EXPECT_EQ(Publish(Write("key", answer)).answer, answer);
  const Receipt again = Publish(Write("key", "another"));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.answer, answer);
  EXPECT_TRUE(Shows("offing_outbox_replayed_total 1"));
}

TEST_F(KeysTest, AnEventCarriesTheKeyOfItsWrite) {
  Publish(Write("key", ""));
  Publish(Events({{kFeed, "b"}}));
  EXPECT_EQ(EventsOf(kFeed)[0].key, "key");
  EXPECT_EQ(EventsOf(kFeed)[1].key, "");
  EXPECT_EQ(listener_.events()[0].event.key, "key");
}

TEST_F(KeysTest, AKeyOfAnotherScopeIsAnotherKey) {
  Publish(Write("key", "hers"));
  Publication his = Write("key", "his");
  his.key->scope = "bob";
  his.key->fingerprint = "another print";
  EXPECT_FALSE(Publish(his).replayed);
  EXPECT_EQ(EventsOf(kFeed).size(), 2u);
}

TEST_F(KeysTest, AWriteWithoutEventsIsRememberedToo) {
  Publication elsewhere = Write("key", "201", InLane(1));
  elsewhere.events.clear();
  EXPECT_FALSE(Publish(elsewhere).replayed);
  EXPECT_EQ(Publish(elsewhere).answer, "201");
  EXPECT_EQ(MarkOf("notes"), 1u);
}

TEST_F(KeysTest, TheMarkOutlivesTheKey) {
  Publish(Write("k1", "", InLane(1)));
  Publish(Write("k2", "", InLane(2)));
  EXPECT_TRUE(Publish(Write("k1", "", InLane(1))).replayed) << "a known key is a replay";
  clock_.Advance(config_.key_age_ms + 1);
  EXPECT_EQ(Refusal(Write("k1", "", InLane(1))), Code::kGone);
  EXPECT_EQ(Refusal(Write("k2", "", InLane(2))), Code::kGone);
  EXPECT_EQ(EventsOf(kFeed).size(), 2u);
  EXPECT_FALSE(Publish(Write("k3", "", InLane(3))).replayed);
  EXPECT_FALSE(Publish(Write("k4", "", InLane(1, "another lane"))).replayed);
  EXPECT_TRUE(Shows("offing_outbox_decided_total 2"));
}

TEST_F(KeysTest, AMarkOfTheSameBatchDecidesToo) {
  const auto first = Append(Write("k2", "", InLane(2)));
  const auto late = Append(Write("k1", "", InLane(1)));
  journal().Crank();
  EXPECT_EQ((**late).error().code, Code::kGone);
  EXPECT_TRUE(**first);
}

TEST_F(KeysTest, AMarkOfAFailedCommitDecidesNothing) {
  store_.FailNext(1);
  EXPECT_EQ(Refusal(Write("k1", "", InLane(1))), Code::kIo);
  EXPECT_FALSE(Publish(Write("k1", "", InLane(1))).replayed);
}

TEST_F(KeysTest, TheMarkThatDidNotMoveForLongestGoesWhenThereAreTooMany) {
  config_.max_marks = 3;
  for (int i = 1; i <= 3; ++i) {
    clock_.Advance(1);
    Publish(Write("k" + std::to_string(i), "", InLane(1, "lane " + std::to_string(i))));
  }
  clock_.Advance(1);
  Publish(Write("k4", "", InLane(2, "lane 1")));
  EXPECT_EQ(MarkOf("lane 2"), 1u) << "a mark that moves is no new one";
  clock_.Advance(1);
  Publish(Write("k5", "", InLane(1, "lane 4")));
  EXPECT_EQ(MarkOf("lane 1"), 2u);
  EXPECT_EQ(MarkOf("lane 2"), 0u);
  EXPECT_EQ(MarkOf("lane 3"), 1u);
  EXPECT_EQ(MarkOf("lane 4"), 1u);
  EXPECT_TRUE(Shows("offing_outbox_marks_dropped_total 1"));
  EXPECT_TRUE(Shows("offing_outbox_marks 3"));
}

TEST_F(KeysTest, AMarkThatDidNotMoveForAYearIsSwept) {
  Publish(Write("k1", "", InLane(1)));
  clock_.Advance(config_.mark_age_ms + config_.sweep_every_ms);
  journal().Crank();
  EXPECT_EQ(MarkOf("notes"), 0u);
}

TEST_F(KeysTest, WhenTooManyAnswersAreRememberedANewKeyIsRefusedAndNoneForgotten) {
  config_.max_answers = 2;
  Publish(Write("k1", "one"));
  EXPECT_FALSE(journal().Full());
  Publish(Write("k2", "two"));
  EXPECT_TRUE(journal().Full());
  EXPECT_EQ(Refusal(Write("k3", "three")), Code::kTooMany);
  EXPECT_TRUE(Publish(Write("k1", "one")).replayed);
  EXPECT_FALSE(Publish(Events({{kFeed, "without a key"}})).replayed);
  EXPECT_TRUE(Shows("offing_outbox_full_total 1"));
  EXPECT_EQ(EventsOf(kFeed).size(), 3u);

  clock_.Advance(config_.key_age_ms + 1);
  Refusal(Write("k3", "three"));  // finds room made, or makes it
  EXPECT_EQ(Refusal(Write("k4", "four")), Code::kClosed);
  EXPECT_TRUE(Shows("offing_outbox_answers 1") || Shows("offing_outbox_answers 2"));
}

TEST_F(KeysTest, TheBytesOfAnswersAreBoundedWithinOneBatchToo) {
  config_.max_answer_bytes = 2'500;
  const auto first = Append(Write("k1", std::string(1'000, 'x')));
  const auto second = Append(Write("k2", std::string(1'000, 'x')));
  const auto third = Append(Write("k3", std::string(1'000, 'x')));
  journal().Crank();
  EXPECT_TRUE(**first && **second);
  EXPECT_EQ((**third).error().code, Code::kTooMany);
}

TEST_F(KeysTest, WhatIsRememberedCanBeReplacedAndForgotten) {
  Publication hold = Write("key", "outcome unknown");
  hold.events.clear();
  Publish(hold);
  Publication done = Write("key", "201", InLane(1));
  done.events.clear();
  done.remember = Remember::kReplace;
  EXPECT_FALSE(Publish(done).replayed);
  EXPECT_EQ(Find(done).reply->receipt.answer, "201");
  EXPECT_EQ(Find(done).mark, 1u);
  Publication forget = Write("key", "", InLane(1));
  forget.events.clear();
  forget.remember = Remember::kForget;
  Publish(forget);
  EXPECT_FALSE(Find(done).reply);
  EXPECT_EQ(Find(done).mark, 1u);
}

TEST_F(KeysTest, ForgettingWithinABatchForgetsWhatItHolds) {
  Publication write = Write("key", "201");
  Publication forget = Write("key", "");
  forget.events.clear();
  forget.remember = Remember::kForget;
  Append(write);
  Append(forget);
  const auto again = Append(write);
  journal().Crank();
  EXPECT_FALSE((***again).replayed);
  EXPECT_EQ(EventsOf(kFeed).size(), 2u);
}

TEST_F(KeysTest, WhatIsFullStillTakesAnAnswerInThePlaceOfAnother) {
  config_.max_answers = 1;
  Publish(Write("key", "outcome unknown"));
  Publication done = Write("key", "201");
  done.remember = Remember::kReplace;
  EXPECT_EQ(Refusal(done), Code::kClosed);
}

TEST_F(KeysTest, FindsTheReplyTheMarkAndNeither) {
  const Publication write = Write("key", "201", InLane(3));
  EXPECT_FALSE(Find(write).reply);
  EXPECT_EQ(Find(write).mark, 0u);
  Publish(write);
  const Found found = Find(write);
  EXPECT_EQ(found.reply->fingerprint, "print");
  EXPECT_EQ(found.reply->at_ms, clock_.WallMs());
  EXPECT_EQ(found.reply->receipt.answer, "201");
  EXPECT_EQ(found.reply->receipt.positions[0].seq, 1u);
  EXPECT_EQ(found.mark, 3u);
  clock_.Advance(config_.key_age_ms + 1);
  EXPECT_FALSE(Find(write).reply);
}

class RestoredTest : public KeysTest {
 protected:
  base::Epoch EpochOf(const store::LogKey& log) { return store_.State(log)->value().epoch; }
  Entry Acked(uint64_t seq, uint64_t acked) {
    return {.client = "client", .lane = "notes", .seq = seq, .acked = acked};
  }
};

TEST_F(RestoredTest, EveryLogGetsANewEpochOnceAndKeepsItsEvents) {
  CountingProjection projection;
  journal().AddProjection(&projection);
  const base::Epoch feed = Publish(Events({{kFeed, "a"}})).positions[0].epoch;
  const base::Epoch news = Publish(Events({{kNews, "b"}})).positions[0].epoch;
  journal().Restored("a test says so");
  journal().Restored("it says so again");
  const Receipt after = Publish(Events({{kFeed, "c"}}));
  EXPECT_NE(after.positions[0].epoch, feed);
  EXPECT_NE(EpochOf(kNews), news);
  EXPECT_EQ(after.positions[0].seq, 2u);
  EXPECT_EQ(EventsOf(kFeed)[0].data, "a");
  EXPECT_EQ(listener_.renewals(), 1u);
  EXPECT_EQ(projection.renewals(), 1);
  EXPECT_TRUE(Shows("offing_restored_total 1"));
}

TEST_F(RestoredTest, IsTriedAgainIfItCouldNotBeWritten) {
  const base::Epoch feed = Publish(Events({{kFeed, "a"}})).positions[0].epoch;
  store_.FailNext(1);
  journal().Restored("a test says so");
  journal().Crank();
  EXPECT_EQ(EpochOf(kFeed), feed);
  EXPECT_EQ(listener_.renewals(), 0u);
  journal().Restored("a test says so");
  journal().Crank();
  EXPECT_NE(EpochOf(kFeed), feed);
}

TEST_F(RestoredTest, AnEntryThatWasToldMoreThanItsMarkKnowsShowsIt) {
  const base::Epoch before = Publish(Write("k1", "", Acked(1, 0))).positions[0].epoch;
  Publish(Write("k2", "", Acked(2, 1)));
  EXPECT_EQ(EpochOf(kFeed), before);
  const Receipt receipt = Publish(Write("k9", "", Acked(9, 8)));
  EXPECT_EQ(receipt.positions[0].epoch, EpochOf(kFeed)) << "its own position is one of the new";
  EXPECT_NE(EpochOf(kFeed), before);
  EXPECT_EQ(MarkOf("notes"), 9u);
  const base::Epoch renewed = EpochOf(kFeed);
  Publish(Write("k20", "", Acked(20, 19)));
  EXPECT_EQ(EpochOf(kFeed), renewed) << "once";
}

TEST_F(RestoredTest, ALaneWithoutAMarkProvesNothing) {
  const base::Epoch before = Publish(Events({{kFeed, "a"}})).positions[0].epoch;
  Publish(Write("k9", "", Acked(9, 8)));
  EXPECT_EQ(EpochOf(kFeed), before);
  EXPECT_TRUE(Shows("offing_restored_total 0"));
}

}  // namespace
}  // namespace offing::journal
