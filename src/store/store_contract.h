// What every store must do, as tests. A store's own test program includes this file once and says
// how to make one:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(MakeMemoryStore));
//
// Threading: tests; one case reads on a second thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "store/store_contract_fixture.h"

namespace offing::store {

using Seqs = std::vector<uint64_t>;

TEST_P(StoreContract, KnowsNothingOfALogThatWasNeverWritten) {
  EXPECT_EQ(*store().State(feed_), std::nullopt);
  EXPECT_FALSE(store().After(feed_, 0, 10, 10)->has_value());
  EXPECT_EQ(*store().FindSnapshot("app", "/feed.json"), std::nullopt);
  EXPECT_EQ(*store().FindReply({"app", "", "key"}), std::nullopt);
  EXPECT_EQ(*store().FindMark("app", "", "client", "lane"), std::nullopt);
  EXPECT_EQ(store().Totals(), Totals{});
  EXPECT_TRUE(store().Logs({}, 10)->empty());
}

TEST_P(StoreContract, GivesBackAnEventByteForByte) {
  const std::string odd("nul \0 and \xff and \n", 18);
  Batch batch;
  batch.appends.push_back({feed_, kEpoch, {1, 1'700'000'000'123, odd, odd + "data"}});
  batch.appends.push_back({feed_, kEpoch, {2, 1'700'000'000'124, "", "", odd + "key"}});
  ASSERT_TRUE(store().Commit(batch));
  const auto page = **store().After(feed_, 0, 10, kAll);
  ASSERT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.events[0], (Event{1, 1'700'000'000'123, odd, odd + "data"}));
  EXPECT_EQ(page.events[1], (Event{2, 1'700'000'000'124, "", "", odd + "key"}));
  EXPECT_EQ(page.state, (LogState{kEpoch, 1, 2, odd.size() * 2 + 4}));
}

TEST_P(StoreContract, PagesByCount) {
  Fill(feed_, 0, 10);
  EXPECT_EQ(SeqsAfter(0, 3, kAll), (Seqs{1, 2, 3}));
  EXPECT_EQ(SeqsAfter(3, 3, kAll), (Seqs{4, 5, 6}));
  EXPECT_EQ(SeqsAfter(9, 3, kAll), (Seqs{10}));
  EXPECT_EQ(SeqsAfter(10, 3, kAll), Seqs{});
  EXPECT_EQ(SeqsAfter(~0ull, 3, kAll), Seqs{});
  EXPECT_EQ(SeqsAfter(0, ~0ull, ~0ull).size(), 10u);
}

TEST_P(StoreContract, PagesByBytesButAlwaysGivesOneEvent) {
  Fill(feed_, 0, 10);
  EXPECT_EQ(SeqsAfter(0, 10, 30), (Seqs{1, 2, 3}));
  EXPECT_EQ(SeqsAfter(0, 10, 39), (Seqs{1, 2, 3}));
  EXPECT_EQ(SeqsAfter(4, 10, 1), (Seqs{5}));
  EXPECT_EQ(SeqsAfter(4, 10, 0), (Seqs{5}));
}

TEST_P(StoreContract, TrimsByCount) {
  Fill(feed_, 0, 10);
  Trim({.events = 4}, 0);
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 7, 10, 40}));
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{7, 8, 9, 10}));
  EXPECT_EQ(SeqsAfter(8, 10, kAll), (Seqs{9, 10}));
}

TEST_P(StoreContract, TrimsByBytes) {
  Fill(feed_, 0, 10);
  Trim({.bytes = 35}, 0);
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 8, 10, 30}));
  Trim({.bytes = 30}, 0);
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 8, 10, 30}));
}

TEST_P(StoreContract, TrimsByAge) {
  Fill(feed_, 0, 10);
  Trim({.age_ms = 4'000}, 10'000);
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{6, 7, 8, 9, 10})) << "just as old as allowed stays";
  Trim({.age_ms = 4'000}, 10'001);
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 7, 10, 40}));
}

TEST_P(StoreContract, TheStrictestLimitDecides) {
  Fill(feed_, 0, 10);
  Trim({.age_ms = 8'000, .events = 9, .bytes = 50}, 10'000);
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{6, 7, 8, 9, 10}));
}

TEST_P(StoreContract, NoLimitTrimsNothing) {
  Fill(feed_, 0, 10);
  Trim({}, 1'000'000'000);
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 1, 10, 100}));
}

TEST_P(StoreContract, TheNewestEventIsAlwaysKept) {
  Fill(feed_, 0, 10);
  Trim({.age_ms = 1, .events = 1, .bytes = 1}, 1'000'000'000);
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 10, 10, 10}));
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{10}));
  Fill(feed_, 10, 2);
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{10, 11, 12}));
}

TEST_P(StoreContract, ATrimSeesTheAppendsOfItsBatch) {
  Fill(feed_, 0, 3);
  Batch batch;
  batch.appends.push_back(Event1(feed_, 4, 4'000, "new"));
  batch.trims.push_back({feed_, {.events = 2}, 4'000});
  batch.trims.push_back({{"app", "never-written"}, {.events = 2}, 4'000});
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{3, 4}));
  EXPECT_EQ(StateOf(feed_).bytes, 14u);
}

TEST_P(StoreContract, LogsAreApartByAppAndChannel) {
  const LogKey other_app{"other", "feed"};
  const LogKey other_channel{"app", "feeds"};
  Fill(feed_, 0, 3);
  Batch batch;
  batch.appends.push_back({other_app, base::Epoch{7}, {1, 5, "e", "x"}});
  batch.appends.push_back(Event1(other_channel, 1, 5, "yy"));
  batch.appends.push_back(Event1(feed_, 4, 4'000, "z"));
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(StateOf(feed_), (LogState{kEpoch, 1, 4, 32}));
  EXPECT_EQ(StateOf(other_app), (LogState{base::Epoch{7}, 1, 1, 2}));
  EXPECT_EQ(StateOf(other_channel), (LogState{kEpoch, 1, 1, 3}));
}

TEST_P(StoreContract, ListsLogsInPages) {
  for (const char* app : {"b", "a"}) {
    for (const char* channel : {"z", "x", "y"}) Fill({app, channel}, 0, 1);
  }
  const std::vector<LogKey> all{{"a", "x"}, {"a", "y"}, {"a", "z"},
                                {"b", "x"}, {"b", "y"}, {"b", "z"}};
  EXPECT_EQ(*store().Logs({}, 10), all);
  EXPECT_EQ(*store().Logs({}, 4), std::vector<LogKey>(all.begin(), all.begin() + 4));
  EXPECT_EQ(*store().Logs({"a", "z"}, 10), std::vector<LogKey>(all.begin() + 3, all.end()));
  EXPECT_TRUE(store().Logs({"b", "z"}, 10)->empty());
}

TEST_P(StoreContract, ASnapshotReplacesTheOneOfItsPath) {
  const Snapshot first{"app", "/feed.json", {kEpoch, 1}, "rules", "[1]"};
  const Snapshot second{"app", "/feed.json", {kEpoch, 2}, "rules 2", std::string(100'000, 'x')};
  const Snapshot other{"app", "/other.json", {kEpoch, 9}, "rules", "{}"};
  Batch batch;
  batch.snapshots = {first, other};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindSnapshot("app", "/feed.json"), first);
  batch.snapshots = {second};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindSnapshot("app", "/feed.json"), second);
  EXPECT_EQ(*store().FindSnapshot("app", "/other.json"), other);
  EXPECT_EQ(*store().FindSnapshot("another", "/feed.json"), std::nullopt);
}

TEST_P(StoreContract, RepliesAreKeptReplacedAndDroppedByAge) {
  const Reply old{"app", "", "k1", "print", 1'000, "1:1"};
  const Reply young{"app", "", "k2", "print", 2'000, "1:2"};
  Batch batch;
  batch.replies = {old, young};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindReply({"app", "", "k1"}), old);
  EXPECT_EQ(*store().FindReply({"other", "", "k1"}), std::nullopt);

  const Reply again{"app", "", "k2", "print 2", 2'500, "1:3"};
  Batch later;
  later.replies = {again};
  later.drop_replies_before_ms = 2'000;
  ASSERT_TRUE(store().Commit(later));
  EXPECT_EQ(*store().FindReply({"app", "", "k1"}), std::nullopt);
  EXPECT_EQ(*store().FindReply({"app", "", "k2"}), again);

  Batch only_drop;
  only_drop.drop_replies_before_ms = 2'501;
  ASSERT_TRUE(store().Commit(only_drop));
  EXPECT_EQ(*store().FindReply({"app", "", "k2"}), std::nullopt);
}

TEST_P(StoreContract, KeysOfTwoScopesHaveNothingToDoWithEachOther) {
  const Reply hers{"app", "ada", "key", "print", 1, "hers"};
  const Reply his{"app", "bob", "key", "another", 1, std::string("nul \0 and \xff", 11)};
  Batch batch;
  batch.replies = {hers, his};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindReply({"app", "ada", "key"}), hers);
  EXPECT_EQ(*store().FindReply({"app", "bob", "key"}), his);
  EXPECT_EQ(*store().FindReply({"app", "", "key"}), std::nullopt);
  Batch forget;
  forget.forgotten = {{"app", "ada", "key"}, {"app", "", "key"}};
  EXPECT_FALSE(forget.empty());
  ASSERT_TRUE(store().Commit(forget));
  EXPECT_EQ(*store().FindReply({"app", "ada", "key"}), std::nullopt);
  EXPECT_EQ(*(*store().OpenReader())->FindReply({"app", "bob", "key"}), his);
}

TEST_P(StoreContract, TotalsFollowWhatIsKept) {
  Batch batch;
  batch.replies = {{"app", "ada", "k1", "print", 1'000, "12345"},
                   {"app", "ada", "k2", "print", 2'000, "12345"},
                   {"app", "ada", "k2", "print", 2'000, "1"},
                   {"app", "bob", "k3", "print", 3'000, std::string(100'000, 'x')}};
  batch.marks = {{"app", "ada", "c", "lane", 1, 1}, {"app", "ada", "c", "lane", 2, 2}};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(store().Totals(), (Totals{3, 18 + 14 + 100'013, 1}));
  Batch drop;
  drop.forgotten = {{"app", "bob", "k3"}, {"app", "bob", "never"}};
  drop.replies = {{"app", "ada", "k4", "", 4'000, ""}};
  drop.drop_replies_before_ms = 2'000;
  drop.drop_marks_before_ms = 3;
  ASSERT_TRUE(store().Commit(drop));
  EXPECT_EQ(store().Totals(), (Totals{2, 14 + 8, 0}));
}

TEST_P(StoreContract, AMarkMovesUpOnly) {
  const auto seq_of = [this](const char* scope, const char* lane) {
    const auto mark = store().FindMark("app", scope, "c", lane);
    return *mark ? (*mark)->seq : 0;
  };
  Batch batch;
  batch.marks = {{"app", "ada", "c", "lane", 5, 1'000}, {"app", "bob", "c", "lane", 2, 1'000}};
  EXPECT_FALSE(batch.empty());
  ASSERT_TRUE(store().Commit(batch));
  batch.marks = {{"app", "ada", "c", "lane", 4, 2'000}, {"app", "bob", "c", "lane", 3, 2'000}};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindMark("app", "ada", "c", "lane"),
            (Mark{"app", "ada", "c", "lane", 5, 1'000}));
  EXPECT_EQ(*(*store().OpenReader())->FindMark("app", "bob", "c", "lane"),
            (Mark{"app", "bob", "c", "lane", 3, 2'000}));
  EXPECT_EQ(seq_of("ada", "other"), 0u);
  EXPECT_EQ(*store().FindMark("another", "ada", "c", "lane"), std::nullopt);
}

TEST_P(StoreContract, MarksThatDidNotMoveForLongestGoFirst) {
  Batch batch;
  for (int i = 1; i <= 5; ++i) {
    batch.marks.push_back({"app", "ada", "c", "lane " + std::to_string(i), 1, i * 1'000});
  }
  ASSERT_TRUE(store().Commit(batch));
  Batch drop;
  drop.marks = {{"app", "ada", "c", "lane 2", 2, 9'000}};
  drop.drop_marks_before_ms = 2'000;
  drop.drop_oldest_marks = 2;
  ASSERT_TRUE(store().Commit(drop));
  std::string left;
  for (const char* lane : {"lane 1", "lane 2", "lane 3", "lane 4", "lane 5"}) {
    left += *store().FindMark("app", "ada", "c", lane) ? '+' : '-';
  }
  EXPECT_EQ(left, "-+--+");
}

TEST_P(StoreContract, RenewingGivesEveryLogAnotherEpochAndKeepsItsEvents) {
  const LogKey other{"app", "other"};
  Fill(feed_, 0, 3);
  Batch batch;
  batch.appends.push_back({other, base::Epoch{7}, {1, 5, "e", "x"}});
  batch.snapshots = {{"app", "/feed.json", {kEpoch, 3}, "rules", "[1]"},
                     {"app", "/none.json", {}, "rules", "[]"}};
  ASSERT_TRUE(store().Commit(batch));
  Batch renew;
  renew.renew_epochs = kEpochShifts - 3;
  EXPECT_FALSE(renew.empty());
  ASSERT_TRUE(store().Commit(renew));
  const base::Epoch renewed = RenewedEpoch(kEpoch, renew.renew_epochs);
  EXPECT_NE(renewed, kEpoch);
  EXPECT_EQ(StateOf(feed_), (LogState{renewed, 1, 3, 30}));
  EXPECT_EQ(StateOf(other).epoch, base::Epoch{3});
  EXPECT_EQ(SeqsAfter(0, 10, kAll), (Seqs{1, 2, 3}));
  EXPECT_EQ(store().FindSnapshot("app", "/feed.json")->value().position,
            (base::Position{renewed, 3}));
  EXPECT_EQ(store().FindSnapshot("app", "/none.json")->value().position, base::Position{});
  Batch on;
  on.appends.push_back({feed_, renewed, {4, 4'000, "e", "z"}});
  EXPECT_TRUE(store().Commit(on));
}

TEST(RenewedEpoch, IsNeverTheSameAndNeverNone) {
  const base::Epoch last{kEpochShifts + 1};
  for (const uint64_t shift : {uint64_t{1}, kEpochShifts / 2, kEpochShifts}) {
    for (const base::Epoch epoch : {base::Epoch{1}, base::Epoch{2}, last}) {
      EXPECT_NE(RenewedEpoch(epoch, shift), epoch);
      EXPECT_NE(RenewedEpoch(epoch, shift), base::kNoEpoch);
      EXPECT_LE(RenewedEpoch(epoch, shift), last);
    }
  }
}

TEST_P(StoreContract, ASettingReplacesTheOneOfItsName) {
  EXPECT_EQ(*store().FindSetting("app", "control"), std::nullopt);
  const Setting first{"app", "control", "{\"kill\":true}"};
  const Setting second{"app", "control", std::string("nul \0 and \xff", 11)};
  Batch batch;
  batch.settings = {first, {"app", "other", "x"}, {"another", "control", ""}};
  EXPECT_FALSE(batch.empty());
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindSetting("app", "control"), first);
  batch.settings = {second};
  ASSERT_TRUE(store().Commit(batch));
  EXPECT_EQ(*store().FindSetting("app", "control"), second);
  EXPECT_EQ(store().FindSetting("app", "other")->value().body, "x");
  EXPECT_EQ(store().FindSetting("another", "control")->value().body, "");
  EXPECT_EQ(*(*store().OpenReader())->FindSetting("app", "control"), second);
}

TEST_P(StoreContract, AReaderOfItsOwnSeesWhatIsCommitted) {
  auto reader = store().OpenReader();
  ASSERT_TRUE(reader);
  EXPECT_EQ(*(*reader)->State(feed_), std::nullopt);
  Fill(feed_, 0, 3);
  EXPECT_EQ((*reader)->State(feed_)->value(), (LogState{kEpoch, 1, 3, 30}));
  EXPECT_EQ((*(*reader)->After(feed_, 1, 10, kAll))->events.size(), 2u);
}

// Each batch holds 5 events, a trim, a snapshot and a reply that all name the same head.
TEST_P(StoreContract, AReaderBesideTheWriterSeesOnlyWholeBatches) {
  constexpr uint64_t kBatches = 150;
  constexpr uint64_t kPerBatch = 5;
  auto reader = store().OpenReader();
  ASSERT_TRUE(reader);
  std::atomic<bool> written = false;
  std::thread writer([&] {
    for (uint64_t head = 0; head < kBatches * kPerBatch; head += kPerBatch) {
      Batch batch;
      for (uint64_t seq = head + 1; seq <= head + kPerBatch; ++seq) {
        batch.appends.push_back(Event1(feed_, seq, 1, std::to_string(seq)));
      }
      batch.trims.push_back({feed_, {.events = 4 * kPerBatch}, 1});
      batch.snapshots.push_back({"app", "/f", {kEpoch, head + kPerBatch}, "", "[]"});
      if (!store().Commit(batch)) {
        ADD_FAILURE() << "a commit failed";
        break;
      }
    }
    written = true;
  });
  uint64_t seen = 0;
  for (bool last = false; !last;) {
    last = written;
    const auto snapshot = (*reader)->FindSnapshot("app", "/f");
    const auto page = (*reader)->After(feed_, seen, kAll, ~0ull);
    ASSERT_TRUE(snapshot && page);
    if (!*page) continue;
    const LogState& state = (*page)->state;
    ASSERT_EQ(state.head % kPerBatch, 0u) << "half of a batch was seen";
    ASSERT_LE(state.head - state.first + 1, 4 * kPerBatch) << "a batch without its trim was seen";
    if (*snapshot) {
      ASSERT_LE((*snapshot)->position.seq, state.head);
    }
    uint64_t expected = std::max(seen + 1, state.first);
    for (const Event& event : (*page)->events) ASSERT_EQ(event.seq, expected++);
    ASSERT_EQ(expected, state.head + 1) << "the state and the events are of two moments";
    seen = state.head;
  }
  writer.join();
  EXPECT_EQ(seen, kBatches * kPerBatch);
}

}  // namespace offing::store
