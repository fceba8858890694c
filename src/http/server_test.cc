#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/access_log.h"
#include "net/test_peer.h"

namespace offing::http {
namespace {

class EchoHandler final : public Handler {
 public:
  void Handle(std::unique_ptr<Exchange> exchange) override {
    ++handled;
    exchange->Send(TextResponse(200, exchange->request().target));
  }
  std::atomic<int> handled{0};
};

// Two cores on threads of their own, as in a real server.
class ServerTest : public testing::Test {
 protected:
  ~ServerTest() override { StopCores(); }

  uint16_t Start(AccessLog* access_log = nullptr) {
    server_ = std::make_unique<Server>(Server::Deps{.cores = {&first_, &second_},
                                                    .handler = handler_,
                                                    .clock = clock_,
                                                    .log = log_,
                                                    .metrics = metrics_,
                                                    .access_log = access_log},
                                       ServerConfig{});
    const auto port = server_->Listen({"127.0.0.1", 0});
    EXPECT_TRUE(port) << port.error().detail;
    for (net::Core* core : {&first_, &second_}) {
      threads_.emplace_back([core] { core->Run(); });
    }
    return *port;
  }
  void StopCores() {
    first_.Stop();
    second_.Stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  // Blocking; for a server that runs by itself.
  static std::string Ask(uint16_t port, const std::string& target) {
    net::TestPeer peer(port);
    peer.Send("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    std::string answer;
    char buffer[4096];
    ssize_t size;
    while ((size = recv(peer.fd(), buffer, sizeof buffer, 0)) > 0) {
      answer.append(buffer, static_cast<size_t>(size));
    }
    return answer;
  }

  base::SystemClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  EchoHandler handler_;
  net::Core first_{0, {log_, metrics_}};
  net::Core second_{1, {log_, metrics_}};
  std::unique_ptr<Server> server_;
  std::vector<std::thread> threads_;
};

TEST_F(ServerTest, AnswersOnAllItsCores) {
  const uint16_t port = Start();
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string target = "/" + std::to_string(t) + "/" + std::to_string(i);
        good += Ask(port, target).ends_with("\r\n\r\n" + target) ? 1 : 0;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 200);
  EXPECT_EQ(handler_.handled, 200);
}

TEST_F(ServerTest, APortThatIsTakenIsSaidInWords) {
  const uint16_t port = Start();
  net::Core third(2, {log_, metrics_});
  Server other({{&third}, handler_, clock_, log_, metrics_}, {});
  const auto again = other.Listen({"127.0.0.1", port});
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find("address already in use"), std::string::npos);
}

TEST_F(ServerTest, StopsAcceptingAndDrains) {
  const uint16_t port = Start();
  // Answered once, so it is the server's and not in the listener's queue any more.
  const net::TestPeer idle(port);
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(send(idle.fd(), request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  char buffer[4096];
  ASSERT_GT(recv(idle.fd(), buffer, sizeof buffer, 0), 0);
  std::atomic<int> drained{0};
  server_->StopAccepting();
  server_->Drain([&] {
    ++drained;
    drained.notify_all();
  });
  drained.wait(0);
  EXPECT_EQ(drained, 1);
  ssize_t left = 0;
  while ((left = recv(idle.fd(), buffer, sizeof buffer, 0)) > 0) {
  }
  EXPECT_EQ(left, 0) << "idle connections are closed";
  EXPECT_FALSE(net::TestPeer(port).connected());
}

TEST_F(ServerTest, MayBeDestroyedBeforeItsFunctionsRan) {
  {
    Server gone({{&first_}, handler_, clock_, log_, metrics_}, {});
    ASSERT_TRUE(gone.Listen({"127.0.0.1", 0}));
    gone.StopAccepting();
    gone.Drain([] { FAIL() << "nobody is there to hear it"; });
  }
  net::Settle(first_);
}

TEST_F(ServerTest, WritesALineForEachRequestAndEachRefusal) {
  std::string folder = "/tmp/offing-server-test-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  {
    auto log = AccessLog::Open(folder + "/log");
    ASSERT_TRUE(log);
    const uint16_t port = Start(log->get());
    Ask(port, "/one");
    Ask(port, "/two?auth_signature=secret");
    Ask(port, "bad");
    StopCores();
    server_.reset();
  }
  std::ifstream in(folder + "/log");
  const std::string lines((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove_all(folder);
  EXPECT_NE(
      lines.find("\"peer\":\"127.0.0.1\",\"method\":\"GET\",\"target\":\"/one\",\"status\":200,"
                 "\"bytes\":4,"),
      std::string::npos)
      << lines;
  EXPECT_NE(lines.find("\"target\":\"/two?auth_signature=\",\"status\":200,"), std::string::npos);
  EXPECT_NE(lines.find("\"target\":\"bad\",\"status\":400,"), std::string::npos);
}

}  // namespace
}  // namespace offing::http
