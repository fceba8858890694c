// What clients publish themselves: who may, what is published, and that it is so once
// (spec/outbox.md, "Client publish").
#include "channels/client_publish.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channels/world.h"

namespace offing::channels::testing {
namespace {

using base::Json;
using ::testing::HasSubstr;

const std::string kClient(32, 'c');

ChannelsConfig ConfigWithRules() {
  ChannelsConfig config = TestConfig();
  const store::Retention all;
  config.rules = {{"open", all, Publish::kAnyone, {.key = "id", .user = "from", .at = "at"}},
                  {"room-*", all, Publish::kToken, {}},
                  {"club", all, Publish::kUsers, {}},
                  {"nolog", std::nullopt, Publish::kAnyone, {}},
                  {"closed", all, Publish::kNobody, {}}};
  config.origins = {"https://other.example"};
  return config;
}

class ClientPublishTest : public ::testing::Test {
 protected:
  ClientPublishTest() {
    world_.channels->SetIdentify([this](const http::Request&, net::Core&,
                                        const auth::Authenticator::Done& done) { done(who_); });
  }
  void LogIn(const std::string& user, std::vector<std::string> publish = {}) {
    who_ = auth::Identity{.user = user,
                          .user_hash = auth::UserHash(user),
                          .device = "",
                          .channels = {},
                          .publish = std::move(publish)};
  }
  std::shared_ptr<http::FakeAnswer> Start(const std::string& channel, const std::string& body,
                                          http::Headers headers) {
    headers.emplace_back("host", "app.example");
    return http::Ask(*world_.channels, *world_.cores[0],
                     http::MakeRequest("POST", "/_offing/channels/" + channel + "/events",
                                       std::move(headers), body));
  }
  std::shared_ptr<http::FakeAnswer> Post(const std::string& channel, const std::string& key,
                                         http::Headers more = {}, const std::string& body = kBody) {
    if (!key.empty()) more.emplace_back("idempotency-key", '"' + key + '"');
    auto answer = Start(channel, body, std::move(more));
    world_.Settle();
    return answer;
  }
  // The end of a problem's type; the status if it is none.
  std::string ProblemOf(const std::shared_ptr<http::FakeAnswer>& answer) {
    const auto json = base::ParseJson(answer->Body());
    if (!json || !json->contains("type")) return std::to_string(answer->status());
    const std::string type = (*json)["type"];
    return fmt::format("{} {}", answer->status(), type.substr(type.rfind('/') + 1));
  }
  std::vector<store::Event> EventsOf(const std::string& channel) {
    const auto page = world_.store.After({"1", channel}, 0, 100'000, ~0ull);
    return *page ? (*page)->events : std::vector<store::Event>{};
  }
  static http::Headers InLane(uint64_t seq, uint64_t acked = 0) {
    return {{"offing-entry",
             fmt::format("client=\"{}\", lane=\"notes\", seq={}, acked={}", kClient, seq, acked)}};
  }

  static constexpr const char* kBody = R"({"name":"message","data":{"text":"hi"}})";
  World world_{{}, ConfigWithRules()};
  base::Result<auth::Authenticator::Who> who_ = std::nullopt;
};

TEST_F(ClientPublishTest, PublishesOnceAndAnswersEveryRepetitionAlike) {
  const auto subscriber = world_.Connect();
  subscriber->Subscribe("open");
  world_.Settle();
  subscriber->Take();
  const auto first = Post("open", "k1");
  ASSERT_EQ(first->status(), 200) << first->Body();
  const std::string id = world_.Epoch("open") + ":1";
  EXPECT_EQ(first->Body(), "{\"id\":\"" + id + "\"}");
  EXPECT_EQ(first->Header("offing-position"), id);
  EXPECT_EQ(first->Header("idempotency-status"), "stored");
  const auto again = Post("open", "k1");
  EXPECT_EQ(again->Body(), first->Body());
  EXPECT_EQ(again->Header("offing-position"), id);
  EXPECT_EQ(again->Header("idempotency-status"), "replayed");
  const auto frames = subscriber->Take();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].event, "message");
  EXPECT_THAT(frames[0].text, HasSubstr(R"("key":"k1")"));
  EXPECT_EQ(EventsOf("open").size(), 1u);
  EXPECT_EQ(world_.Counter("offing_channels_client_published_total"), 1u);
}

TEST_F(ClientPublishTest, TheKeyStandsInAFrameThatIsCaughtUpToo) {
  Post("open", "k1");
  const auto late = world_.Connect();
  late->Subscribe("open", {{"resume_after_id", "0:0"}});
  world_.Settle();
  EXPECT_THAT(late->Take().back().text, HasSubstr(R"("key":"k1")"));
}

TEST_F(ClientPublishTest, WaitsForTheCommit) {
  const auto answer = Start("open", kBody, {{"idempotency-key", "\"k1\""}});
  world_.PollCores();
  EXPECT_FALSE(answer->over);
  world_.Settle();
  EXPECT_EQ(answer->status(), 200);
}

TEST_F(ClientPublishTest, AKeyOfAnotherRequestIsRefused) {
  Post("open", "k1");
  EXPECT_EQ(ProblemOf(Post("open", "k1", {}, R"({"name":"message","data":{"text":"ho"}})")),
            "422 key-reused");
  EXPECT_EQ(EventsOf("open").size(), 1u);
}

TEST_F(ClientPublishTest, NeedsAKeyThatCanBeRead) {
  EXPECT_EQ(ProblemOf(Post("open", "")), "400 key-missing");
  EXPECT_EQ(ProblemOf(Post("open", std::string(201, 'k'))), "400 key-malformed");
  EXPECT_EQ(ProblemOf(Post("open", "k1", {{"offing-entry", "client=1"}})), "400 key-malformed");
}

TEST_F(ClientPublishTest, TheRuleSaysWhoMay) {
  EXPECT_EQ(ProblemOf(Post("room-1", "k")), "401 token");
  EXPECT_EQ(ProblemOf(Post("club", "k")), "401 token");
  EXPECT_EQ(ProblemOf(Post("closed", "k")), "403 not-allowed");
  EXPECT_EQ(ProblemOf(Post("unheard-of", "k")), "403 not-allowed");
  EXPECT_EQ(ProblemOf(Post("nolog", "k")), "403 not-allowed");
  EXPECT_EQ(ProblemOf(Post("open", "k")), "200");
  LogIn("ada", {"room-*"});
  EXPECT_EQ(ProblemOf(Post("room-1", "k1")), "200");
  EXPECT_EQ(ProblemOf(Post("club", "k2")), "200");
  EXPECT_EQ(ProblemOf(Post("closed", "k3")), "403 not-allowed");
  LogIn("bob", {"club"});
  EXPECT_EQ(ProblemOf(Post("room-1", "k4")), "403 not-allowed");
  EXPECT_EQ(world_.Counter("offing_channels_client_publish_refused_total"), 7u);
}

TEST_F(ClientPublishTest, ATokenThatCannotBeBelievedIsNobodyNowhere) {
  who_ = base::Fail(base::Code::kUnauthorized, "the token is expired");
  EXPECT_EQ(ProblemOf(Post("open", "k")), "401 token");
  who_ = base::Fail(base::Code::kUnavailable, "the app gave no answer");
  EXPECT_EQ(ProblemOf(Post("open", "k")), "503 unavailable");
}

TEST_F(ClientPublishTest, NobodySendsWhatAnotherUserWrote) {
  const http::Headers hers{{"offing-user", auth::UserHash("ada")}};
  EXPECT_EQ(ProblemOf(Post("open", "k1", hers)), "401 token");
  LogIn("bob");
  EXPECT_EQ(ProblemOf(Post("open", "k1", hers)), "403 other-user");
  EXPECT_TRUE(EventsOf("open").empty());
  LogIn("ada");
  EXPECT_EQ(ProblemOf(Post("open", "k1", hers)), "200");
}

TEST_F(ClientPublishTest, StampsWhoWroteAndWhenOverWhatTheClientWrote) {
  LogIn("ada");
  const std::string forged = R"({"name":"m","data":{"id":"x","from":"eve","at":1,"text":"hi"}})";
  Post("open", "k1", {}, forged);
  EXPECT_EQ(
      EventsOf("open")[0].data,
      fmt::format(R"({{"id":"k1","from":"ada","at":{},"text":"hi"}})", world_.clock.WallMs()));
  world_.clock.Advance(1'000);
  EXPECT_EQ(Post("open", "k1", {}, forged)->Header("idempotency-status"), "replayed")
      << "the stamp is no part of the request";
  who_ = std::nullopt;
  Post("open", "k2", {}, forged);
  const std::string by_nobody = EventsOf("open")[1].data;
  EXPECT_EQ(by_nobody.find("eve"), std::string::npos) << by_nobody;
}

TEST_F(ClientPublishTest, WhatNobodyWroteIsNotStampedWithWhoSendsIt) {
  LogIn("ada");
  Post("open", "k1", InLane(1));
  EXPECT_EQ(EventsOf("open")[0].data.find("ada"), std::string::npos);
  http::Headers hers = InLane(1);
  hers.emplace_back("offing-user", auth::UserHash("ada"));
  Post("open", "k2", hers);
  EXPECT_THAT(EventsOf("open")[1].data, HasSubstr(R"("from":"ada")"));
}

TEST_F(ClientPublishTest, DataThatIsAStringIsTheDataAndNotStamped) {
  Post("open", "k1", {}, R"({"name":"m","data":"{\"from\":\"eve\"}"})");
  Post("open", "k2", {}, R"({"name":"m","data":[1, 2]})");
  EXPECT_EQ(EventsOf("open")[0].data, R"({"from":"eve"})");
  EXPECT_EQ(EventsOf("open")[1].data, "[1,2]");
}

TEST_F(ClientPublishTest, RefusesWhatIsNoEvent) {
  for (const char* body :
       {"", "[]", "{}", R"({"name":"m"})", R"({"name":"","data":1})", R"({"name":7,"data":1})",
        R"({"name":"pusher:error","data":1})", R"({"name":"pusher_internal:x","data":1})",
        "{\"name\":\"m\",\"data\":"}) {
    EXPECT_EQ(ProblemOf(Post("open", "k", {}, body)), "400 malformed") << body;
  }
  const std::string large = std::string(world_.config.limits.max_data_bytes, 'x');
  EXPECT_EQ(ProblemOf(Post("open", "k", {}, R"({"name":"m","data":")" + large + R"("})")), "200");
  EXPECT_EQ(ProblemOf(Post("open", "k2", {}, R"({"name":"m","data":")" + large + R"(x"})")),
            "413 too-large");
}

TEST_F(ClientPublishTest, ALaneThatIsPastAnEntryDecidesIt) {
  EXPECT_EQ(ProblemOf(Post("open", "k1", InLane(1))), "200");
  EXPECT_EQ(ProblemOf(Post("open", "k2", InLane(2, 1))), "200");
  EXPECT_EQ(ProblemOf(Post("open", "k1", InLane(1))), "200");
  EXPECT_EQ(ProblemOf(Post("open", "forgotten", InLane(1))), "409 decided");
  EXPECT_EQ(EventsOf("open").size(), 2u);
}

TEST_F(ClientPublishTest, TheSameKeyOfTwoUsersIsTwoKeys) {
  LogIn("ada");
  EXPECT_EQ(Post("open", "k1")->Header("idempotency-status"), "stored");
  LogIn("bob");
  EXPECT_EQ(Post("open", "k1")->Header("idempotency-status"), "stored");
  EXPECT_EQ(EventsOf("open").size(), 2u);
}

TEST_F(ClientPublishTest, AUserPublishesSoMuchInASecond) {
  LogIn("ada");
  const uint32_t burst = world_.config.limits.client_publish_burst;
  for (uint32_t i = 0; i < burst; ++i) {
    ASSERT_EQ(Post("club", "k" + std::to_string(i))->status(), 200);
  }
  const auto limited = Post("club", "one more");
  EXPECT_EQ(limited->status(), 429);
  EXPECT_EQ(limited->Header("retry-after"), "1");
  EXPECT_EQ(world_.Counter("offing_channels_client_publish_limited_total"), 1u);
  LogIn("bob");
  EXPECT_EQ(Post("club", "k")->status(), 200);
  world_.clock.Advance(1'000);
  LogIn("ada");
  EXPECT_EQ(Post("club", "one more")->status(), 200);
}

TEST_F(ClientPublishTest, APageOfAnotherOriginMayNotUnlessItIsNamed) {
  EXPECT_EQ(ProblemOf(Post("open", "k", {{"origin", "https://evil.example"}})), "403 not-allowed");
  EXPECT_EQ(ProblemOf(Post("open", "k", {{"origin", "https://app.example"}})), "200");
  const auto named = Post("open", "k2", {{"origin", "https://other.example"}});
  EXPECT_EQ(named->status(), 200);
  EXPECT_EQ(named->Header("access-control-allow-origin"), "https://other.example");
}

TEST_F(ClientPublishTest, OtherMethodsAndPathsAreNotThis) {
  const auto ask = [this](const char* method, const char* path) {
    auto answer = http::Ask(*world_.channels, *world_.cores[0], http::MakeRequest(method, path));
    world_.Settle();
    return answer->status();
  };
  EXPECT_EQ(ask("GET", "/_offing/channels/open/events"), 405);
  EXPECT_EQ(ask("OPTIONS", "/_offing/channels/open/events"), 204);
  for (const char* path : {"/_offing/channels//events", "/_offing/channels/events",
                           "/_offing/channels/a/b/events", "/_offing/channels/open/event"}) {
    EXPECT_FALSE(ClientPublish::Claims(path)) << path;
  }
}

TEST_F(ClientPublishTest, ARefusedDiskIsNoAnswerThatCounts) {
  world_.journal->Stop();
  const auto refused = Post("open", "k1");
  EXPECT_EQ(ProblemOf(refused), "503 unavailable");
  EXPECT_EQ(refused->Header("idempotency-status"), "");
}

}  // namespace
}  // namespace offing::channels::testing
