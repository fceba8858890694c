#include "server/units.h"

#include <gtest/gtest.h>

namespace offing::server {
namespace {

TEST(Units, DurationsAreReadInMilliseconds) {
  EXPECT_EQ(ParseDuration("250ms"), 250);
  EXPECT_EQ(ParseDuration("30s"), 30'000);
  EXPECT_EQ(ParseDuration("7d"), 7LL * 24 * 3600 * 1000);
  EXPECT_EQ(ParseDuration("2 h"), 7'200'000);
  EXPECT_EQ(ParseDuration("1y"), 365LL * 24 * 3600 * 1000);
}

TEST(Units, SizesKnowPowersOf1000And1024) {
  EXPECT_EQ(ParseSize("64MB"), 64'000'000u);
  EXPECT_EQ(ParseSize("64MiB"), 64u << 20);
  EXPECT_EQ(ParseSize("0B"), 0u);
}

TEST(Units, AnythingElseIsRefusedWithTheTextAndTheWayOut) {
  for (const char* text :
       {"", "7", "d", "-1d", "1.5h", "7 days", "99999999999999999999d", "9007199254740992d"}) {
    const auto value = ParseDuration(text);
    ASSERT_FALSE(value) << text;
    EXPECT_NE(value.error().detail.find("like \"7d\""), std::string::npos);
  }
  EXPECT_FALSE(ParseSize("64 mb"));
}

}  // namespace
}  // namespace offing::server
