// Resources of private channels: who may read them, and what their answers say to caches.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/fake_exchange.h"
#include "journal/testing.h"
#include "live/resources.h"
#include "proto/jwt.h"

namespace offing::live {
namespace {

using http::FakeAnswer;
using http::Get;
using testing::HasSubstr;

const proto::AppCredentials kApp{"app", "key", "secret"};

std::vector<ResourceSettings> Settings() {
  return {{.path = "/open.json", .channel = "open", .apply = {{"*", "append"}}},
          {.path = "/rooms/:id", .channel = "private-room-:id", .apply = {{"*", "append"}}},
          {.path = "/mine.json",
           .channel = "private-mine",
           .apply = {{"*", "append"}},
           .from = From::kOrigin,
           .key = "id"},
          {.path = "/trick/:id", .channel = "priv:id", .apply = {{"*", "append"}}}};
}

class PrivateResources : public testing::Test {
 protected:
  PrivateResources()
      : auth_(auth::Authenticator::Open({.apps = {kApp}}, {clock_, log_, metrics_, {}}).value()),
        journal_({store_, clock_, random_, log_, metrics_,
                  [](const store::LogKey&) { return store::Retention{.events = 5}; }},
                 {}),
        resources_(ResourceTable::Make(
                       Settings(), 1 << 20, [](std::string_view) { return true; },
                       ResourceTable::Origin::kThere)
                       .value(),
                   {journal_, log_, metrics_,
                    [this](std::unique_ptr<http::Exchange> exchange, const auto& amend) {
                      http::Response head{.status = 200, .headers = origin_says_, .body = "[]"};
                      amend(head);
                      exchange->Send(std::move(head));
                    },
                    auth_.get()},
                   {"app"}),
        core_(0, {log_, metrics_}) {
    journal_.AddProjection(&resources_);
  }

  std::shared_ptr<FakeAnswer> Ask(std::string path, http::Headers headers = {}) {
    auto answer = http::Ask(resources_, core_, Get(std::move(path), std::move(headers)));
    for (int i = 0; i < 4; ++i) {
      core_.Poll();
      journal_.Crank();
    }
    core_.Poll();
    return answer;
  }
  http::Headers As(std::vector<std::string> channels, int64_t lives_s = 60) const {
    const int64_t now_s = clock_.WallMs() / 1000;
    return {{"authorization", "Bearer " + proto::SignJwt(kApp,
                                                         {.sub = "ada",
                                                          .channels = std::move(channels),
                                                          .exp_s = now_s + lives_s},
                                                         now_s)}};
  }

  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  http::Headers origin_says_{{"content-type", "application/json"}};
  std::unique_ptr<auth::Authenticator> auth_;
  journal::FailableStore store_;
  journal::CountingRandom random_;
  journal::Journal journal_;
  Resources resources_;
  net::Core core_;
};

TEST_F(PrivateResources, AreForWhoMayReadTheChannel) {
  const auto answer = Ask("/rooms/7", As({"private-room-*"}));
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Body(), "[]");
  EXPECT_EQ(answer->Header("cache-control"), "private, no-cache");
  EXPECT_EQ(answer->Header("vary"), "Authorization, Cookie");
  // And again, when it stands on the board.
  EXPECT_EQ(Ask("/rooms/7", As({"private-room-7"}))->Header("cache-control"), "private, no-cache");
}

TEST_F(PrivateResources, AreNotForAnybodyElseAlsoWhenTheyAreOnTheBoard) {
  EXPECT_EQ(Ask("/rooms/7", As({"private-room-7"}))->status(), 200);
  const auto nobody = Ask("/rooms/7");
  EXPECT_EQ(nobody->status(), 401);
  EXPECT_EQ(nobody->Header("cache-control"), "no-store");
  EXPECT_THAT(nobody->Header("www-authenticate"), HasSubstr("Bearer"));
  EXPECT_THAT(nobody->Body(), HasSubstr("/_offing/problems/token"));
  EXPECT_EQ(Ask("/rooms/7", As({"private-room-7"}, -61))->status(), 401);
  const auto other = Ask("/rooms/7", As({"private-room-8", "room-7"}));
  EXPECT_EQ(other->status(), 403);
  EXPECT_THAT(other->Body(), HasSubstr("/_offing/problems/not-allowed"));
}

TEST_F(PrivateResources, PublicOnesNeedNobodyAndAreSharedByAll) {
  const auto answer = Ask("/open.json");
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Header("cache-control"), "no-cache");
  EXPECT_EQ(answer->Header("vary"), "");
}

TEST_F(PrivateResources, AParameterDoesNotMakeAPublicOneReadAPrivateChannel) {
  EXPECT_EQ(Ask("/trick/x")->status(), 200);
  EXPECT_EQ(Ask("/trick/ate-room-7")->status(), 404);
}

TEST_F(PrivateResources, OfAnOriginArePrivateAndLive) {
  EXPECT_EQ(Ask("/mine.json")->status(), 401);
  origin_says_.emplace_back("cache-control", "private, max-age=9");
  origin_says_.emplace_back("vary", "Cookie");
  const auto answer = Ask("/mine.json", As({"private-mine"}));
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Header("offing-position"), "0:0");
  EXPECT_EQ(answer->Header("cache-control"), "private, no-cache");
  origin_says_.emplace_back("cache-control", "no-store");
  EXPECT_EQ(Ask("/mine.json", As({"private-mine"}))->Header("offing-position"), "");
}

TEST_F(PrivateResources, AreNamedToTheWorker) {
  const std::string config = resources_.ConfigJson();
  EXPECT_THAT(config, HasSubstr(R"("channel":"private-mine")"));
  EXPECT_THAT(config, HasSubstr(R"("private":true)"));
  EXPECT_EQ(config.find("\"private\":true"), config.find("\"private\":true", config.find("rooms")));
}

}  // namespace
}  // namespace offing::live
