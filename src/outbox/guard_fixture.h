// What the outbox's tests share: one life of a guard over a store that outlives it, with an origin
// that the test plays itself.
//
// Threading: tests; one thread.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "crypto/random.h"
#include "http/fake_exchange.h"
#include "journal/testing.h"
#include "outbox/guard.h"
#include "outbox/reports.h"
#include "proto/jwt.h"

namespace offing::outbox {

inline const proto::AppCredentials kTestApp{"app", "key", "secret"};
inline constexpr const char* kTestClient = "0123456789abcdef0123456789abcdef";

// A request as the origin got it.
struct Asked {
  std::unique_ptr<http::Exchange> exchange;
  OriginOptions options;
  const http::Request& request() const { return exchange->request(); }
};

class GuardWorld {
 public:
  explicit GuardWorld(journal::FailableStore& store, GuardConfig config = {},
                      journal::JournalConfig journal_config = {})
      : journal_({store, clock_, random_, log_, metrics_,
                  [](const store::LogKey&) { return ReportsRetention(); }},
                 journal_config),
        core_(0, {log_, metrics_}) {
    auth::AuthConfig who;
    who.apps = {kTestApp};
    auto opened = auth::Authenticator::Open(std::move(who), {clock_, log_, metrics_, {}});
    EXPECT_TRUE(opened);
    authenticator_ = std::move(*opened);
    reports_ = std::make_unique<Reports>(Reports::Deps{journal_, *authenticator_, clock_, metrics_},
                                         ReportsConfig{.app = "app"});
    config.app = "app";
    guard_ = std::make_unique<Guard>(
        GuardDeps{journal_, *authenticator_, *reports_, clock_, log_, metrics_,
                  [this](std::unique_ptr<http::Exchange> exchange, OriginOptions options) {
                    asked.push_back({std::move(exchange), std::move(options)});
                  }},
        std::move(config));
    reports_->SetOutstanding([this](size_t most) { return guard_->ListOutstanding(most); });
  }
  ~GuardWorld() {
    asked.clear();
    Settle();
  }

  // What is under way goes as far as it can.
  void Settle() {
    for (int i = 0; i < 8; ++i) {
      journal_.Crank();
      core_.Poll();
    }
  }
  std::shared_ptr<http::FakeAnswer> Send(http::Request request) {
    auto answer = http::Ask(*guard_, core_, std::move(request));
    Settle();
    return answer;
  }
  static http::Request Write(const std::string& key, http::Headers headers = {},
                             std::string body = "text=hello", std::string target = "/notes") {
    if (!key.empty()) headers.emplace_back("idempotency-key", '"' + key + '"');
    return http::MakeRequest("POST", std::move(target), std::move(headers), std::move(body));
  }
  static http::Headers Entry(const std::string& lane, int seq, int acked = 0) {
    return {{"offing-entry", std::string("client=\"") + kTestClient + "\", lane=\"" + lane +
                                 "\", seq=" + std::to_string(seq) +
                                 ", acked=" + std::to_string(acked)}};
  }
  http::Headers User(const std::string& user) {
    const int64_t now_s = clock_.WallMs() / 1000;
    return {{"authorization",
             "Bearer " + proto::SignJwt(kTestApp, {.sub = user, .exp_s = now_s + 60}, now_s)}};
  }

  // The origin takes the first request that waits and answers it whole.
  void Answer(http::Response head, const std::string& body = "") {
    ASSERT_FALSE(asked.empty()) << "the origin was not asked";
    Asked one = std::move(asked.front());
    asked.pop_front();
    one.options.asked();
    http::ResponseWriter& writer = one.exchange->Begin(std::move(head), body.size());
    writer.Write(body);
    writer.End();
    one.exchange.reset();
    Settle();
  }
  // It took the request, and is gone.
  void Lose() {
    ASSERT_FALSE(asked.empty()) << "the origin was not asked";
    Asked one = std::move(asked.front());
    asked.pop_front();
    one.options.asked();
    one.exchange->Send(http::ErrorResponse(502, "the origin closed the connection"));
    one.exchange.reset();
    Settle();
  }
  // There was no connection to it.
  void Refuse() {
    ASSERT_FALSE(asked.empty()) << "the origin was not asked";
    Asked one = std::move(asked.front());
    asked.pop_front();
    one.exchange->Send(http::ErrorResponse(502, "connection refused"));
    one.exchange.reset();
    Settle();
  }
  uint64_t Count(const std::string& name) {
    const std::string text = metrics_.Render();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? ~uint64_t{0} : std::stoull(text.substr(at + name.size() + 2));
  }

  Guard& guard() { return *guard_; }
  Reports& reports() { return *reports_; }
  net::Core& core() { return core_; }
  base::FakeClock& clock() { return clock_; }
  std::deque<Asked> asked;

 private:
  base::FakeClock clock_{1'800'000'000'000};
  base::Log log_{clock_, 2, base::LogLevel::kError};
  base::Metrics metrics_;
  crypto::SystemRandom random_;
  journal::Journal journal_;
  net::Core core_;
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::unique_ptr<Reports> reports_;
  std::unique_ptr<Guard> guard_;
};

class GuardTest : public testing::Test {
 protected:
  journal::FailableStore store_;
};

}  // namespace offing::outbox
