#include "proto/structured.h"

#include <gtest/gtest.h>

namespace offing::proto {
namespace {

TEST(ParseStringItem, ReadsAQuotedString) {
  EXPECT_EQ(ParseStringItem("\"8e03978e-40d5-43dd-bc93-6894a57f9324\""),
            "8e03978e-40d5-43dd-bc93-6894a57f9324");
  EXPECT_EQ(ParseStringItem("\"\""), "");
  EXPECT_EQ(ParseStringItem("  \"a b\"  "), "a b");
  EXPECT_EQ(ParseStringItem(R"("say \"hi\" \\ twice")"), R"(say "hi" \ twice)");
}

TEST(ParseStringItem, LeavesParametersOut) {
  EXPECT_EQ(ParseStringItem(R"("k";a=1;b="x";c;d=?0)"), "k");
  EXPECT_EQ(ParseStringItem(R"("k"; a=1)"), "k");
}

TEST(ParseStringItem, RefusesWhatIsNoStringOfTheStandard) {
  for (const char* text : {"",         " ",
                           "k",        "8e03978e",
                           "'k'",      "\"",
                           "\"k",      "k\"",
                           "\"k\" x",  "\"k\", \"l\"",
                           "\"a\\b\"", "\"a\\",
                           "\"a\tb\"", "\"\xc3\xa9\"",
                           "\"k\";",   "\"k\";A=1",
                           "\"k\";a=", "\t\"k\"",
                           "1",        "?1"}) {
    EXPECT_EQ(ParseStringItem(text), std::nullopt) << text;
  }
}

TEST(EncodeStringItem, IsReadBackAsItWas) {
  for (const std::string text : {"", "k", R"(a "b" \c\)", "~ !"}) {
    const auto item = EncodeStringItem(text);
    ASSERT_TRUE(item) << text;
    EXPECT_EQ(ParseStringItem(*item), text);
  }
  EXPECT_EQ(EncodeStringItem("a\nb"), std::nullopt);
  EXPECT_EQ(EncodeStringItem("\xc3\xa9"), std::nullopt);
}

TEST(ParseDictionary, ReadsStringsIntegersAndBooleans) {
  const auto read = ParseDictionary(R"(client="c1", lane="/a%20b", seq=7, acked=-6, last, no=?0)");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->String("client"), "c1");
  EXPECT_EQ(read->String("lane"), "/a%20b");
  EXPECT_EQ(read->Integer("seq"), 7);
  EXPECT_EQ(read->Integer("acked"), -6);
  EXPECT_TRUE(read->Has("last"));
  EXPECT_EQ(read->size(), 6);
}

TEST(ParseDictionary, AValueOfAnotherKindIsNotThere) {
  const auto read = ParseDictionary(R"(seq="7", client=7)");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->Integer("seq"), std::nullopt);
  EXPECT_EQ(read->String("client"), std::nullopt);
  EXPECT_EQ(read->String("lane"), std::nullopt);
}

TEST(ParseDictionary, OfANameThatComesTwiceTheLastValueCounts) {
  const auto read = ParseDictionary("a=1,b=2,a=3");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->Integer("a"), 3);
  EXPECT_EQ(read->size(), 2);
}

TEST(ParseDictionary, AnEmptyOneHasNoMembers) {
  ASSERT_TRUE(ParseDictionary(""));
  EXPECT_EQ(ParseDictionary("")->size(), 0);
}

TEST(ParseDictionary, RefusesWhatIsMalformedOrOfNoUse) {
  for (const char* text :
       {"a=", "=1", "A=1", "a=1,", "a=1 b=2", "a=1;;", "a=1.5", "a=token", "a=:aGk=:", "a=(1 2)",
        "a=1234567890123456", "a=-", "a=?2", "a=\"x", ",a=1", "1=a", "a = 1"}) {
    EXPECT_FALSE(ParseDictionary(text)) << text;
  }
}

TEST(ParseDictionary, HasALimitOfMembers) {
  std::string text;
  for (size_t i = 0; i < kMaxMembers; ++i) text += (i ? ",a" : "a") + std::to_string(i);
  EXPECT_TRUE(ParseDictionary(text));
  EXPECT_FALSE(ParseDictionary(text + ",b"));
}

}  // namespace
}  // namespace offing::proto
