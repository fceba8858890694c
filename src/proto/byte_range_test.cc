#include "proto/byte_range.h"

#include <gtest/gtest.h>

#include <limits>

namespace offing::proto {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

struct PartCase {
  const char* header;
  uint64_t size, first, last;
};

TEST(ParseRange, FindsTheBytesThatAreAskedFor) {
  for (const auto& [header, size, first, last] : {
           PartCase{"bytes=0-0", 1, 0, 0},
           {"bytes=0-499", 10000, 0, 499},
           {"bytes=500-999", 10000, 500, 999},
           {"bytes=9500-", 10000, 9500, 9999},
           {"bytes=-500", 10000, 9500, 9999},
           {"bytes=0-", 10000, 0, 9999},
           {"bytes=0-99999", 10000, 0, 9999},
           {"bytes=9999-9999", 10000, 9999, 9999},
           {"bytes=-99999", 10000, 0, 9999},
           {"bytes=-1", 1, 0, 0},
           {"BYTES=1-2", 3, 1, 2},
           {" bytes=1-2\t", 3, 1, 2},
           {"bytes= 1-2", 3, 1, 2},
           {"bytes=0-18446744073709551615", 3, 0, 2},
           {"bytes=0-99999999999999999999999", 3, 0, 2},
           {"bytes=-99999999999999999999999", 3, 0, 2},
           {"bytes=000-001", 3, 0, 1},
           {"bytes=18446744073709551613-", kMax, kMax - 2, kMax - 1},
       }) {
    const RangeAnswer answer = ParseRange(header, size);
    ASSERT_EQ(answer.kind, RangeKind::kPart) << header;
    EXPECT_EQ(answer.range.first, first) << header;
    EXPECT_EQ(answer.range.last, last) << header;
  }
}

TEST(ParseRange, RefusesARangeThatBeginsBeyondTheEnd) {
  for (const char* header : {"bytes=100-", "bytes=100-200", "bytes=101-101", "bytes=-0",
                             "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(ParseRange(header, 100).kind, RangeKind::kUnsatisfiable) << header;
  }
  EXPECT_EQ(ParseRange("bytes=0-", 0).kind, RangeKind::kUnsatisfiable);
  EXPECT_EQ(ParseRange("bytes=0-0", 0).kind, RangeKind::kUnsatisfiable);
}

TEST(ParseRange, SendsTheWholeForWhatItDoesNotUnderstand) {
  for (const char* header : {"",
                             " ",
                             "bytes",
                             "bytes=",
                             "bytes=-",
                             "bytes=a-b",
                             "bytes=1",
                             "bytes=1-2,4-5",
                             "bytes=0-0,-1",
                             "bytes=5-4",
                             "bytes=-1-2",
                             "bytes=1--2",
                             "bytes=+1-2",
                             "bytes=1-2x",
                             "bytes=1-2-3",
                             "bytes=0x1-2",
                             "bytes =1-2",
                             "bytes=1 - 2",
                             "items=0-5",
                             "byte=0-5",
                             "xbytes=0-5",
                             "=0-5",
                             "0-5"}) {
    EXPECT_EQ(ParseRange(header, 100).kind, RangeKind::kWhole) << header;
  }
  EXPECT_EQ(ParseRange("bytes=-5", 0).kind, RangeKind::kWhole);
}

TEST(EtagListed, FindsATagInAList) {
  for (const char* header : {"*", " * ", "\"a\"", "W/\"a\"", "\"x\", \"a\"", "\"x\",\"a\",\"y\"",
                             "\"x,\"  ,, \"a\"", "W/\"x\", W/\"a\"", ",\"a\""}) {
    EXPECT_TRUE(EtagListed(header, "\"a\"")) << header;
    EXPECT_TRUE(EtagListed(header, "W/\"a\"")) << header;
  }
  EXPECT_TRUE(EtagListed("\"b\", \"a,b\"", "\"a,b\""));
}

TEST(EtagListed, FindsNothingElse) {
  for (const char* header : {"", " ", ",", "a", "\"A\"", "\"aa\"", "\"a", "'a'", "\"x\" a \"a\"",
                             "\"x, \"a\"", "**", "w/\"a\"", "\"b\", *"}) {
    EXPECT_FALSE(EtagListed(header, "\"a\"")) << header;
  }
}

}  // namespace
}  // namespace offing::proto
