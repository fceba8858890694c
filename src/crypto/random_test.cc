#include "crypto/random.h"

#include <gtest/gtest.h>

#include <set>

namespace offing::crypto {
namespace {

class Counting final : public Random {
 public:
  uint64_t U64() override { return 0x1000'0000'0000'0000 * ++calls_; }
  uint64_t calls_ = 0;
};

TEST(SystemRandom, DoesNotRepeatItself) {
  SystemRandom random;
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.U64());
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(RandomHex, HasTwoLowerCaseDigitsForEachByte) {
  SystemRandom random;
  for (const size_t bytes : {0U, 1U, 7U, 8U, 9U, 16U, 33U}) {
    const std::string text = RandomHex(random, bytes);
    EXPECT_EQ(text.size(), bytes * 2);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(RandomHex, UsesEveryBitOnce) {
  Counting random;
  EXPECT_EQ(RandomHex(random, 16), "00000000000000010000000000000002");
  EXPECT_EQ(random.calls_, 2U);
}

}  // namespace
}  // namespace offing::crypto
