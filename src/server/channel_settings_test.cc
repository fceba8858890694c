#include "server/channel_settings.h"

#include <gmock/gmock.h>

#include "server/config.h"

namespace offing::server {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  const auto config = ParseConfig(text, "offing.toml", {});
  return config ? "" : config.error().detail;
}

TEST(ChannelSettings, SayWhoMayPublishAndWhatIsStamped) {
  const auto config = ParseConfig(R"(
[[channel]]
name = "notes-*"
log = { age = "7d", events = 10, bytes = "1MB" }
publish = "token"
stamp = { key = "id", user = "from", at = "at" }
[[channel]]
name = "lobby"
log = {}
publish = "anyone"
[[channel]]
name = "club"
log = {}
publish = "users"
[[channel]]
name = "news"
)",
                                  "offing.toml", {});
  ASSERT_TRUE(config) << config.error().detail;
  const auto& rules = config->channels.rules;
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rules[0].publish, channels::Publish::kToken);
  EXPECT_EQ(rules[0].stamp.key, "id");
  EXPECT_EQ(rules[0].stamp.user, "from");
  EXPECT_EQ(rules[0].stamp.at, "at");
  EXPECT_EQ(rules[0].log->bytes, 1'000'000u);
  EXPECT_EQ(rules[1].publish, channels::Publish::kAnyone);
  EXPECT_EQ(rules[2].publish, channels::Publish::kUsers);
  EXPECT_EQ(rules[3].publish, channels::Publish::kNobody);
}

TEST(ChannelSettings, MistakesNameTheSettingAndTheWayOut) {
  EXPECT_THAT(ErrorOf("[[channel]]\nname = \"a\"\nlog = {}\npublish = \"all\""),
              HasSubstr("\"token\", \"users\" or \"anyone\""));
  EXPECT_THAT(ErrorOf("[[channel]]\nname = \"a\"\npublish = \"users\""), HasSubstr("log"));
  EXPECT_THAT(ErrorOf("[[channel]]\nname = \"a\"\nlog = {}\nstamp = { at = \"at\" }"),
              HasSubstr("publish"));
  EXPECT_THAT(
      ErrorOf("[[channel]]\nname = \"a\"\nlog = {}\npublish = \"users\"\nstamp = { x = 1 }"),
      HasSubstr("x"));
}

TEST(Keys, CanBeSet) {
  const auto config = ParseConfig("[keys]\nage = \"2d\"\nanswers = 7\nbytes = \"5MB\"\nlanes = 9\n",
                                  "offing.toml", {});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->journal.key_age_ms, 2 * 24 * 3600 * 1000);
  EXPECT_EQ(config->journal.max_answers, 7u);
  EXPECT_EQ(config->journal.max_answer_bytes, 5'000'000u);
  EXPECT_EQ(config->journal.max_marks, 9u);
}

}  // namespace
}  // namespace offing::server
