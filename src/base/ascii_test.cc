#include "base/ascii.h"

#include <gtest/gtest.h>

namespace offing::base {
namespace {

TEST(Ascii, LowersLettersAndNothingElse) {
  EXPECT_EQ(ToLower("Content-TYPE [@] 42"), "content-type [@] 42");
  EXPECT_EQ(ToLower("\xC3\x89"), "\xC3\x89") << "bytes beyond ASCII stay as they are";
}

TEST(Ascii, ComparesWithoutRegardToCaseOfLettersOnly) {
  EXPECT_TRUE(SameIgnoringCase("Keep-Alive", "keep-ALIVE"));
  EXPECT_FALSE(SameIgnoringCase("keep-alive", "keep-alive "));
  EXPECT_FALSE(SameIgnoringCase("@", "`")) << "a bit apart, as letters are";
  EXPECT_FALSE(SameIgnoringCase("[", "{"));
}

TEST(Ascii, TrimsSpacesAndTabsAtBothEnds) {
  EXPECT_EQ(TrimBlanks(" \ta b\t "), "a b");
  EXPECT_EQ(TrimBlanks("\t "), "");
  EXPECT_EQ(TrimBlanks("\na"), "\na") << "a line break is no blank";
}

}  // namespace
}  // namespace offing::base
