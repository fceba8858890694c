#include "server/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "http/fake_exchange.h"

namespace offing::server {
namespace {

class Fixed final : public http::Handler {
 public:
  explicit Fixed(std::string text) : text_(std::move(text)) {}
  void Handle(std::unique_ptr<http::Exchange> exchange) override {
    exchange->Send(http::TextResponse(200, text_));
  }

 private:
  std::string text_;
};

class RouterTest : public testing::Test {
 protected:
  http::Response Ask(http::Request request) {
    auto answer = http::Ask(router_, core_, std::move(request));
    EXPECT_TRUE(answer->response);
    return std::move(*answer->response);
  }
  base::SystemClock clock_;
  base::Log log_{clock_, STDERR_FILENO, base::LogLevel::kError};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
  Router router_{metrics_};
};

TEST_F(RouterTest, HealthFollowsTheServersLife) {
  EXPECT_EQ(Ask(http::Get("/_offing/health")).status, 503);
  router_.SetReadiness(Readiness::kReady);
  EXPECT_EQ(Ask(http::Get("/_offing/health")).status, 200);
  EXPECT_EQ(Ask(http::MakeRequest("POST", "/_offing/health")).status, 405);
  router_.SetReadiness(Readiness::kDraining);
  EXPECT_EQ(Ask(http::Get("/_offing/health")).status, 503);
}

TEST_F(RouterTest, MetricsAreForCallersOnThisMachine) {
  metrics_.AddCounter("offing_test_total", "A test.").Add(3);
  auto response = Ask(http::Get("/_offing/metrics"));
  EXPECT_THAT(http::TakeBody(response), testing::HasSubstr("offing_test_total 3\n"));
  http::Request far = http::Get("/_offing/metrics");
  far.peer_address = "192.0.2.7";
  EXPECT_EQ(Ask(far).status, 404);
  EXPECT_EQ(Ask(http::Get("/_offing/metrics", {{"x-forwarded-for", "192.0.2.7"}})).status, 404);
}

TEST_F(RouterTest, TheFirstFeatureThatClaimsARequestAnswersIt) {
  Fixed first("first");
  Fixed second("second");
  router_.Add([](const http::Request& request) { return request.path == "/a"; }, first);
  router_.Add([](const http::Request& request) { return request.path != "/none"; }, second);
  auto a = Ask(http::Get("/a"));
  EXPECT_EQ(http::TakeBody(a), "first");
  auto b = Ask(http::Get("/b"));
  EXPECT_EQ(http::TakeBody(b), "second");
  EXPECT_EQ(Ask(http::Get("/none")).status, 404);
}

}  // namespace
}  // namespace offing::server
