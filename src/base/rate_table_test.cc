#include "base/rate_table.h"

#include <gtest/gtest.h>

namespace offing::base {
namespace {

int TakeAll(RateTable& table, std::string_view who, int64_t now_ms) {
  int taken = 0;
  while (taken < 1'000 && table.Take(who, now_ms)) ++taken;
  return taken;
}

TEST(RateTable, GivesABurstAndThenWhatWasEarned) {
  RateTable table({.per_second = 30, .burst = 40, .max = 10});
  EXPECT_EQ(TakeAll(table, "ada", 1'000), 40);
  EXPECT_EQ(TakeAll(table, "ada", 1'033), 0);
  EXPECT_EQ(TakeAll(table, "ada", 1'034), 1);
  EXPECT_EQ(TakeAll(table, "ada", 2'034), 30);
  EXPECT_EQ(TakeAll(table, "ada", 1'000'000), 40);
}

TEST(RateTable, EverybodyHasTheirOwn) {
  RateTable table({.per_second = 1, .burst = 2, .max = 10});
  EXPECT_EQ(TakeAll(table, "ada", 0), 2);
  EXPECT_EQ(TakeAll(table, "bob", 0), 2);
  EXPECT_EQ(TakeAll(table, "ada", 0), 0);
}

TEST(RateTable, ForgetsWhoWasSilentForLongest) {
  RateTable table({.per_second = 1, .burst = 1, .max = 2});
  for (const char* who : {"ada", "bob", "ada", "cyd"}) table.Take(who, 0);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_FALSE(table.Take("ada", 0));
  EXPECT_TRUE(table.Take("bob", 0)) << "bob was forgotten, and begins anew";
  EXPECT_EQ(table.size(), 2u);
}

TEST(RateTable, AClockThatGoesBackGivesNothing) {
  RateTable table({.per_second = 1, .burst = 1, .max = 2});
  EXPECT_TRUE(table.Take("ada", 5'000));
  EXPECT_FALSE(table.Take("ada", 1'000));
}

}  // namespace
}  // namespace offing::base
