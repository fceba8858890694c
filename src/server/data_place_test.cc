#include "server/data_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace offing::server {
namespace {

base::Result<void> Check(std::string dir, std::string data) {
  Config config;
  config.dir = std::move(dir);
  config.data = std::move(data);
  return CheckDataIsNotServed(config);
}

TEST(DataPlace, AFolderThatTheSiteWouldServeIsRefusedWithBothNames) {
  for (const char* data : {"/srv/site", "/srv/site/", "/srv/site/data", "/srv/other/../site/a/b"}) {
    const auto checked = Check("/srv/site", data);
    ASSERT_FALSE(checked) << data;
    EXPECT_THAT(checked.error().detail, testing::HasSubstr(data));
    EXPECT_THAT(checked.error().detail, testing::HasSubstr("/srv/site"));
  }
  EXPECT_FALSE(Check(".", "data"));
}

TEST(DataPlace, OutsideOrHiddenIsFine) {
  EXPECT_TRUE(Check("/srv/site", "/srv/data"));
  EXPECT_TRUE(Check("/srv/site", "/srv/site-data"));
  EXPECT_TRUE(Check("/srv/site", "/srv/site/.offing"));
  EXPECT_TRUE(Check(".", ".offing"));
  EXPECT_TRUE(Check("site", "data"));
  EXPECT_TRUE(Check("", "data"));
}

}  // namespace
}  // namespace offing::server
