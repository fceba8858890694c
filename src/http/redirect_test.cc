#include "http/redirect.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/fake_exchange.h"

namespace offing::http {
namespace {

class InnerHandler final : public Handler {
 public:
  void Handle(std::unique_ptr<Exchange> exchange) override {
    exchange->Send(TextResponse(200, "inner"));
  }
};

class RedirectTest : public testing::Test {
 protected:
  std::shared_ptr<FakeAnswer> Ask(Request request, uint16_t port = 8443) {
    Redirect redirect(inner_, port);
    return http::Ask(redirect, core_, std::move(request));
  }
  std::string Location(const std::string& host, const std::string& target, uint16_t port = 8443) {
    const auto answer = Ask(Get(target, {{"host", host}}), port);
    EXPECT_EQ(answer->status(), 308) << host << " " << target;
    return answer->Header("location");
  }

  base::SystemClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
  InnerHandler inner_;
};

TEST_F(RedirectTest, SendsToTheSameHostAndTargetWithHttps) {
  EXPECT_EQ(Location("example.com:8080", "/a%20b?x=1&y"), "https://example.com:8443/a%20b?x=1&y");
  EXPECT_EQ(Location("example.com", "/"), "https://example.com:8443/");
  EXPECT_EQ(Location("example.com:80", "/", 443), "https://example.com/");
  EXPECT_EQ(Location("[::1]:8080", "/"), "https://[::1]:8443/");
  EXPECT_EQ(Location("[::1]", "/", 443), "https://[::1]/");
  EXPECT_EQ(Location("127.0.0.1:80", "/"), "https://127.0.0.1:8443/");
}

TEST_F(RedirectTest, APathCannotBecomeAHost) {
  EXPECT_EQ(Location("example.com", "//evil.example/x"),
            "https://example.com:8443//evil.example/x");
  EXPECT_EQ(Location("example.com", "http://evil.example/x"), "https://example.com:8443/x");
}

TEST_F(RedirectTest, AHostThatIsNoneIsRefused) {
  for (const char* host : {"", ":80", "a b", "user@evil.example", "a/b", "a?b", "a#b", "a%2fb",
                           "a:b:1", "[::1", "[]", "[g::1]", "a\\b", "a,b"}) {
    const auto answer = Ask(Get("/", {{"host", host}}));
    EXPECT_EQ(answer->status(), 400) << host;
    EXPECT_EQ(answer->Header("location"), "") << host;
  }
  EXPECT_EQ(Ask(Get("/"))->status(), 400) << "HTTP/1.0 without Host";
}

TEST_F(RedirectTest, EveryMethodIsSentOnAndStaysWhatItIs) {
  for (const char* method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
    EXPECT_EQ(Ask(MakeRequest(method, "/", {{"host", "a"}}))->status(), 308) << method;
  }
}

TEST_F(RedirectTest, HealthAndCertificateChallengesAreAnsweredHere) {
  for (const char* target :
       {"/_offing/health", "/_offing/health?x", "/.well-known/acme-challenge/token"}) {
    EXPECT_EQ(Ask(Get(target, {{"host", "a"}}))->Body(), "inner") << target;
    EXPECT_EQ(Ask(MakeRequest("HEAD", target, {{"host", "a"}}))->status(), 200) << target;
    EXPECT_EQ(Ask(MakeRequest("POST", target, {{"host", "a"}}))->status(), 308) << target;
  }
  for (const char* target :
       {"/_offing/metrics", "/.well-known/other", "/_offing/healthy",
        "/.well-known/acme-challenge/../../secret", "/.well-known/acme-challenge/%2e"}) {
    EXPECT_EQ(Ask(Get(target, {{"host", "a"}}))->status(), 308) << target;
  }
}

}  // namespace
}  // namespace offing::http
