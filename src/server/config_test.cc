#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offing::server {
namespace {

using testing::HasSubstr;

constexpr const char* kFeed = R"(
listen = "127.0.0.1:9000"
app = "1:key:secret"

[[channel]]
name = "feed*"
log = { age = "7d", events = 10_000, bytes = "64MB" }

[[resource]]
path = "/feed.json"
channel = "feed"
apply = "prepend"
limit = 1000

[[resource]]
path = "/rooms/:id.json"
channel = "feed-:id"
apply = { message = "append", "*" = "replace" }
initial = { a = [1, 2.5, "x"], b = true }

[limits]
body = "2MiB"
batch = 20
)";

TEST(Config, ReadsChannelsResourcesAndLimits) {
  const auto config = ParseConfig(kFeed, "offing.toml", {});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->listen, "127.0.0.1:9000");
  EXPECT_EQ(config->channels.apps.at(0).key, "key");
  const auto retention = config->channels.RetentionOf("feed-7");
  ASSERT_TRUE(retention);
  EXPECT_EQ(retention->age_ms, 7LL * 86'400'000);
  EXPECT_EQ(retention->events, 10'000u);
  EXPECT_EQ(retention->bytes, 64'000'000u);
  EXPECT_FALSE(config->channels.RetentionOf("other"));
  ASSERT_EQ(config->resources.size(), 2u);
  EXPECT_EQ(config->resources[0].apply,
            (std::vector<std::pair<std::string, std::string>>{{"*", "prepend"}}));
  EXPECT_EQ(config->resources[0].limit, 1000u);
  EXPECT_FALSE(config->resources[0].initial);
  EXPECT_EQ(config->resources[1].apply.size(), 2u);
  EXPECT_THAT(config->resources[1].initial.value(), HasSubstr("2.5"));
  EXPECT_EQ(config->http.max_body_bytes, 2u << 20);
  EXPECT_EQ(config->channels.limits.max_batch, 20u);
}

TEST(Config, ReadsWhereAResourceComesFrom) {
  const auto config = ParseConfig(
      "[[resource]]\npath = \"/a\"\nchannel = \"a\"\napply = \"prepend\"\nfrom = \"origin\"\n"
      "key = \"id\"\nexact = true\n"
      "[[resource]]\npath = \"/b\"\nchannel = \"b\"\napply = \"prepend\"\nfrom = \"log\"\n",
      "f", {});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->resources.at(0).from, live::From::kOrigin);
  EXPECT_EQ(config->resources[0].key, "id");
  EXPECT_EQ(config->resources[0].exactness, live::Exactness::kExact);
  EXPECT_EQ(config->resources.at(1).from, live::From::kLog);
  EXPECT_EQ(config->resources[1].key, std::nullopt);
  EXPECT_EQ(config->resources[1].exactness, live::Exactness::kSafe);
}

TEST(Config, TheCommandLineWinsOverTheFile) {
  Overrides overrides;
  overrides.listen = "127.0.0.1:1";
  overrides.apps = {"2:other:secret"};
  const auto config = ParseConfig(kFeed, "offing.toml", overrides);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen, "127.0.0.1:1");
  ASSERT_EQ(config->channels.apps.size(), 1u);
  EXPECT_EQ(config->channels.apps[0].id, "2");
}

TEST(Config, WithoutAFileTheDefaultsStand) {
  const auto config = LoadConfig("", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen, "127.0.0.1:8080");
  EXPECT_EQ(config->data, ".offing");
  EXPECT_TRUE(config->channels.apps.empty());
}

TEST(Config, AMistakeIsNamedWithFileLineSettingAndWayOut) {
  const struct {
    const char* text;
    const char* line;
    const char* words;
  } cases[] = {
      {"listen = 8080", "f:1", "listen: must be a string"},
      {"\nlisten", "f:2", ""},
      {"lissten = \"x\"", "f:1", "lissten: is not a setting that we know"},
      {"[[channel]]\nname = \"a\"\nlog = { age = \"7\" }", "f:3", "like \"7d\""},
      {"[[channel]]\nname = \"a\"\nlog = { agee = \"7d\" }", "f:3", "agee: is not a setting"},
      {"[[channel]]\nlog = { age = \"7d\" }", "f:1", "needs a name"},
      {"[[channel]]\nname = \"a*b\"", "f:2", "at the end"},
      {"[channel]\nname = \"a\"", "f:1", "[[channel]]"},
      {"[[resource]]\npath = \"/a\"\napply = \"prepend\"", "f:1", "needs path, channel and apply"},
      {"[[resource]]\npath = \"/a\"\nchannel = \"a\"\napply = 3", "f:4",
       "apply: must be a string, or a table"},
      {"[[resource]]\npath = \"/a\"\nchannel = \"a\"\napply = \"prepend\"\nlimit = 0", "f:5",
       "from 1 to"},
      {"[[resource]]\npath = \"/a\"\nchannel = \"a\"\napply = \"prepend\"\nfrom = \"app\"", "f:5",
       "\"log\" (the default) or \"origin\""},
      {"[[resource]]\npath = \"/a\"\nchannel = \"a\"\napply = \"prepend\"\nexact = 1", "f:5",
       "true or false"},
      {"[limits]\nbody = 3", "f:2", "limits.body: must be a string"},
      {"app = \"1:key\"", "f:1", "app: "},
      {"app = [\"1:a:b\", \"1:c:d\"]", "", "share the id \"1\""},
  };
  for (const auto& test : cases) {
    const auto config = ParseConfig(test.text, "f", {});
    ASSERT_FALSE(config) << test.text;
    EXPECT_THAT(config.error().detail, HasSubstr(test.line)) << test.text;
    EXPECT_THAT(config.error().detail, HasSubstr(test.words)) << test.text;
  }
}

TEST(Config, AFileThatCannotBeReadIsNamed) {
  const auto config = LoadConfig("/nonexistent/offing.toml", {});
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().detail, HasSubstr("--config /nonexistent/offing.toml"));
  EXPECT_THAT(LoadConfig("/", {}).error().detail, HasSubstr("--config /: is a folder"));
}

}  // namespace
}  // namespace offing::server
