#include "proto/jwt.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/digest.h"
#include "proto/base64url.h"

namespace offing::proto {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000;
const std::vector<AppCredentials> kApps{{"1", "site", "secret"}, {"2", "other", "another secret"}};
// Made with Node's crypto: the key k1, and {"sub":"ada","channels":["room-*"],"exp":2000000000}.
constexpr const char* kSet = R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1",)"
                             R"("x":"Ge7FcZ4lvfuPYOiC0vLWxIMvgfFJ5QIdiCjzVF9XZ0Q",)"
                             R"("y":"fLSv9QFw7hgqWg-HHWNCt5wNr6C500O0JsukQ5Zo8SA"}]})";
const std::string kEs256 =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0."
    "eyJzdWIiOiJhZGEiLCJjaGFubmVscyI6WyJyb29tLSoiXSwiZXhwIjoyMDAwMDAwMDAwfQ."
    "K1m29wjvlx--uBstYv5cC5f9A5m7P_YM3N36GmsaxEqSuYVhnffL0rnDxzc3jJGDwSQssfFPLgFLuzjeptWY_g";

std::string Sign(std::string_view header, std::string_view claims,
                 std::string_view secret = "secret") {
  const std::string text = EncodeBase64Url(header) + "." + EncodeBase64Url(claims);
  return text + "." + EncodeBase64Url(crypto::HmacSha256(secret, text));
}
std::string Claims(std::string_view claims) {
  return Sign(R"({"alg":"HS256","kid":"site"})", claims);
}
base::Result<JwtResult> Check(std::string_view token, const Jwks* set = nullptr,
                              int64_t now_s = kNow, JwtExpiry expiry = JwtExpiry::kRequired) {
  return CheckJwt(token, {kApps, set}, expiry, now_s);
}
std::string ErrorOf(std::string_view token, const Jwks* set = nullptr) {
  const auto checked = Check(token, set);
  return checked ? "it is believed" : checked.error().detail;
}

TEST(Jwt, WhatWeSignWeBelieve) {
  const JwtClaims claims{"ada", "phone", {"room-*", "private-x"}, {"room-1"}, kNow + 60};
  const auto checked = Check(SignJwt(kApps[1], claims, kNow));
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_EQ(checked->app->id, "2");
  EXPECT_EQ(checked->claims.sub, "ada");
  EXPECT_EQ(checked->claims.dev, "phone");
  EXPECT_THAT(checked->claims.channels, ElementsAre("room-*", "private-x"));
  EXPECT_THAT(checked->claims.publish, ElementsAre("room-1"));
  EXPECT_EQ(checked->claims.exp_s, kNow + 60);
}

TEST(Jwt, WithoutAKidItIsTheFirstApps) {
  const auto checked = Check(Sign(R"({"alg":"HS256"})", R"({"sub":"u","exp":1800000000})"));
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_EQ(checked->app->id, "1");
  EXPECT_EQ(
      ErrorOf(Sign(R"({"alg":"HS256"})", R"({"sub":"u","exp":1800000000})", "another secret")),
      "the token has a wrong signature");
}

TEST(Jwt, TakesEs256WithAKeyOfTheSet) {
  const Jwks set = Jwks::Parse(kSet).value();
  const auto checked = Check(kEs256, &set);
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_EQ(checked->claims.sub, "ada");
  EXPECT_EQ(checked->app->id, "1");
  EXPECT_THAT(ErrorOf(kEs256), HasSubstr("[auth] jwks"));
  const Jwks empty;
  ASSERT_FALSE(Check(kEs256, &empty));
  EXPECT_EQ(Check(kEs256, &empty).error().code, Code::kNotFound);
  std::string forged = kEs256;
  forged[forged.rfind('.') + 3] ^= 1;
  EXPECT_EQ(ErrorOf(forged, &set), "the token has a wrong signature");
}

// What is public must not serve as a secret, and no algorithm is chosen by whoever sends the token.
TEST(Jwt, RefusesEveryOtherAlgorithm) {
  const Jwks set = Jwks::Parse(kSet).value();
  const std::string claims = R"({"sub":"ada","exp":1800000000})";
  for (const char* alg : {"none", "None", "NONE", "", "HS384", "HS512", "RS256", "PS256", "hs256",
                          "EdDSA", "ES384"}) {
    const auto checked =
        Check(Sign(fmt::format(R"({{"alg":"{}","kid":"site"}})", alg), claims), &set);
    ASSERT_FALSE(checked) << alg;
    EXPECT_EQ(checked.error().code, Code::kUnsupported) << alg;
  }
  const std::string none =
      EncodeBase64Url(R"({"alg":"none"})") + "." + EncodeBase64Url(claims) + ".";
  EXPECT_THAT(ErrorOf(none, &set), HasSubstr("only HS256 and ES256"));
  // Signed with the key's own text as the secret, under its kid.
  for (const std::string& secret : {std::string(kSet), std::string("k1"), std::string()}) {
    EXPECT_THAT(ErrorOf(Sign(R"({"alg":"HS256","kid":"k1"})", claims, secret), &set),
                HasSubstr("no app's"));
  }
  EXPECT_THAT(ErrorOf(Sign(R"({"alg":"ES256","kid":"site"})", claims), &set),
              HasSubstr("the set has no"));
  EXPECT_THAT(ErrorOf(Sign(R"({"alg":"ES256"})", claims), &set), HasSubstr("no kid"));
}

TEST(Jwt, HasItsTimesWithAMinuteOfTolerance) {
  const auto at = [](const char* claims, int64_t now_s) {
    const auto checked = Check(Claims(claims), nullptr, now_s);
    return checked ? std::string("good") : checked.error().detail;
  };
  EXPECT_EQ(at(R"({"sub":"u","exp":1000})", 1059), "good");
  EXPECT_EQ(at(R"({"sub":"u","exp":1000})", 1060), "the token is expired");
  EXPECT_EQ(at(R"({"sub":"u","exp":9000,"nbf":1000})", 940), "good");
  EXPECT_EQ(at(R"({"sub":"u","exp":9000,"nbf":1000})", 939), "the token is not valid yet");
  EXPECT_EQ(at(R"({"sub":"u","exp":1000.9})", 1000), "good");
  EXPECT_EQ(at(R"({"sub":"u"})", 0), "the token has no exp");
  for (const char* exp : {"-1", "\"9\"", "null", "1e300", "true"}) {
    EXPECT_THAT(ErrorOf(Claims(fmt::format(R"({{"sub":"u","exp":{}}})", exp))),
                HasSubstr("exp is no number"))
        << exp;
  }
  EXPECT_TRUE(Check(Claims(R"({"sub":"u"})"), nullptr, kNow, JwtExpiry::kOptional));
  EXPECT_FALSE(Check(Claims(R"({"sub":"u","exp":1})"), nullptr, kNow, JwtExpiry::kOptional));
}

TEST(Jwt, RefusesWhatIsMalformed) {
  const std::string good = Claims(R"({"sub":"u","exp":1800000000})");
  ASSERT_TRUE(Check(good));
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), "." + good,
        good + ".", good + "=", " " + good, good + "\n", good.substr(0, good.rfind('.'))}) {
    EXPECT_FALSE(Check(token)) << token;
  }
  EXPECT_THAT(ErrorOf(Sign("[]", "{}")), HasSubstr("header is no JSON object"));
  EXPECT_THAT(ErrorOf(Sign(R"({"alg":"HS256","kid":7})", "{}")), HasSubstr("kid is no text"));
  EXPECT_THAT(ErrorOf(Sign(R"({"alg":["HS256"]})", "{}")), HasSubstr("no alg"));
  EXPECT_THAT(ErrorOf(Sign(R"({"alg":"HS256","crit":["b64"],"b64":false})", "{}")),
              HasSubstr("not understood"));
  EXPECT_THAT(ErrorOf(Claims("{}").append(kMaxJwtBytes, 'x')), HasSubstr("over 8192 bytes"));
}

TEST(Jwt, RefusesAMemberThatStandsTwice) {
  EXPECT_FALSE(Check(Claims(R"({"sub":"u","exp":1800000000,"sub":"root"})")));
  EXPECT_FALSE(Check(
      Sign(R"({"alg":"HS256","kid":"site","alg":"none"})", R"({"sub":"u","exp":1800000000})")));
}

TEST(Jwt, NamesAUserInOneToTwoHundredBytesOfText) {
  const auto user = [](const std::string& sub) {
    return ErrorOf(Claims(fmt::format(R"({{"sub":"{}","exp":1800000000}})", sub)));
  };
  EXPECT_EQ(user("übung 1"), "it is believed");
  EXPECT_EQ(user(std::string(200, 'u')), "it is believed");
  for (const std::string& sub :
       {std::string(), std::string(201, 'u'), std::string("a\\u0000b"), std::string("a\\nb"),
        std::string("a\\u007f"), std::string("a\\u0085")}) {
    EXPECT_NE(user(sub), "it is believed") << sub;
  }
  EXPECT_EQ(ErrorOf(Claims(R"({"exp":1800000000})")), "the token has no sub");
  EXPECT_THAT(ErrorOf(Claims(R"({"sub":7,"exp":1800000000})")), HasSubstr("sub is not"));
}

TEST(Jwt, TakesListsOfPatternsOnly) {
  const auto channels = [](const std::string& list) {
    return ErrorOf(Claims(fmt::format(R"({{"sub":"u","exp":1800000000,"channels":{}}})", list)));
  };
  EXPECT_EQ(channels("[]"), "it is believed");
  EXPECT_EQ(channels(R"(["*","a-*","b"])"), "it is believed");
  std::string many = "[\"a\"";
  for (size_t i = 1; i <= kMaxPatterns; ++i) many += ",\"a\"";
  for (const std::string& list : {std::string("\"*\""), std::string("{}"), std::string("[1]"),
                                  std::string("[\"\"]"), std::string("[\"a*b\"]"), many + "]"}) {
    EXPECT_THAT(channels(list), HasSubstr("no list of at most 100 patterns")) << list;
  }
}

TEST(Jwt, ReadsWhatAnAppsServerSays) {
  const auto user = ReadUser(R"({"user":"ada","dev":"d","channels":["a"],"name":"Ada L."})", kNow);
  ASSERT_TRUE(user) << user.error().detail;
  EXPECT_EQ(user->sub, "ada");
  EXPECT_EQ(user->dev, "d");
  EXPECT_THAT(user->channels, ElementsAre("a"));
  for (const char* answer : {"", "null", "[]", "{}", R"({"user":""})", R"({"user":7})",
                             R"({"sub":"ada"})", R"({"user":"a","channels":"*"})"}) {
    const auto refused = ReadUser(answer, kNow);
    ASSERT_FALSE(refused) << answer;
    EXPECT_TRUE(refused.error().detail.starts_with("the answer")) << refused.error().detail;
  }
}

}  // namespace
}  // namespace offing::proto
