#include "server/proxy_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offing::server {
namespace {

using testing::HasSubstr;

base::Result<origin::ProxyConfig> Read(const std::string& text) {
  auto root = TomlTable::Parse(text, "f");
  EXPECT_TRUE(root) << text;
  origin::ProxyConfig config;
  ReadProxy(*root, config);
  if (auto done = root->Finish(); !done) return std::unexpected(done.error());
  return config;
}

TEST(ProxySettings, AreReadFromTheirTable) {
  const auto config = Read(R"(origin = "http://127.0.0.1:3000"
[proxy]
connect_time = "1s"
response_time = "2s"
idle_time = "3s"
connections_per_core = 4
idle_per_core = 0
waiting = 6
host = "origin"
trusted = ["10.0.0.1", "::1"]
)");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->origin, "http://127.0.0.1:3000");
  EXPECT_EQ(config->connect_time_ms, 1'000);
  EXPECT_EQ(config->response_time_ms, 2'000);
  EXPECT_EQ(config->idle_time_ms, 3'000);
  EXPECT_EQ(config->max_connections_per_core, 4u);
  EXPECT_EQ(config->max_idle_per_core, 0u);
  EXPECT_EQ(config->max_waiting, 6u);
  EXPECT_EQ(config->host, origin::HostPolicy::kOrigin);
  EXPECT_THAT(config->trusted, testing::ElementsAre("10.0.0.1", "::1"));
}

TEST(ProxySettings, WithoutATableTheDefaultsStand) {
  const auto config = Read("");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->origin.empty());
  EXPECT_THAT(config->trusted, testing::ElementsAre("127.0.0.1"));
  EXPECT_EQ(config->host, origin::HostPolicy::kClient);
}

TEST(ProxySettings, NobodyMayBeTrusted) {
  EXPECT_TRUE(Read("[proxy]\ntrusted = []\n")->trusted.empty());
}

TEST(ProxySettings, AMistakeIsNamed) {
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
           {"[proxy]\nhost = \"x\"\n", "\"client\" (the default) or \"origin\""},
           {"[proxy]\nconnect_time = 5\n", "connect_time: must be a string"},
           {"[proxy]\nconnections_per_core = 0\n", "from 1 to"},
           {"[proxy]\nidle = 1\n", "idle: is not a setting that we know"}}) {
    const auto config = Read(text);
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().detail, HasSubstr(words));
  }
}

TEST(ProxySettings, AnOriginThatIsNoneIsRefused) {
  EXPECT_TRUE(CheckProxy({}));
  EXPECT_TRUE(CheckProxy({.origin = "http://app:3000"}));
  const auto refused = CheckProxy({.origin = "app:3000"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("--origin app:3000: not an http:// URL"));
}

}  // namespace
}  // namespace offing::server
