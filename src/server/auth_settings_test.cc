#include "server/auth_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/config.h"

namespace offing::server {
namespace {

using testing::HasSubstr;

base::Result<Config> Parse(const std::string& text) {
  return ParseConfig(text, "offing.toml", {});
}

TEST(AuthSettings, WithoutTheTableTokensOfTheAppsAreTakenAndNobodyIsAsked) {
  const auto config = Parse("");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->auth.config.origin, "");
  EXPECT_EQ(config->auth.config.jwks, "");
  EXPECT_EQ(config->auth.config.cache_ms, 10'000);
  EXPECT_EQ(config->auth.config.expiry, proto::JwtExpiry::kRequired);
  EXPECT_EQ(config->auth.token, "");
}

TEST(AuthSettings, AreReadFromTheTable) {
  const auto config = Parse(R"(
origin = "http://127.0.0.1:3000"
[auth]
origin = "/whoami"
cache = "1m"
origin_time = "2s"
jwks = "https://id.example.com/keys"
jwks_hosts = "any"
jwks_ca = "ca.pem"
jwks_refresh = "1h"
required_expiry = false
token = "/token"
origins = ["https://app.example", "http://localhost:3000"]
)");
  ASSERT_TRUE(config) << config.error().detail;
  const auth::AuthConfig& auth = config->auth.config;
  EXPECT_EQ(auth.origin, "/whoami");
  EXPECT_EQ(auth.cache_ms, 60'000);
  EXPECT_EQ(auth.origin_time_ms, 2'000);
  EXPECT_EQ(auth.jwks, "https://id.example.com/keys");
  EXPECT_EQ(auth.jwks_hosts, auth::KeyHosts::kAny);
  EXPECT_EQ(auth.jwks_ca, "ca.pem");
  EXPECT_EQ(auth.jwks_refresh_ms, 3'600'000);
  EXPECT_EQ(auth.expiry, proto::JwtExpiry::kOptional);
  EXPECT_EQ(config->auth.token, "/token");
  EXPECT_EQ(config->channels.origins,
            (std::vector<std::string>{"https://app.example", "http://localhost:3000"}));
}

TEST(AuthSettings, SayWhatIsWrongAndTheWayOut) {
  const struct {
    const char* text;
    const char* said;
  } kMistakes[] = {
      {"[auth]\norigin = \"/whoami\"", "there is no origin to ask"},
      {"origin = \"http://a\"\n[auth]\norigin = \"whoami\"", "write a path, like \"/whoami\""},
      {"[auth]\ntoken = \"https://a/token\"", "write a path, like \"/token\""},
      {"[auth]\njwks = \"http://a/keys\"", "a file, or an https:// URL"},
      {"[auth]\njwks_hosts = \"mine\"", "\"public\" (the default) or \"any\""},
      {"[auth]\ncache = \"1d\"", "at most 10m"},
      {"[auth]\norigins = [\"app.example\"]", "like \"https://app.example\""},
      {"[auth]\norigins = [\"https://app.example/\"]", "write origins"},
      {"[auth]\nsecret = \"x\"", "secret"},
  };
  for (const auto& [text, said] : kMistakes) {
    const auto config = Parse(text);
    ASSERT_FALSE(config) << text;
    EXPECT_THAT(config.error().detail, HasSubstr(said));
  }
}

}  // namespace
}  // namespace offing::server
