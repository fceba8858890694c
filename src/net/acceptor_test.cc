#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "net/stream.h"
#include "net/test_peer.h"

namespace offing::net {
namespace {

class AcceptorTest : public testing::Test {
 protected:
  base::Result<std::unique_ptr<Acceptor>> Open(const ListenAddress& address,
                                               PortUse use = PortUse::kFirst) {
    return Listen(core_, address, use, [this](std::unique_ptr<Stream> stream) {
      streams_.push_back(std::move(stream));
    });
  }
  bool AwaitStreams(size_t count) {
    return CrankUntil(core_, [&] { return streams_.size() >= count; });
  }

  base::SystemClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  Core core_{0, {log_, metrics_}};
  std::vector<std::unique_ptr<Stream>> streams_;
};

TEST_F(AcceptorTest, AcceptsConnectionsAndKnowsThePeer) {
  auto acceptor = Open({"127.0.0.1", 0});
  ASSERT_TRUE(acceptor) << acceptor.error().detail;
  ASSERT_NE((*acceptor)->port(), 0);
  const TestPeer peer((*acceptor)->port());
  EXPECT_TRUE(peer.connected());
  ASSERT_TRUE(AwaitStreams(1));
  EXPECT_EQ(streams_[0]->peer_address(), "127.0.0.1");
}

TEST_F(AcceptorTest, ListensOnAllAddressesAndNamesAPeerOfTheOldKindInItsOwnWay) {
  auto acceptor = Open({"", 0});
  ASSERT_TRUE(acceptor) << acceptor.error().detail;
  const TestPeer peer((*acceptor)->port());
  ASSERT_TRUE(AwaitStreams(1));
  EXPECT_EQ(streams_[0]->peer_address(), "127.0.0.1");
}

TEST_F(AcceptorTest, AcceptsManyAtOnce) {
  auto acceptor = Open({"localhost", 0});
  ASSERT_TRUE(acceptor);
  std::vector<TestPeer> peers;
  for (int i = 0; i < 200; ++i) peers.emplace_back((*acceptor)->port());
  EXPECT_TRUE(AwaitStreams(200));
}

TEST_F(AcceptorTest, OneThatIsDestroyedAcceptsNoMore) {
  auto acceptor = Open({"127.0.0.1", 0});
  ASSERT_TRUE(acceptor);
  const uint16_t port = (*acceptor)->port();
  acceptor->reset();
  Settle(core_);
  EXPECT_FALSE(TestPeer(port).connected());
}

TEST_F(AcceptorTest, CoresShareAPortButAnotherProgramsPortIsRefused) {
  auto first = Open({"127.0.0.1", 0});
  ASSERT_TRUE(first);
  const uint16_t port = (*first)->port();
  auto second = Open({"127.0.0.1", port}, PortUse::kJoin);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->port(), port);
  auto other = Open({"127.0.0.1", port}, PortUse::kFirst);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, base::Code::kConflict);
  EXPECT_EQ(other.error().detail,
            "--listen 127.0.0.1:" + std::to_string(port) +
                ": address already in use; stop the other program or choose another port with "
                "--listen");
}

TEST_F(AcceptorTest, ErrorsNameTheAddressAndTheWayOut) {
  auto foreign = Open({"192.0.2.1", 8080});
  ASSERT_FALSE(foreign);
  EXPECT_TRUE(foreign.error().detail.starts_with(
      "--listen 192.0.2.1:8080: not an address of this machine; "))
      << foreign.error().detail;
  auto foreign6 = Open({"2001:db8::1", 8080});
  ASSERT_FALSE(foreign6);
  EXPECT_TRUE(foreign6.error().detail.starts_with("--listen [2001:db8::1]:8080: "))
      << foreign6.error().detail;
  auto nonsense = Open({"no such host", 8080});
  ASSERT_FALSE(nonsense);
  EXPECT_NE(nonsense.error().detail.find("no address of that name"), std::string::npos);
}

TEST_F(AcceptorTest, OutOfDescriptorsItWaitsAndCountsAndGoesOn) {
  auto acceptor = Open({"127.0.0.1", 0});
  ASSERT_TRUE(acceptor);
  // Once through everything: a sanitizer needs descriptors of its own for what it sees first.
  const TestPeer warm((*acceptor)->port());
  ASSERT_TRUE(AwaitStreams(1));
  bool rang = false;
  const auto timer = core_.After(0, [&] { rang = true; });
  ASSERT_TRUE(CrankUntil(core_, [&] { return rang; }));
  const TestPeer peer((*acceptor)->port());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  auto& failures = metrics_.AddCounter("offing_net_accept_failures_total", "");
  const bool failed = CrankUntil(core_, [&] { return failures.value() > 0; });
  Settle(core_);
  const uint64_t count = failures.value();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(failed);
  EXPECT_LT(count, 5u) << "it must not spin";
  EXPECT_TRUE(AwaitStreams(2));
}

TEST(ListenAddress, ReadsHostAndPort) {
  const auto check = [](std::string_view text, std::string_view host, uint16_t port) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host, host);
    EXPECT_EQ(address->port, port);
  };
  check("127.0.0.1:8080", "127.0.0.1", 8080);
  check("[::1]:8080", "::1", 8080);
  check(":8080", "", 8080);
  check("localhost:0", "localhost", 0);
  check("example.test:65535", "example.test", 65535);
}

TEST(ListenAddress, RefusesEverythingElseAndSaysWhatItWants) {
  for (const char* text : {"", "8080", "localhost", "localhost:", "localhost:x", "localhost:65536",
                           "localhost:-1", "::1:8080", "[::1]", "[]:80", "[abc]:80", "a b:80",
                           "localhost:80 ", "http://localhost:80", "[::1:80"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, base::Code::kInvalidArgument);
    EXPECT_TRUE(address.error().detail.starts_with("--listen " + std::string(text) + ": "));
  }
}

}  // namespace
}  // namespace offing::net
