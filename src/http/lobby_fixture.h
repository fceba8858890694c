// LobbyFixture: one core, one lobby, a handler that the test writes, and raw bytes over loopback
// sockets. Time stands still until the test advances it; deadlines are looked at by Sweep().
//
// Threading: core-local.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/lobby.h"
#include "net/test_peer.h"

namespace offing::http {

class LobbyFixture : public testing::Test, protected Handler {
 protected:
  explicit LobbyFixture(ServerConfig config = {}) : shared_(MakeShared(config)) {
    lobby_ = std::make_shared<Lobby>(core_, *shared_);
    acceptor_ = std::move(*net::Listen(
        core_, {"127.0.0.1", 0}, net::PortUse::kFirst,
        [this](std::unique_ptr<net::Stream> stream) { lobby_->Greet(std::move(stream)); }));
  }

  net::TestPeer Connect(int receive_buffer = 0) {
    return net::TestPeer(acceptor_->port(), receive_buffer);
  }
  // Sends and reads until FIN.
  std::string Exchange(std::string_view bytes) {
    net::TestPeer peer = Connect();
    EXPECT_TRUE(peer.SendAll(core_, bytes));
    EXPECT_TRUE(peer.AwaitEnd(core_));
    EXPECT_FALSE(peer.reset());
    return peer.received();
  }
  void Advance(int64_t ms) {
    clock_.Advance(ms);
    lobby_->Sweep();
    net::Settle(core_);
  }
  Counters& counters() { return shared_->counters; }

  // What the handler does; by default it answers "METHOD TARGET BODY".
  std::function<void(std::unique_ptr<http::Exchange>)> handle_ =
      [](std::unique_ptr<http::Exchange> exchange) {
        const Request& request = exchange->request();
        exchange->Send(
            TextResponse(200, request.method + " " + request.target + " " + request.body));
      };

  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
  std::unique_ptr<Shared> shared_;
  std::shared_ptr<Lobby> lobby_;
  std::unique_ptr<net::Acceptor> acceptor_;

 private:
  std::unique_ptr<Shared> MakeShared(const ServerConfig& config) {
    return std::unique_ptr<Shared>(new Shared{.config = config,
                                              .handler = *this,
                                              .clock = clock_,
                                              .log = log_,
                                              .access_log = nullptr,
                                              .counters = Counters(metrics_)});
  }
  void Handle(std::unique_ptr<http::Exchange> exchange) override { handle_(std::move(exchange)); }
};

// How often `what` stands in `text`.
inline int CountOf(std::string_view text, std::string_view what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace offing::http
