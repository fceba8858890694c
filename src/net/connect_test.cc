#include "net/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/test_peer.h"

namespace offing::net {
namespace {

class ConnectTest : public testing::Test {
 protected:
  // A port that nobody listens on.
  static uint16_t ClosedPort() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    close(fd);
    return ntohs(address.sin_port);
  }
  void Listen() {
    acceptor_ = std::move(*net::Listen(core_, {"127.0.0.1", 0}, PortUse::kFirst,
                                       [this](std::unique_ptr<Stream> stream) {
                                         stream->Write(std::string("hello"));
                                         accepted_.push_back(std::move(stream));
                                       }));
  }
  void Begin(Endpoints endpoints, int64_t timeout_ms = 5'000) {
    connecting_ = Connect(
        core_, std::move(endpoints), timeout_ms,
        [this](base::Result<std::unique_ptr<Stream>> result) { result_ = std::move(result); });
  }
  bool Await() {
    return CrankUntil(core_, [&] { return result_.has_value(); });
  }

  base::SystemClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  Core core_{0, {log_, metrics_}};
  std::unique_ptr<Acceptor> acceptor_;
  std::vector<std::unique_ptr<Stream>> accepted_;
  std::unique_ptr<Connecting> connecting_;
  std::optional<base::Result<std::unique_ptr<Stream>>> result_;
};

struct Reader final : Stream::Listener {
  void OnBytes(std::span<char> bytes) override { read.append(bytes.data(), bytes.size()); }
  void OnDrained() override { ++drained; }
  void OnClosed() override { closed = true; }
  std::string read;
  int drained = 0;
  bool closed = false;
};

TEST_F(ConnectTest, GivesAStreamThatReadsAndWrites) {
  Listen();
  Begin(*ResolveHost("127.0.0.1", acceptor_->port()));
  EXPECT_FALSE(result_) << "never before Connect returns";
  ASSERT_TRUE(Await());
  ASSERT_TRUE(*result_);
  Reader reader;
  (**result_)->SetListener(&reader);
  (**result_)->ResumeReading();
  EXPECT_TRUE(CrankUntil(core_, [&] { return reader.read == "hello"; }));
  EXPECT_EQ((**result_)->peer_address(), "127.0.0.1");
}

TEST_F(ConnectTest, SaysThatNobodyListens) {
  Begin(*ResolveHost("127.0.0.1", ClosedPort()));
  ASSERT_TRUE(Await());
  ASSERT_FALSE(*result_);
  EXPECT_EQ(result_->error().code, base::Code::kIo);
  EXPECT_EQ(result_->error().detail, "refused the connection");
}

TEST_F(ConnectTest, TriesTheNextAddress) {
  Listen();
  Endpoints endpoints = *ResolveHost("127.0.0.1", ClosedPort());
  endpoints.push_back(ResolveHost("127.0.0.1", acceptor_->port())->front());
  Begin(std::move(endpoints));
  ASSERT_TRUE(Await());
  EXPECT_TRUE(*result_);
}

// A listener whose queue is full takes no further connection, and says nothing.
TEST_F(ConnectTest, GivesUpInTime) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 0), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const uint16_t port = ntohs(address.sin_port);
  const TestPeer first(port);
  Begin(*ResolveHost("127.0.0.1", port), 50);
  ASSERT_TRUE(Await());
  ASSERT_FALSE(*result_);
  EXPECT_EQ(result_->error().code, base::Code::kTimeout);
  EXPECT_THAT(result_->error().detail, testing::HasSubstr("within 50 ms"));
  close(fd);
}

TEST_F(ConnectTest, SaysNothingOnceItIsDestroyed) {
  Listen();
  Begin(*ResolveHost("127.0.0.1", acceptor_->port()));
  connecting_.reset();
  Settle(core_);
  EXPECT_FALSE(result_);
}

TEST_F(ConnectTest, SaysThatANameHasNoAddress) {
  const auto found = ResolveHost("no-such-host.invalid", 80);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().detail, testing::HasSubstr("has a name that has no address"));
  EXPECT_FALSE(HostName("no-such-host.invalid", 80).Find());
  EXPECT_GE(HostName("localhost", 80).Find()->size(), 1u);
}

TEST_F(ConnectTest, AwaitDrainedIsAnsweredEvenIfOneFlushTakesAll) {
  Listen();
  Begin(*ResolveHost("127.0.0.1", acceptor_->port()));
  ASSERT_TRUE(Await());
  Reader reader;
  Stream& stream = ***result_;
  stream.SetListener(&reader);
  stream.AwaitDrained();
  Settle(core_);
  EXPECT_EQ(reader.drained, 0) << "nothing is queued";
  stream.Write(std::string("x"));
  stream.AwaitDrained();
  Settle(core_);
  EXPECT_EQ(reader.drained, 1);
}

TEST_F(ConnectTest, TellsAnEndFromABreak) {
  Listen();
  for (const bool in_order : {true, false}) {
    result_.reset();
    accepted_.clear();
    Begin(*ResolveHost("127.0.0.1", acceptor_->port()));
    ASSERT_TRUE(Await());
    ASSERT_TRUE(CrankUntil(core_, [&] { return !accepted_.empty(); }));
    Reader reader;
    (**result_)->SetListener(&reader);
    (**result_)->ResumeReading();
    ASSERT_TRUE(CrankUntil(core_, [&] { return reader.read == "hello"; }));
    if (in_order) {
      accepted_[0]->Close(1'000);
    } else {
      accepted_[0]->Abort();
    }
    ASSERT_TRUE(CrankUntil(core_, [&] { return reader.closed; }));
    EXPECT_EQ((**result_)->ended_in_order(), in_order);
  }
}

}  // namespace
}  // namespace offing::net
