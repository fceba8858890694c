#include "server/outbox_settings.h"

#include <gtest/gtest.h>

#include "server/config.h"

namespace offing::server {
namespace {

base::Result<Config> Read(const std::string& text, bool with_origin = true) {
  Overrides overrides;
  if (with_origin) overrides.origin = "http://127.0.0.1:9";
  return ParseConfig(text, "offing.toml", overrides);
}

base::Json Members(const Config& config, ClientPublishes publishes = ClientPublishes::kNo) {
  base::Json head = base::Json::object();
  AddOutboxMembers(config.outbox, publishes, config.journal.key_age_ms, head);
  return head;
}

TEST(OutboxSettings, WithoutARuleThereIsNoOutboxUnlessClientsPublish) {
  const auto config = Read("");
  ASSERT_TRUE(config);
  EXPECT_TRUE(Members(*config).empty());
  const auto members = Members(*config, ClientPublishes::kYes);
  EXPECT_EQ(members["parts"], base::Json::array({"outbox"}));
  EXPECT_EQ(members["outboxKeys"], 14 * 24 * 3'600'000LL);
  EXPECT_FALSE(members.contains("outbox"));
}

TEST(OutboxSettings, ARuleSaysInConfigWhatIsNotAsByDefault) {
  const auto config = Read("[[outbox]]\nmatch = \"/api/*\"\n");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(base::DumpJson(Members(*config)["outbox"]), R"([{"match":"/api/*"}])");
}

TEST(OutboxSettings, ReadsEveryMember) {
  const auto config = Read(R"(
[[resource]]
path = "/feed.json"
channel = "feed"
apply = { "*" = "prepend" }

[[channel]]
name = "feed"
log = { events = 10 }

[[outbox]]
match = "/notes/:id"
methods = ["PUT"]
lane = "rule"
wait = "5s"
expires = "2d"
queued = "/queued.html"
lost = "hold"
require_key = true
reject = "halt"
coalesce = true
notify = "Your note was sent"
patch = { resource = "/feed.json", event = "note" }

[[outbox]]
match = "https://api.example/*"
ack = "status"
)");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(base::DumpJson(Members(*config)["outbox"]),
            R"([{"match":"/notes/:id","methods":["PUT"],"lane":"rule","wait":5000,)"
            R"("queued":"/queued.html","lost":"hold","reject":"halt","coalesce":true,)"
            R"("notify":"Your note was sent","patch":{"resource":"/feed.json","event":"note"},)"
            R"("expires":172800000},{"match":"https://api.example/*","ack":"status"}])");
  const auto rules = GuardRules(config->outbox);
  ASSERT_EQ(rules.size(), 1);
  EXPECT_EQ(rules[0].match, "/notes/:id");
  EXPECT_EQ(rules[0].lost, outbox::Lost::kHold);
  EXPECT_EQ(rules[0].key, outbox::KeyNeed::kRequired);
  ASSERT_EQ(NeededFiles(config->outbox).size(), 1);
  EXPECT_EQ(NeededFiles(config->outbox)[0].url, "/queued.html");
}

TEST(OutboxSettings, EntriesExpireBeforeTheirKeysAreForgotten) {
  const auto config = Read("[keys]\nage = \"2d\"\n[[outbox]]\nmatch = \"/api/*\"\n");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(Members(*config)["outbox"][0]["expires"], 47 * 3'600'000);
  const auto late =
      Read("[keys]\nage = \"2d\"\n[[outbox]]\nmatch = \"/api/*\"\nexpires = \"48h\"\n");
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().detail.find("expires"), std::string::npos) << late.error().detail;
}

TEST(OutboxSettings, KeysHaveToBeKnownForMoreThanAnHour) {
  EXPECT_FALSE(Read("[keys]\nage = \"1h\"\n[[outbox]]\nmatch = \"/api/*\"\n"));
  EXPECT_TRUE(Read("[keys]\nage = \"61m\"\n[[outbox]]\nmatch = \"/api/*\"\n"));
}

TEST(OutboxSettings, RefusesWhatCannotBeMeant) {
  for (const char* rule : {
           "methods = [\"POST\"]",
           "match = \"api/*\"",
           "match = \"/api/*\"\nmethods = [\"GET\"]",
           "match = \"/api/*\"\nmethods = []",
           "match = \"/api/*\"\nlane = \"\"",
           "match = \"/api/*\"\nwait = \"31s\"",
           "match = \"/api/*\"\nexpires = \"30s\"",
           "match = \"/api/*\"\nexpires = \"14d\"",
           "match = \"/api/*\"\nqueued = \"queued.html\"",
           "match = \"/api/*\"\nqueued = \"/q?a=1\"",
           "match = \"/api/*\"\nlost = \"found\"",
           "match = \"/api/*\"\nack = \"status\"",
           "match = \"/api/*\"\nreject = \"stop\"",
           "match = \"/api/*\"\ncoalesce = true",
           "match = \"/api/*\"\nnotify = \"\"",
           "match = \"/api/*\"\npatch = { resource = \"/none.json\", event = \"e\" }",
           "match = \"/api/*\"\npatch = { resource = \"/none.json\" }",
           "match = \"https://api.example/*\"\nlost = \"hold\"",
           "match = \"https://api.example/*\"\nrequire_key = true",
           "match = \"/api/*\"\nunknown = 1",
       }) {
    EXPECT_FALSE(Read(std::string("[[outbox]]\n") + rule + "\n")) << rule;
  }
}

TEST(OutboxSettings, WhatIsDoneInFrontOfAnOriginNeedsOne) {
  EXPECT_TRUE(Read("[[outbox]]\nmatch = \"/api/*\"\n", false));
  EXPECT_FALSE(Read("[[outbox]]\nmatch = \"/api/*\"\nlost = \"hold\"\n", false));
  EXPECT_FALSE(Read("[[outbox]]\nmatch = \"/api/*\"\nrequire_key = true\n", false));
}

}  // namespace
}  // namespace offing::server
