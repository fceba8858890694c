#include "server/apps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace offing::server {
namespace {

class AppsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "appsXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
  crypto::SystemRandom random_;
};

TEST_F(AppsTest, AnAppIsMadeOnceAndFoundAgain) {
  const auto made = LoadOrMakeApp(dir_, random_);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->is_new);
  EXPECT_EQ(made->app.secret.size(), 32u);
  const auto again = LoadOrMakeApp(dir_, random_);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->app.secret, made->app.secret);
  EXPECT_EQ(LoadMadeApp(dir_)->key, made->app.key);
}

TEST_F(AppsTest, OnlyItsOwnerMayReadIt) {
  ASSERT_TRUE(LoadOrMakeApp(dir_, random_));
  struct stat info{};
  ASSERT_EQ(::stat((dir_ + "/app").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AppsTest, WithoutOneTheMessageSaysHowToNameIt) {
  const auto app = LoadMadeApp(dir_);
  ASSERT_FALSE(app);
  EXPECT_THAT(app.error().detail, testing::HasSubstr("--app ID:KEY:SECRET"));
}

TEST_F(AppsTest, AFileThatHoldsSomethingElseIsNotReplaced) {
  std::ofstream(dir_ + "/app") << "nonsense\n";
  const auto app = LoadOrMakeApp(dir_, random_);
  ASSERT_FALSE(app);
  EXPECT_EQ(app.error().code, base::Code::kCorrupt);
  EXPECT_THAT(app.error().detail, testing::HasSubstr("remove it"));
}

}  // namespace
}  // namespace offing::server
