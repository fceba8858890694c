#include "cli/line_follower.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace offing::cli {
namespace {

class LineFollowerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "followXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
    file_ = dir_ + "/log";
  }
  void TearDown() override {
    [[maybe_unused]] const int code = std::system(("rm -rf " + dir_).c_str());
  }
  void Add(const std::string& text) { std::ofstream(file_, std::ios::app) << text; }
  static std::vector<std::string> Read(LineFollower& lines) {
    std::vector<std::string> texts;
    for (;;) {
      const auto line = lines.Next();
      EXPECT_TRUE(line);
      if (!line || !*line) return texts;
      texts.push_back((*line)->text);
    }
  }
  std::string dir_;
  std::string file_;
};

using Lines = std::vector<std::string>;

TEST_F(LineFollowerTest, ALineCountsWhenItsNewlineIsThere) {
  Add("a\nb");
  LineFollower lines(file_, 100);
  ASSERT_TRUE(lines.Open(LineFollower::From::kStart));
  EXPECT_EQ(Read(lines), Lines{"a"});
  Add("c\n\n");
  EXPECT_EQ(Read(lines), (Lines{"bc", ""}));
}

TEST_F(LineFollowerTest, FromTheEndOnlyNewLinesAreSeen) {
  Add("old\n");
  LineFollower lines(file_, 100);
  ASSERT_TRUE(lines.Open(LineFollower::From::kEnd));
  EXPECT_EQ(Read(lines), Lines{});
  Add("new\n");
  EXPECT_EQ(Read(lines), Lines{"new"});
}

TEST_F(LineFollowerTest, ARotatedFileIsReadToItsEndAndThenTheNewOne) {
  Add("1\n");
  LineFollower lines(file_, 100);
  ASSERT_TRUE(lines.Open(LineFollower::From::kStart));
  EXPECT_EQ(Read(lines), Lines{"1"});
  Add("2\n");
  ASSERT_EQ(std::rename(file_.c_str(), (file_ + ".1").c_str()), 0);
  Add("3\n");
  EXPECT_EQ(Read(lines), (Lines{"2", "3"}));
  EXPECT_EQ(lines.turns(), 1);
}

TEST_F(LineFollowerTest, ATruncatedFileIsReadFromItsStart) {
  Add("one\ntwo\n");
  LineFollower lines(file_, 100);
  ASSERT_TRUE(lines.Open(LineFollower::From::kStart));
  EXPECT_EQ(Read(lines).size(), 2u);
  ASSERT_EQ(::truncate(file_.c_str(), 0), 0);
  EXPECT_EQ(Read(lines), Lines{});
  Add("x\n");
  EXPECT_EQ(Read(lines), Lines{"x"});
}

TEST_F(LineFollowerTest, AStoredPlaceGoesOnWhereItWas) {
  Add("a\nb\nc\n");
  LineFollower first(file_, 100);
  ASSERT_TRUE(first.Open(LineFollower::From::kStart));
  const auto a = first.Next();
  ASSERT_TRUE(a && *a);
  LineFollower second(file_, 100);
  ASSERT_TRUE(second.OpenAt((*a)->next));
  EXPECT_EQ(Read(second), (Lines{"b", "c"}));
  LineFollower other(file_, 100);
  ASSERT_TRUE(other.OpenAt({(*a)->next.inode + 1, 2}));
  EXPECT_EQ(Read(other).size(), 3u) << "another file's place starts over";
}

TEST_F(LineFollowerTest, AnOverlongLineIsCutOnceAndTheNextIsWhole) {
  Add(std::string(200'000, 'x') + "\nshort\n");
  LineFollower lines(file_, 10);
  ASSERT_TRUE(lines.Open(LineFollower::From::kStart));
  const auto cut = lines.Next();
  ASSERT_TRUE(cut && *cut);
  EXPECT_TRUE((*cut)->cut);
  EXPECT_EQ((*cut)->text, "xxxxxxxxxx");
  EXPECT_EQ(Read(lines), Lines{"short"});
}

TEST_F(LineFollowerTest, AMissingFileIsNamed) {
  LineFollower lines(file_, 10);
  const auto opened = lines.Open(LineFollower::From::kStart);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Code::kNotFound);
  EXPECT_NE(opened.error().detail.find(file_), std::string::npos);
}

}  // namespace
}  // namespace offing::cli
