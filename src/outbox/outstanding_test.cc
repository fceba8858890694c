#include "outbox/outstanding.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/metrics.h"

namespace offing::outbox {
namespace {

class OutstandingTest : public testing::Test {
 protected:
  Errand Named(const std::string& key, int64_t at_ms = 0) {
    return {.scope = "u:ann", .key = key, .at_ms = at_ms};
  }
  base::Metrics metrics_;
  base::Counter& gauge_ = metrics_.AddGauge("outstanding", "Keys.");
  Outstanding table_{{.keys = 3, .bytes = 100}, gauge_};
};

TEST_F(OutstandingTest, AKeyIsTakenOnceUntilItIsGivenBack) {
  Outstanding::Turn first;
  Outstanding::Turn second;
  EXPECT_EQ(table_.Take(Named("k"), 1, first), Outstanding::Taken::kYes);
  EXPECT_EQ(table_.Take(Named("k"), 1, second), Outstanding::Taken::kUnderWay);
  EXPECT_EQ(table_.Take({.scope = "u:bob", .key = "k"}, 1, second), Outstanding::Taken::kYes);
  EXPECT_EQ(gauge_.value(), 2);
  first.Give();
  EXPECT_EQ(table_.Take(Named("k"), 1, first), Outstanding::Taken::kYes);
}

TEST_F(OutstandingTest, ATurnThatGoesGivesItsKeyBack) {
  {
    Outstanding::Turn turn;
    table_.Take(Named("k"), 1, turn);
    const Outstanding::Turn moved = std::move(turn);
    EXPECT_EQ(table_.size(), 1);
  }
  EXPECT_EQ(table_.size(), 0);
  EXPECT_EQ(gauge_.value(), 0);
}

TEST_F(OutstandingTest, HasALimitOfKeysAndOfBytes) {
  std::vector<Outstanding::Turn> turns(4);
  EXPECT_EQ(table_.Take(Named("big"), 101, turns[0]), Outstanding::Taken::kFull);
  EXPECT_EQ(table_.Take(Named("a"), 60, turns[0]), Outstanding::Taken::kYes);
  EXPECT_EQ(table_.Take(Named("b"), 60, turns[1]), Outstanding::Taken::kFull);
  EXPECT_EQ(table_.Take(Named("b"), 10, turns[1]), Outstanding::Taken::kYes);
  EXPECT_EQ(table_.Take(Named("c"), 10, turns[2]), Outstanding::Taken::kYes);
  EXPECT_EQ(table_.Take(Named("d"), 10, turns[3]), Outstanding::Taken::kFull);
  EXPECT_FALSE(turns[2].Hold(21));
  EXPECT_TRUE(turns[2].Hold(20));
  turns.clear();
  Outstanding::Turn turn;
  EXPECT_EQ(table_.Take(Named("e"), 100, turn), Outstanding::Taken::kYes) << "all was given back";
}

TEST_F(OutstandingTest, ListsTheOldestFirst) {
  std::vector<Outstanding::Turn> turns(3);
  table_.Take(Named("late", 3), 1, turns[0]);
  table_.Take(Named("early", 1), 1, turns[1]);
  table_.Take(Named("middle", 2), 1, turns[2]);
  const auto list = table_.List(2);
  ASSERT_EQ(list.size(), 2);
  EXPECT_EQ(list[0].key, "early");
  EXPECT_EQ(list[1].key, "middle");
}

TEST_F(OutstandingTest, IsTakenByOneOfManyThreads) {
  Outstanding table({.keys = 1'000, .bytes = 1'000'000}, gauge_);
  std::atomic<int> taken = 0;
  std::vector<Outstanding::Turn> turns(8);
  std::vector<std::thread> threads;
  for (Outstanding::Turn& turn : turns) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        turn.Give();
        if (table.Take({.scope = "s", .key = "other" + std::to_string(i)}, 1, turn) ==
            Outstanding::Taken::kYes) {
          turn.Give();
        }
      }
      if (table.Take({.scope = "s", .key = "one"}, 1, turn) == Outstanding::Taken::kYes) ++taken;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(table.size(), 1);
}

}  // namespace
}  // namespace offing::outbox
