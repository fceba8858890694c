// HTTP over TLS: what a connection says and writes otherwise than in the clear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "http/access_log.h"
#include "http/fake_websocket.h"
#include "http/lobby.h"
#include "net/tls.h"
#include "net/tls_test_pair.h"
#include "net/tls_test_peer.h"

namespace offing::http {
namespace {

using testing::HasSubstr;
using testing::Not;

class SecureTest : public testing::Test, protected Handler {
 protected:
  SecureTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    access_log_ = std::move(*AccessLog::Open(folder_ + "/log"));
    shared_.reset(new Shared{.config = {.strict_transport = "max-age=60"},
                             .handler = *this,
                             .clock = clock_,
                             .log = log_,
                             .access_log = access_log_.get(),
                             .counters = Counters(metrics_)});
    lobby_ = std::make_shared<Lobby>(core_, *shared_);
    tls_ = std::move(*net::TlsContext::Load(pair_.config(), {clock_, log_, metrics_}));
    const auto greet = [this](std::unique_ptr<net::Stream> stream) {
      lobby_->Greet(std::move(stream));
    };
    secure_ =
        std::move(*net::Listen(core_, {"127.0.0.1", 0}, net::PortUse::kFirst, greet, tls_.get()));
    plain_ = std::move(*net::Listen(core_, {"127.0.0.1", 0}, net::PortUse::kFirst, greet));
  }
  ~SecureTest() override { std::filesystem::remove_all(folder_); }

  void Handle(std::unique_ptr<http::Exchange> exchange) override {
    Response response = TextResponse(200, exchange->request().secure ? "secure" : "in the clear");
    response.headers.insert(response.headers.end(), extra_.begin(), extra_.end());
    exchange->Send(std::move(response));
  }
  std::string Ask(const std::string& target) {
    net::TlsTestPeer peer(secure_->port(), 0, {});
    EXPECT_TRUE(peer.Shake(core_)) << peer.reason();
    EXPECT_TRUE(peer.SendAll(core_, "GET " + target + kRest));
    EXPECT_TRUE(peer.AwaitEnd(core_));
    EXPECT_TRUE(peer.said_goodbye());
    return peer.received();
  }
  std::string AskInTheClear(const std::string& target) {
    net::TestPeer peer(plain_->port());
    EXPECT_TRUE(peer.SendAll(core_, "GET " + target + kRest));
    EXPECT_TRUE(peer.AwaitEnd(core_));
    return peer.received();
  }
  std::string LogText() const {
    std::ifstream in(folder_ + "/log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static constexpr const char* kRest = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  std::string folder_ = "/tmp/offing-secure-XXXXXX";
  Headers extra_;
  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  const net::TestPair pair_;
  std::unique_ptr<net::TlsContext> tls_;
  std::unique_ptr<AccessLog> access_log_;
  net::Core core_{0, {log_, metrics_}};
  std::unique_ptr<Shared> shared_;
  std::shared_ptr<Lobby> lobby_;
  std::unique_ptr<net::Acceptor> secure_;
  std::unique_ptr<net::Acceptor> plain_;
};

TEST_F(SecureTest, TheHandlerKnowsAndTheAccessLogSaysSo) {
  EXPECT_THAT(Ask("/a"), testing::EndsWith("\r\n\r\nsecure"));
  EXPECT_THAT(AskInTheClear("/b"), testing::EndsWith("\r\n\r\nin the clear"));
  const std::string log = LogText();
  EXPECT_THAT(log, testing::ContainsRegex("\"/a\".*\"tls\":\"TLSv1.3\"\\}\n"));
  EXPECT_THAT(log.substr(log.find('\n')), Not(HasSubstr("tls")));
}

TEST_F(SecureTest, StrictTransportIsSaidOverTlsOnlyAndOnRefusalsToo) {
  const char* const header = "Strict-Transport-Security: max-age=60\r\n";
  EXPECT_THAT(Ask("/"), HasSubstr(header));
  EXPECT_THAT(Ask("malformed"), testing::AllOf(HasSubstr(" 400 "), HasSubstr(header)));
  EXPECT_THAT(AskInTheClear("/"), Not(HasSubstr("Strict-Transport")));
}

TEST_F(SecureTest, AnAnswersOwnStrictTransportStaysAlone) {
  extra_ = {{"strict-transport-security", "max-age=1"}};
  const std::string answer = Ask("/");
  EXPECT_THAT(answer, HasSubstr("strict-transport-security: max-age=1\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Strict-Transport-Security")));
}

TEST_F(SecureTest, ConnectionsBeyondTheLimitEndWithoutAHandshake) {
  shared_->connections = shared_->config.max_connections;
  net::TlsTestPeer peer(secure_->port(), 0, {});
  EXPECT_FALSE(peer.Shake(core_));
  EXPECT_EQ(shared_->counters.refused_connections.value(), 1u);
  shared_->connections = 0;
}

}  // namespace
}  // namespace offing::http
