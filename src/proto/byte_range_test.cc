#include "proto/byte_range.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace offing::proto {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

struct PartCase {
  const char* header;
  uint64_t size, first, last;
};

TEST(ParseRanges, FindsTheBytesThatAreAskedFor) {
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
    const RangeAnswer answer = ParseRanges(header, size);
    ASSERT_EQ(answer.kind, RangeKind::kParts) << header;
    EXPECT_EQ(answer.ranges, (std::vector{ByteRange{first, last}})) << header;
  }
}

TEST(ParseRanges, RefusesARangeThatBeginsBeyondTheEnd) {
  for (const char* header : {"bytes=100-", "bytes=100-200", "bytes=101-101", "bytes=-0",
                             "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(ParseRanges(header, 100).kind, RangeKind::kUnsatisfiable) << header;
  }
  EXPECT_EQ(ParseRanges("bytes=0-", 0).kind, RangeKind::kUnsatisfiable);
  EXPECT_EQ(ParseRanges("bytes=0-0", 0).kind, RangeKind::kUnsatisfiable);
}

TEST(ParseRanges, SendsTheWholeForWhatItDoesNotUnderstand) {
  for (const char* header : {"",
                             " ",
                             "bytes",
                             "bytes=",
                             "bytes=-",
                             "bytes=a-b",
                             "bytes=1",
                             "bytes=,",
                             "bytes=1-2,x",
                             "bytes=1-2 4-5",
                             "bytes=1-2;4-5",
                             "bytes=200-,4-3",
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
    EXPECT_EQ(ParseRanges(header, 100).kind, RangeKind::kWhole) << header;
  }
  EXPECT_EQ(ParseRanges("bytes=-5", 0).kind, RangeKind::kWhole);
}

TEST(ParseRanges, FindsSeveralRangesInTheirOrder) {
  using Ranges = std::vector<ByteRange>;
  const std::pair<const char*, Ranges> kCases[] = {
      {"bytes=1-2,4-5", {{1, 2}, {4, 5}}},       {"bytes=0-0,-1", {{0, 0}, {99, 99}}},
      {"bytes=90- , 0-3", {{90, 99}, {0, 3}}},   {"bytes=,1-2,,\t4-5,", {{1, 2}, {4, 5}}},
      {"bytes=5-9,7-12", {{5, 9}, {7, 12}}},     {"bytes=100-,3-4,-0", {{3, 4}}},
      {"bytes=0-49,50-99", {{0, 49}, {50, 99}}},
  };
  for (const auto& [header, ranges] : kCases) {
    const RangeAnswer answer = ParseRanges(header, 100);
    EXPECT_EQ(answer.kind, RangeKind::kParts) << header;
    EXPECT_EQ(answer.ranges, ranges) << header;
  }
  EXPECT_EQ(ParseRanges("bytes=100-,-0, 200-300", 100).kind, RangeKind::kUnsatisfiable);
}

TEST(ParseRanges, SendsTheWholeForTooManyRangesOrMoreBytesThanThereAre) {
  std::string header = "bytes=0-0";
  for (size_t i = 1; i < kMaxRanges; ++i) header += ",0-0";
  EXPECT_EQ(ParseRanges(header, 1'000).ranges.size(), kMaxRanges);
  EXPECT_EQ(ParseRanges(header + ",0-0", 1'000).kind, RangeKind::kWhole);
  EXPECT_EQ(ParseRanges(header + ",5000-", 1'000).kind, RangeKind::kWhole) << "each is counted";
  EXPECT_EQ(ParseRanges("bytes=0-,0-0", 100).kind, RangeKind::kWhole);
  EXPECT_EQ(ParseRanges("bytes=0-50,50-99", 100).kind, RangeKind::kWhole);
  EXPECT_EQ(ParseRanges("bytes=0-18446744073709551614,-18446744073709551615", kMax).kind,
            RangeKind::kWhole);
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

TEST(EtagListed, ComparesStronglyWhereItIsAsked) {
  for (const char* header : {"*", "\"a\"", "W/\"a\", \"a\"", "\"W/\", \"a\""}) {
    EXPECT_TRUE(EtagListed(header, "\"a\"", TagComparison::kStrong)) << header;
  }
  EXPECT_FALSE(EtagListed("W/\"a\"", "\"a\"", TagComparison::kStrong));
  EXPECT_FALSE(EtagListed("\"a\"", "W/\"a\"", TagComparison::kStrong));
}

}  // namespace
}  // namespace offing::proto
