#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/stream.h"
#include "net/tls_test_pair.h"
#include "net/tls_test_peer.h"

namespace offing::net {
namespace {

using testing::HasSubstr;

// Sends back what it gets.
class Echo final : public Stream::Listener {
 public:
  explicit Echo(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {
    stream_->SetListener(this);
    stream_->ResumeReading();
  }
  void OnBytes(std::span<char> bytes) override {
    received += bytes.size();
    stream_->Write(std::string(bytes.begin(), bytes.end()));
  }
  void OnDrained() override {}
  void OnClosed() override { closed = true; }
  Stream& stream() { return *stream_; }
  size_t received = 0;
  bool closed = false;

 private:
  std::unique_ptr<Stream> stream_;
};

class TlsTest : public testing::Test {
 protected:
  void Start(const TlsConfig& config) {
    auto tls = TlsContext::Load(config, {clock_, log_, metrics_});
    ASSERT_TRUE(tls) << tls.error().detail;
    tls_ = std::move(*tls);
    acceptor_ = std::move(*Listen(
        core_, {"127.0.0.1", 0}, PortUse::kFirst,
        [this](std::unique_ptr<Stream> stream) {
          echoes_.push_back(std::make_unique<Echo>(std::move(stream)));
        },
        tls_.get()));
  }
  void Start() { Start(pair_.config()); }
  std::unique_ptr<TlsTestPeer> Connect(const TlsTestPeer::Options& options = {}) {
    return std::make_unique<TlsTestPeer>(acceptor_->port(), 0, options);
  }
  // A connection that has said one thing and heard it back, so that its tickets have come too.
  std::unique_ptr<TlsTestPeer> Talk(const TlsTestPeer::Options& options = {}) {
    auto peer = Connect(options);
    EXPECT_TRUE(peer->Shake(core_)) << peer->reason();
    EXPECT_TRUE(peer->SendAll(core_, "hello"));
    EXPECT_TRUE(peer->AwaitText(core_, "hello"));
    return peer;
  }
  std::string NameOf(TlsTestPeer& peer) {
    const std::unique_ptr<X509, OpenSslDeleter<X509_free>> cert(
        SSL_get1_peer_certificate(peer.ssl()));
    char name[100] = "";
    if (cert)
      X509_NAME_get_text_by_NID(X509_get_subject_name(cert.get()), NID_commonName, name, 100);
    return name;
  }
  uint64_t Count(const std::string& name) {
    return metrics_.AddCounter("offing_tls_" + name, "").value();
  }

  base::FakeClock clock_{1'800'000'000'000};
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  const TestPair pair_;
  std::unique_ptr<TlsContext> tls_;
  Core core_{0, {log_, metrics_}};
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::unique_ptr<Echo>> echoes_;
};

class TlsVersionTest : public TlsTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Versions, TlsVersionTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const testing::TestParamInfo<int>& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsVersionTest, CarriesBytesBothWaysAndSaysItsVersion) {
  Start();
  auto peer = Connect({.version = GetParam()});
  ASSERT_TRUE(peer->Shake(core_));
  const std::string big(1'000'000, 'x');
  EXPECT_TRUE(CrankUntil(core_, [&, left = std::string_view(big)]() mutable {
    left.remove_prefix(peer->Send(left));
    peer->Pump();
    return peer->received().size() == big.size();
  }));
  EXPECT_EQ(peer->received(), big);
  EXPECT_EQ(echoes_.at(0)->stream().tls_version(),
            GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  EXPECT_EQ(Count("handshakes_total"), 1u);
  EXPECT_EQ(Count("handshaking"), 0u);
}

TEST_P(TlsVersionTest, ASessionIsResumedByItsTicketAlsoAfterAReload) {
  Start();
  auto first = Talk({.version = GetParam()});
  const auto session = first->session();
  auto second = Talk({.version = GetParam(), .resume = session.get()});
  EXPECT_EQ(SSL_session_reused(second->ssl()), 1);
  EXPECT_EQ(Count("handshakes_resumed_total"), 1u);
  pair_.Write({.name = "other"});
  tls_->Refresh(TlsContext::When::kNow);
  auto third = Talk({.version = GetParam(), .resume = session.get()});
  EXPECT_EQ(SSL_session_reused(third->ssl()), 1);
}

TEST_P(TlsVersionTest, TicketKeysAreReplacedAndTheOldOneIsTakenForAsLongAgain) {
  Start();
  const auto session = Talk({.version = GetParam()})->session();
  clock_.Advance(9LL * 3'600'000);
  const auto resumed = Talk({.version = GetParam(), .resume = session.get()});
  EXPECT_EQ(SSL_session_reused(resumed->ssl()), 1);
  clock_.Advance(9LL * 3'600'000);
  const auto late = Talk({.version = GetParam(), .resume = session.get()});
  EXPECT_EQ(SSL_session_reused(late->ssl()), 0);
  const auto renewed = resumed->session();
  const auto again = Talk({.version = GetParam(), .resume = renewed.get()});
  EXPECT_EQ(SSL_session_reused(again->ssl()), 1) << "a ticket that was used is renewed";
}

TEST_P(TlsVersionTest, ClosingSaysCloseNotifyBehindWhatIsQueued) {
  Start();
  auto peer = Talk({.version = GetParam()});
  echoes_.at(0)->stream().Write(std::string(3'000'000, 'x'));
  echoes_.at(0)->stream().Close(60'000);
  echoes_.clear();
  EXPECT_TRUE(peer->AwaitEnd(core_));
  EXPECT_EQ(peer->received().size(), 3'000'005u);
  EXPECT_TRUE(peer->said_goodbye());
}

TEST_P(TlsVersionTest, ThePeersGoodbyeIsAnswered) {
  Start();
  auto peer = Talk({.version = GetParam()});
  SSL_shutdown(peer->ssl());
  EXPECT_TRUE(CrankUntil(core_, [&] { return echoes_.at(0)->closed; }));
  EXPECT_TRUE(peer->AwaitEnd(core_));
  EXPECT_TRUE(peer->said_goodbye());
}

TEST_P(TlsVersionTest, RsaKeysWorkToo) {
  const TestPair rsa({.kind = TestPair::Kind::kRsa});
  Start(rsa.config());
  Talk({.version = GetParam()});
}

TEST_P(TlsVersionTest, PlainTextThatEndsWithTheHandshakesLastFlightIsNotLost) {
  Start();
  auto peer = Connect({.version = GetParam()});
  EXPECT_TRUE(CrankUntil(core_, [&] { return !echoes_.empty(); }));
  echoes_.at(0)->stream().Write(std::string("written before the handshake"));
  ASSERT_TRUE(peer->Shake(core_));
  EXPECT_TRUE(peer->AwaitText(core_, "written before the handshake"));
}

TEST_F(TlsTest, OlderVersionsAreRefused) {
  Start();
  auto peer = Connect({.version = TLS1_1_VERSION});
  SSL_set_security_level(peer->ssl(), 0);
  EXPECT_FALSE(peer->Shake(core_));
  EXPECT_EQ(Count("handshakes_failed_total"), 1u);
}

TEST_F(TlsTest, Http11IsChosenAmongWhatIsOffered) {
  Start();
  EXPECT_EQ(Talk({.alpn = "\x02h2\x08http/1.1"})->protocol(), "http/1.1");
  EXPECT_EQ(Talk()->protocol(), "");
}

TEST_F(TlsTest, WhoOffersOtherProtocolsOnlyIsToldSo) {
  Start();
  auto peer = Connect({.alpn = "\x02h2"});
  EXPECT_FALSE(peer->Shake(core_));
  EXPECT_EQ(peer->reason(), "tlsv1 alert no application protocol");
  EXPECT_TRUE(CrankUntil(core_, [&] { return echoes_.at(0)->closed; }));
}

TEST_F(TlsTest, AHandshakeHasItsTime) {
  TlsConfig config = pair_.config();
  config.handshake_timeout_ms = 1;
  Start(config);
  TestPeer silent(acceptor_->port());
  EXPECT_TRUE(silent.AwaitEnd(core_));
  EXPECT_TRUE(echoes_.at(0)->closed);
  EXPECT_EQ(Count("handshakes_slow_total"), 1u);
  EXPECT_EQ(Count("handshaking"), 0u);
}

TEST_F(TlsTest, SoManyHandshakesMayBeUnderWayAndNoMore) {
  TlsConfig config = pair_.config();
  config.max_handshakes = 2;
  Start(config);
  TestPeer first(acceptor_->port());
  TestPeer second(acceptor_->port());
  EXPECT_TRUE(CrankUntil(core_, [&] { return echoes_.size() == 2; }));
  TestPeer third(acceptor_->port());
  EXPECT_TRUE(third.AwaitEnd(core_));
  EXPECT_EQ(Count("handshakes_refused_total"), 1u);
  first.Close();
  EXPECT_TRUE(CrankUntil(core_, [&] { return echoes_.at(0)->closed; }));
  echoes_.erase(echoes_.begin());
  Talk();
}

TEST_F(TlsTest, ClosingDuringTheHandshakeEndsItAtOnce) {
  Start();
  TestPeer silent(acceptor_->port());
  EXPECT_TRUE(CrankUntil(core_, [&] { return !echoes_.empty(); }));
  echoes_.at(0)->stream().Close(60'000);
  EXPECT_TRUE(silent.AwaitEnd(core_));
  EXPECT_EQ(Count("handshaking"), 0u);
}

TEST_F(TlsTest, WhoSpeaksHttpWithoutTlsIsAnsweredInTheClear) {
  TlsConfig config = pair_.config();
  config.plain_http_answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
  Start(config);
  TestPeer peer(acceptor_->port());
  peer.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_EQ(peer.received(), "HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_FALSE(peer.reset());
}

TEST_F(TlsTest, NoiseInAnOpenConnectionEndsIt) {
  Start();
  auto peer = Talk();
  EXPECT_EQ(send(peer->fd(), "\x17\x03\x03\x00\x05noise", 10, 0), 10);
  EXPECT_TRUE(CrankUntil(core_, [&] { return echoes_.at(0)->closed; }));
  EXPECT_TRUE(peer->AwaitEnd(core_));
}

TEST_F(TlsTest, NewKeysWithinAConnectionAreFollowed) {
  Start();
  auto peer = Talk({.version = TLS1_3_VERSION});
  for (int turn = 0; turn < 10; ++turn) {
    SSL_key_update(peer->ssl(), SSL_KEY_UPDATE_REQUESTED);
    peer->received().clear();
    ASSERT_TRUE(peer->SendAll(core_, "again")) << turn;
    ASSERT_TRUE(peer->AwaitText(core_, "again")) << turn;
  }
}

TEST_F(TlsTest, ARefreshServesTheNewCertificateAndLeavesOpenConnectionsAlone) {
  Start();
  auto old = Talk();
  EXPECT_EQ(NameOf(*old), "localhost");
  pair_.Write({.name = "new"});
  tls_->Refresh(TlsContext::When::kIfChanged);
  EXPECT_EQ(NameOf(*Talk()), "localhost") << "not before the files have come to rest";
  tls_->Refresh(TlsContext::When::kIfChanged);
  EXPECT_EQ(NameOf(*Talk()), "new");
  EXPECT_EQ(Count("reloads_total"), 1u);
  tls_->Refresh(TlsContext::When::kIfChanged);
  EXPECT_EQ(Count("reloads_total"), 1u);
  old->received().clear();
  old->Send("still there");
  EXPECT_TRUE(old->AwaitText(core_, "still there"));
}

TEST_F(TlsTest, ABrokenPairIsRefusedOnceAndTheOldOneStays) {
  Start();
  TestPair::WriteText(pair_.cert(), "no certificate");
  for (int look = 0; look < 5; ++look) tls_->Refresh(TlsContext::When::kIfChanged);
  EXPECT_EQ(Count("reloads_refused_total"), 1u);
  EXPECT_EQ(NameOf(*Talk()), "localhost");
  pair_.Write({.name = "mended"});
  for (int look = 0; look < 5; ++look) tls_->Refresh(TlsContext::When::kIfChanged);
  EXPECT_EQ(NameOf(*Talk()), "mended");
}

TEST_F(TlsTest, CoresShakeHandsWhileTheCertificateIsReplaced) {
  Start();
  Core cores[] = {Core(1, {log_, metrics_}), Core(2, {log_, metrics_})};
  std::vector<std::unique_ptr<Echo>> echoes[2];
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  ListenAddress address{"127.0.0.1", 0};
  for (int i = 0; i < 2; ++i) {
    acceptors.push_back(std::move(*Listen(
        cores[i], address, i == 0 ? PortUse::kFirst : PortUse::kJoin,
        [&mine = echoes[i]](std::unique_ptr<Stream> stream) {
          mine.push_back(std::make_unique<Echo>(std::move(stream)));
        },
        tls_.get())));
    address.port = acceptors.back()->port();
  }
  std::thread threads[] = {std::thread([&] { cores[0].Run(); }),
                           std::thread([&] { cores[1].Run(); })};
  TlsTestPeer::SessionPtr session;
  for (int turn = 0; turn < 20; ++turn) {
    pair_.Write({.name = "turn"});
    TlsTestPeer first(address.port, 0, {.resume = session.get()});
    TlsTestPeer second(address.port, 0, {});
    tls_->Refresh(TlsContext::When::kNow);
    for (TlsTestPeer* peer : {&first, &second}) {
      EXPECT_TRUE(peer->Shake(core_)) << peer->reason();
      EXPECT_TRUE(peer->SendAll(core_, "hello"));
      EXPECT_TRUE(peer->AwaitText(core_, "hello"));
    }
    session = first.session();
  }
  for (Core& core : cores) core.Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count("handshakes_total"), 40u);
  EXPECT_GE(Count("handshakes_resumed_total"), 15u);
}

}  // namespace
}  // namespace offing::net
