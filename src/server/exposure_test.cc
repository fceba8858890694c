#include "server/exposure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace offing::server {
namespace {

using testing::HasSubstr;

base::Result<void> CheckData(std::string dir, std::string data) {
  Config config;
  config.dir = std::move(dir);
  config.data = std::move(data);
  return CheckNothingPrivateIsServed(config);
}

TEST(Exposure, ADataFolderThatTheSiteWouldServeIsRefusedWithBothNames) {
  for (const char* data : {"/srv/site", "/srv/site/", "/srv/site/data", "/srv/other/../site/a/b",
                           "/srv/site/.well-known/data"}) {
    const auto checked = CheckData("/srv/site", data);
    ASSERT_FALSE(checked) << data;
    EXPECT_THAT(checked.error().detail, HasSubstr(std::string("--data ") + data));
    EXPECT_THAT(checked.error().detail, HasSubstr("folder /srv/site"));
  }
  EXPECT_FALSE(CheckData(".", "data"));
}

TEST(Exposure, OutsideOrHiddenIsFine) {
  EXPECT_TRUE(CheckData("/srv/site", "/srv/data"));
  EXPECT_TRUE(CheckData("/srv/site", "/srv/site-data"));
  EXPECT_TRUE(CheckData("/srv/site", "/srv/site/.offing"));
  EXPECT_TRUE(CheckData(".", ".offing"));
  EXPECT_TRUE(CheckData("site", "data"));
  EXPECT_TRUE(CheckData("", "data"));
}

TEST(Exposure, SoAreTheConfigurationAndTheAccessLog) {
  Config config;
  config.dir = ".";
  config.file = "offing.toml";
  EXPECT_THAT(CheckNothingPrivateIsServed(config).error().detail,
              HasSubstr("--config offing.toml"));
  config.file = "../offing.toml";
  config.access_log = "logs/access";
  EXPECT_THAT(CheckNothingPrivateIsServed(config).error().detail, HasSubstr("--access-log"));
  config.access_log = "-";
  EXPECT_TRUE(CheckNothingPrivateIsServed(config));
}

}  // namespace
}  // namespace offing::server
