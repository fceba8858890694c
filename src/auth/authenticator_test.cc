#include "auth/authenticator.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/log.h"
#include "http/fake_exchange.h"
#include "http/problem.h"

namespace offing::auth {
namespace {

const proto::AppCredentials kSite{"1", "site-key", "site-secret"};
const proto::AppCredentials kOther{"2", "other-key", "other-secret"};

class AuthenticatorTest : public testing::Test {
 protected:
  std::unique_ptr<Authenticator> Open(AuthConfig config = {}) {
    config.apps = {kSite, kOther};
    auto opened = Authenticator::Open(std::move(config), {clock_, log_, metrics_, {}});
    EXPECT_TRUE(opened) << opened.error().detail;
    return std::move(*opened);
  }
  int64_t now_s() const { return clock_.WallMs() / 1000; }
  std::string Token(const proto::AppCredentials& app, int64_t lives_s = 60) const {
    return proto::SignJwt(app, {.sub = "ada", .channels = {"room-*"}, .exp_s = now_s() + lives_s},
                          now_s());
  }
  base::Result<Authenticator::Who> Identify(Authenticator& auth, http::Headers headers) {
    base::Result<Authenticator::Who> got = base::Fail(base::Code::kClosed, "no answer");
    auth.Identify(http::Get("/x", std::move(headers)), core_,
                  [&got](auto who) { got = std::move(who); });
    return got;
  }

  base::FakeClock clock_;
  base::Log log_{clock_, 2, base::LogLevel::kError};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
};

TEST_F(AuthenticatorTest, BelievesATokenOfTheSiteAndSaysWhoItIs) {
  const auto auth = Open();
  const auto who = Identify(*auth, {{"authorization", "Bearer " + Token(kSite)}});
  ASSERT_TRUE(who) << who.error().detail;
  ASSERT_TRUE(*who);
  EXPECT_EQ((*who)->user, "ada");
  EXPECT_EQ((*who)->user_hash, UserHash("ada"));
  EXPECT_EQ((*who)->user_hash.size(), 16u);
  EXPECT_TRUE(MatchesChannel((*who)->channels, "room-1"));
  EXPECT_FALSE(MatchesChannel((*who)->channels, "rooms"));
  EXPECT_FALSE(MatchesChannel((*who)->publish, "room-1"));
}

TEST_F(AuthenticatorTest, WithoutATokenItIsNobody) {
  const auto auth = Open();
  for (const http::Headers& headers : {http::Headers{},
                                       {{"cookie", "sid=1"}},
                                       {{"authorization", "Basic YTpi"}},
                                       {{"authorization", "Bearer sk_live_1"}}}) {
    const auto who = Identify(*auth, headers);
    ASSERT_TRUE(who) << who.error().detail;
    EXPECT_FALSE(*who);
  }
}

TEST_F(AuthenticatorTest, ATokenThatCannotBeBelievedIsNeverNobody) {
  const auto auth = Open();
  const auto expired = Identify(*auth, {{"authorization", "Bearer " + Token(kSite, -61)}});
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code, base::Code::kUnauthorized);
  EXPECT_EQ(expired.error().detail, "the token is expired");
  EXPECT_EQ(Refusal(expired.error()).status, 401);

  const auto foreign = Identify(*auth, {{"authorization", "bearer a.b.c"}});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, base::Code::kUnsupported);
  EXPECT_EQ(Refusal(foreign.error()).status, 401);

  const auto twice = Identify(*auth, {{"authorization", "Bearer " + Token(kSite)},
                                      {"authorization", "Bearer " + Token(kSite)}});
  EXPECT_FALSE(twice);
}

TEST_F(AuthenticatorTest, ATokenIsOfOneAppOnly) {
  const auto auth = Open();
  EXPECT_FALSE(Identify(*auth, {{"authorization", "Bearer " + Token(kOther)}}));
  EXPECT_FALSE(auth->CheckToken(Token(kOther), "1"));
  EXPECT_TRUE(auth->CheckToken(Token(kOther), "2"));
  EXPECT_TRUE(auth->CheckToken(Token(kSite), "1"));
}

}  // namespace
}  // namespace offing::auth
