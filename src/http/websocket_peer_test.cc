#include "http/websocket_peer.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/lobby_fixture.h"

namespace offing::http {
namespace {

using net::CrankUntil;
using net::Settle;
using net::TestPeer;
using proto::WsOpcode;

constexpr const char* kUpgrade =
    "GET /app/key?protocol=7 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

std::string Text(std::string_view text) {
  return proto::EncodeWsClientFrame(WsOpcode::kText, text, 0x12345678);
}
std::string ClientClose(uint16_t code) {
  return proto::EncodeWsClientFrame(WsOpcode::kClose, proto::EncodeWsClose(code, "bye"), 1);
}
std::string ServerText(std::string_view text) {
  return proto::EncodeWsFrame(WsOpcode::kText, text);
}
std::string ServerClose(uint16_t code, std::string_view reason) {
  return proto::EncodeWsFrame(WsOpcode::kClose, proto::EncodeWsClose(code, reason));
}

// What the listener hears, one word each, and what it does on a text.
struct Story {
  std::string heard;
  WebSocket* socket = nullptr;  // while it lives
  std::function<void(std::string_view)> on_text;
  std::function<void()> on_drained;
};

class StoryListener final : public WebSocketListener {
 public:
  explicit StoryListener(Story& story) : story_(story) {}
  ~StoryListener() override { story_.heard += "gone "; }
  void OnOpen(WebSocket& socket) override {
    story_.heard += "open ";
    story_.socket = &socket;
  }
  void OnText(std::string_view text) override {
    story_.heard.append("text:").append(text.substr(0, 20)).append(" ");
    if (story_.on_text) story_.on_text(text);
  }
  void OnPeerAlive() override { story_.heard += "alive "; }
  void OnDrained() override {
    story_.heard += "drained ";
    if (story_.on_drained) story_.on_drained();
  }
  void OnClosed() override {
    story_.heard += "closed ";
    story_.socket = nullptr;
  }

 private:
  Story& story_;
};

class WebSocketPeerTest : public LobbyFixture {
 protected:
  WebSocketPeerTest() {
    handle_ = [this](std::unique_ptr<http::Exchange> exchange) {
      ASSERT_TRUE(exchange->request().wants_websocket);
      exchange->AcceptWebSocket(std::make_unique<StoryListener>(story_), limits_);
    };
  }
  ~WebSocketPeerTest() override { lobby_.reset(); }

  // Upgrades; what the peer received so far is the head of the answer.
  TestPeer Open(int receive_buffer = 0) {
    TestPeer peer = Connect(receive_buffer);
    peer.Send(kUpgrade);
    EXPECT_TRUE(peer.AwaitText(core_, "\r\n\r\n"));
    head_ = peer.received();
    peer.received().clear();
    return peer;
  }
  bool AwaitHeard(const std::string& heard) {
    const bool so = CrankUntil(core_, [&] { return story_.heard == heard; });
    EXPECT_EQ(story_.heard, heard);
    return so;
  }

  Story story_;
  WebSocketLimits limits_;
  std::string head_;
};

TEST_F(WebSocketPeerTest, AnswersTheHandshakeAsTheStandardsExample) {
  const TestPeer peer = Open();
  EXPECT_TRUE(head_.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_NE(head_.find("Upgrade: websocket\r\nConnection: Upgrade\r\n"), std::string::npos);
  EXPECT_NE(head_.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  EXPECT_EQ(counters().websockets.value(), 1u);
  EXPECT_EQ(counters().connections.value(), 1u);
}

TEST_F(WebSocketPeerTest, CarriesTextBothWays) {
  TestPeer peer = Open();
  story_.on_text = [&](std::string_view text) { story_.socket->SendText(text); };
  peer.Send(Text("hello"));
  EXPECT_TRUE(peer.AwaitText(core_, ServerText("hello")));
  const auto frame = base::MakeShared(ServerText("for many"));
  story_.socket->Send(frame);
  EXPECT_GT(story_.socket->queued_bytes(), 0u);
  EXPECT_TRUE(peer.AwaitText(core_, *frame));
  EXPECT_EQ(story_.socket->queued_bytes(), 0u);
  EXPECT_EQ(story_.heard, "open text:hello ");
}

TEST_F(WebSocketPeerTest, FramesThatFollowTheRequestAreNotLost) {
  TestPeer peer = Connect();
  const std::string third = Text("third");
  peer.Send(kUpgrade + Text("first") + Text("second") + third.substr(0, 4));
  Settle(core_);
  peer.Send(third.substr(4));
  EXPECT_TRUE(AwaitHeard("open text:first text:second text:third "));
}

TEST_F(WebSocketPeerTest, AnswersPingsAndTellsThatThePeerLives) {
  TestPeer peer = Open();
  peer.Send(proto::EncodeWsClientFrame(WsOpcode::kPing, "abc", 7));
  EXPECT_TRUE(peer.AwaitText(core_, proto::EncodeWsFrame(WsOpcode::kPong, "abc")));
  peer.Send(proto::EncodeWsClientFrame(WsOpcode::kPong, "", 7));
  EXPECT_TRUE(AwaitHeard("open alive alive "));
}

TEST_F(WebSocketPeerTest, AnswersThePeersCloseAndEnds) {
  TestPeer peer = Open();
  peer.Send(Text("last") + ClientClose(1000) + Text("too late"));
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_FALSE(peer.reset());
  EXPECT_EQ(peer.received(), ServerClose(1000, ""));
  EXPECT_TRUE(AwaitHeard("open text:last closed gone "));
  EXPECT_EQ(counters().websockets.value(), 0u);
  EXPECT_EQ(counters().connections.value(), 0u);
}

TEST_F(WebSocketPeerTest, CloseSendsWhatIsQueuedAndACodeAndWaitsForThePeers) {
  TestPeer peer = Open();
  story_.socket->SendText("before");
  story_.socket->Close(4100, "over capacity");
  story_.socket->SendText("after");
  story_.socket->Close(4000, "again");
  EXPECT_EQ(story_.heard, "open ") << "not inside the call";
  const std::string frames = ServerText("before") + ServerClose(4100, "over capacity");
  EXPECT_TRUE(peer.AwaitText(core_, frames));
  Settle(core_);
  EXPECT_FALSE(peer.end()) << "the peer's turn";
  peer.Send(Text("not heard any more") + ClientClose(4100));
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_EQ(peer.received(), frames);
  EXPECT_TRUE(AwaitHeard("open closed gone "));
}

TEST_F(WebSocketPeerTest, APeerThatNeverAnswersTheCloseIsLeftAfterFiveSeconds) {
  TestPeer peer = Open();
  story_.socket->Close(4200, "restart");
  Settle(core_);
  Advance(4'999);
  EXPECT_EQ(story_.heard, "open ");
  Advance(1);
  EXPECT_TRUE(AwaitHeard("open closed gone "));
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_FALSE(peer.reset());
  EXPECT_EQ(peer.received(), ServerClose(4200, "restart"));
}

TEST_F(WebSocketPeerTest, WhatThePeerDoesWrongIsAnsweredWithItsCode) {
  struct Case {
    std::string bytes;
    uint16_t code;
  };
  limits_.max_message = 100;
  const std::vector<Case> cases = {
      {proto::EncodeWsClientFrame(WsOpcode::kBinary, "abc", 7), 1003},
      {ServerText("not masked"), 1002},
      {"\xff\x80\x01\x02\x03\x04", 1002},
      {Text("\xff\xfe"), 1007},
      {Text(std::string(101, 'a')), 1009},
  };
  for (const Case& bad : cases) {
    story_.heard.clear();
    TestPeer peer = Open();
    peer.Send(bad.bytes + Text("behind it"));
    if (bad.code == 1003) peer.Send(ClientClose(1003));
    EXPECT_TRUE(peer.AwaitEnd(core_));
    EXPECT_FALSE(peer.reset());
    ASSERT_GE(peer.received().size(), 4u) << bad.code;
    EXPECT_EQ(peer.received()[0], '\x88');
    EXPECT_EQ(peer.received().substr(2, 2), ServerClose(bad.code, "").substr(2, 2)) << bad.code;
    EXPECT_TRUE(AwaitHeard("open closed gone "));
  }
  EXPECT_EQ(counters().websocket_errors.value(), cases.size());
}

TEST_F(WebSocketPeerTest, TheListenerMayCloseFromWithinATextAndHearsNoMore) {
  TestPeer peer = Open();
  story_.on_text = [&](std::string_view) { story_.socket->Close(4009, "no"); };
  peer.Send(Text("one") + Text("two"));
  EXPECT_TRUE(peer.AwaitText(core_, ServerClose(4009, "no")));
  EXPECT_EQ(story_.heard, "open text:one ");
}

TEST_F(WebSocketPeerTest, TheListenerMayCloseWhenItOpens) {
  handle_ = [&](std::unique_ptr<http::Exchange> exchange) {
    exchange->AcceptWebSocket(std::make_unique<StoryListener>(story_), limits_);
    story_.socket->Close(4001, "no such app");
  };
  TestPeer peer = Connect();
  peer.Send(kUpgrade + Text("hello"));
  EXPECT_TRUE(peer.AwaitText(core_, ServerClose(4001, "no such app")));
  peer.Send(ClientClose(4001));
  EXPECT_TRUE(AwaitHeard("open closed gone "));
}

TEST_F(WebSocketPeerTest, APeerThatVanishesIsHeardOf) {
  TestPeer peer = Open();
  peer.Reset();
  EXPECT_TRUE(AwaitHeard("open closed gone "));
}

TEST_F(WebSocketPeerTest, TellsWhenASlowPeerHasReadEverything) {
  TestPeer peer = Open(8 << 10);
  const auto frame = base::MakeShared(ServerText(std::string(10'000, 'x')));
  for (int i = 0; i < 1'000; ++i) story_.socket->Send(frame);
  Settle(core_);
  EXPECT_GT(story_.socket->queued_bytes(), 1'000'000u);
  EXPECT_EQ(story_.heard, "open ");
  story_.on_drained = [&] { story_.socket->SendText("more"); };
  EXPECT_TRUE(peer.AwaitText(core_, ServerText("more")));
  EXPECT_EQ(peer.received().size(), 1'000 * frame->size() + ServerText("more").size());
  EXPECT_EQ(story_.heard, "open drained ");
}

TEST_F(WebSocketPeerTest, PingsOfAPeerThatDoesNotReadCostNoMemory) {
  TestPeer peer = Open(8 << 10);
  std::string pings;
  for (int i = 0; i < 1'000; ++i) {
    pings += proto::EncodeWsClientFrame(WsOpcode::kPing, std::string(125, 'p'), 7);
  }
  size_t most = 0;
  EXPECT_TRUE(CrankUntil(core_, [&] {
    peer.Send(pings.substr(0, 131 * 50));
    most = std::max(most, story_.socket->queued_bytes());
    return counters().pongs_dropped.value() > 1'000;
  }));
  EXPECT_LT(most, 128u << 10);
}

TEST_F(WebSocketPeerTest, AClosingPeerThatDoesNotReadIsAborted) {
  TestPeer peer = Open(8 << 10);
  for (int i = 0; i < 100; ++i) story_.socket->SendText(std::string(100'000, 'x'));
  story_.socket->Close(4100, "too slow");
  Settle(core_);
  Advance(5'000);
  EXPECT_TRUE(AwaitHeard("open closed gone "));
  EXPECT_EQ(counters().slow_readers.value(), 1u);
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_TRUE(peer.reset());
}

TEST_F(WebSocketPeerTest, ListenersHearOfTheEndWhenTheServerGoes) {
  TestPeer peer = Open();
  acceptor_.reset();
  lobby_.reset();
  EXPECT_EQ(story_.heard, "open closed gone ");
  EXPECT_TRUE(peer.AwaitEnd(core_));
}

TEST_F(WebSocketPeerTest, DrainingLeavesWebSocketsAlone) {
  TestPeer peer = Open();
  bool drained = false;
  lobby_->Drain([&] { drained = true; });
  EXPECT_TRUE(CrankUntil(core_, [&] { return drained; }));
  story_.socket->SendText("still here");
  EXPECT_TRUE(peer.AwaitText(core_, ServerText("still here")));
}

}  // namespace
}  // namespace offing::http
