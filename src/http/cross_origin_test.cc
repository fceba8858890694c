#include "http/cross_origin.h"

#include <gtest/gtest.h>

#include "http/fake_exchange.h"

namespace offing::http {
namespace {

Request Post(Headers headers) {
  headers.emplace_back("host", "app.example");
  return MakeRequest("POST", "/x", std::move(headers));
}

TEST(CrossOrigin, TakesWritesOfItsOwnPagesAndOfNoBrowser) {
  const CrossOrigin pages({});
  EXPECT_TRUE(pages.Allows(Post({})));
  EXPECT_TRUE(pages.Allows(Post({{"sec-fetch-site", "same-origin"}})));
  EXPECT_TRUE(pages.Allows(Post({{"origin", "https://app.example"}})));
  EXPECT_TRUE(pages.Allows(Post({{"origin", "http://APP.example"}})));
}

TEST(CrossOrigin, RefusesWritesOfOthersPages) {
  const CrossOrigin pages({});
  for (const char* origin : {"https://evil.example", "null", "https://app.example.evil.example",
                             "https://app.example:8443", "file://", "https://"}) {
    EXPECT_FALSE(pages.Allows(Post({{"origin", origin}}))) << origin;
  }
  EXPECT_FALSE(pages.Allows(Post({{"sec-fetch-site", "cross-site"}})));
  EXPECT_FALSE(pages.Allows(Post({{"sec-fetch-site", "same-site"}})));
  EXPECT_FALSE(pages.Allows(MakeRequest("POST", "/x", {{"origin", "https://app.example"}})));
}

TEST(CrossOrigin, APageInTheClearIsNotTheOneBehindTls) {
  Request request = Post({{"origin", "http://app.example"}});
  request.secure = true;
  EXPECT_FALSE(CrossOrigin({}).Allows(request));
}

TEST(CrossOrigin, ANamedOriginMayAndIsTold) {
  const CrossOrigin pages({"https://other.example"});
  const Request request = Post({{"origin", "https://other.example"}});
  EXPECT_TRUE(pages.Allows(request));
  Response answer;
  pages.Admit(request, answer);
  EXPECT_EQ(FindHeader(answer.headers, "Access-Control-Allow-Origin"), "https://other.example");
  const Response preflight = pages.Preflight(request, "POST");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(FindHeader(preflight.headers, "Access-Control-Allow-Methods"), "POST");
  const Response refused = pages.Preflight(Post({{"origin", "https://evil.example"}}), "POST");
  EXPECT_EQ(FindHeader(refused.headers, "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(FindHeader(refused.headers, "Vary"), "Origin");
}

}  // namespace
}  // namespace offing::http
