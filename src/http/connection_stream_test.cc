#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "http/connection.h"
#include "http/lobby_fixture.h"

namespace offing::http {
namespace {

using net::CrankUntil;
using net::Settle;
using net::TestPeer;
using testing::HasSubstr;

const std::string kHost = "Host: a\r\n";
const std::string kGet = "GET / HTTP/1.1\r\n" + kHost + "\r\n";

class Recorder final : public ExchangeListener {
 public:
  void OnBody(std::string_view bytes) override {
    body += bytes;
    ++pieces;
  }
  void OnBodyEnd() override { ended = true; }
  void OnDrained() override { ++drained; }
  void OnGone() override { gone = true; }
  std::string body;
  int pieces = 0;
  bool ended = false;
  int drained = 0;
  bool gone = false;
};

// The handler keeps the exchange, listens, and streams what it gets.
class StreamTest : public LobbyFixture {
 protected:
  explicit StreamTest(ServerConfig config = {}) : LobbyFixture(config) {
    handle_ = [this](std::unique_ptr<http::Exchange> exchange) {
      exchange_ = std::move(exchange);
      exchange_->Listen(&recorder_);
    };
  }
  BodyMode BodyOf(const Request&) const override { return mode_; }
  bool AwaitExchange() {
    return CrankUntil(core_, [&] { return exchange_ != nullptr; });
  }
  // What a peer gets that asks once for a body of `pieces`, with a length or without.
  std::string Answer(const std::string& request, std::optional<uint64_t> length) {
    TestPeer peer = Connect();
    peer.Send(request);
    EXPECT_TRUE(AwaitExchange());
    ResponseWriter& writer = exchange_->Begin({.headers = {{"x-a", "b"}}}, length);
    writer.Write("hello ");
    writer.Write("world");
    writer.End();
    exchange_.reset();
    Settle(core_);
    peer.Pump();
    open_ = !peer.end();
    return peer.received();
  }

  BodyMode mode_ = BodyMode::kStreamed;
  Recorder recorder_;
  std::unique_ptr<http::Exchange> exchange_;
  bool open_ = false;
};

class SmallLimits : public StreamTest {
 protected:
  SmallLimits() : StreamTest({.max_body_bytes = 4, .max_streamed_body_bytes = 100}) {}
};

TEST_F(StreamTest, ABodyComesInPiecesOnceTheHandlerWantsIt) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\nhel");
  ASSERT_TRUE(AwaitExchange());
  EXPECT_TRUE(exchange_->streamed());
  EXPECT_TRUE(exchange_->request().body.empty());
  peer.Send("lo");
  Settle(core_);
  EXPECT_EQ(recorder_.pieces, 0) << "nobody wants it yet";
  exchange_->ResumeBody();
  EXPECT_EQ(recorder_.pieces, 0) << "never inside the call";
  ASSERT_TRUE(CrankUntil(core_, [&] { return recorder_.body == "hello"; }));
  EXPECT_FALSE(recorder_.ended);
  peer.Send("world" + kGet);
  ASSERT_TRUE(CrankUntil(core_, [&] { return recorder_.ended; }));
  EXPECT_EQ(recorder_.body, "helloworld");
  const auto first = std::move(exchange_);
  first->Send(TextResponse(200, "first"));
  ASSERT_TRUE(AwaitExchange()) << "what was pipelined behind the body is the next request";
  EXPECT_EQ(exchange_->request().method, "GET");
  EXPECT_TRUE(peer.AwaitText(core_, "first"));
}

TEST_F(StreamTest, AChunkedBodyComesWithoutItsChunks) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  ASSERT_TRUE(AwaitExchange());
  exchange_->ResumeBody();
  peer.Send("6\r\n world\r\n0\r\nX: y\r\n\r\n");
  ASSERT_TRUE(CrankUntil(core_, [&] { return recorder_.ended; }));
  EXPECT_EQ(recorder_.body, "hello world");
}

TEST_F(StreamTest, ABodyThatComesWithItsHeadIsWhereItAlwaysIs) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(AwaitExchange());
  EXPECT_FALSE(exchange_->streamed());
  EXPECT_EQ(exchange_->request().body, "hello");
}

TEST_F(StreamTest, AHandlerThatDoesNotReadHoldsTheClientBack) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 100000000\r\n\r\n");
  ASSERT_TRUE(AwaitExchange());
  exchange_->ResumeBody();
  const std::string flood(32 << 20, 'x');
  ASSERT_TRUE(CrankUntil(core_, [&] {
    peer.Send(std::string_view(flood).substr(0, 1 << 20));
    return recorder_.body.size() > 1 << 20;
  }));
  exchange_->PauseBody();
  const size_t before = recorder_.body.size();
  size_t sent = 0;
  for (size_t last = 1; sent != last;) {
    last = sent;
    sent += peer.Send(std::string_view(flood).substr(sent));
    Settle(core_);
  }
  EXPECT_LT(sent, flood.size());
  EXPECT_EQ(recorder_.body.size(), before) << "nothing is kept here";
}

TEST_F(StreamTest, ContinueIsSaidWhenTheHandlerWantsTheBody) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(AwaitExchange());
  Settle(core_);
  peer.Pump();
  EXPECT_EQ(peer.received(), "");
  exchange_->ResumeBody();
  ASSERT_TRUE(peer.AwaitText(core_, "HTTP/1.1 100 Continue\r\n\r\n"));
  peer.Send("hello");
  ASSERT_TRUE(CrankUntil(core_, [&] { return recorder_.ended; }));
  exchange_->Send(TextResponse(200, "done"));
  EXPECT_TRUE(peer.AwaitText(core_, "done"));
  EXPECT_FALSE(peer.end());
}

TEST_F(StreamTest, AnAnswerInsteadOfContinueEndsTheConnection) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(AwaitExchange());
  exchange_->Send(TextResponse(403, "no"));
  ASSERT_TRUE(peer.AwaitEnd(core_));
  EXPECT_THAT(peer.received(), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(CountOf(peer.received(), "HTTP/1.1 "), 1);
}

TEST_F(StreamTest, AMalformedBodyIsAnsweredByTheConnection) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  ASSERT_TRUE(AwaitExchange());
  exchange_->ResumeBody();
  ASSERT_TRUE(CrankUntil(core_, [&] { return recorder_.body == "hello"; }));
  peer.Send("nonsense\r\n");
  ASSERT_TRUE(peer.AwaitEnd(core_));
  EXPECT_THAT(peer.received(), HasSubstr("HTTP/1.1 400 "));
  EXPECT_TRUE(recorder_.gone);
  EXPECT_FALSE(recorder_.ended);
  exchange_->Send(TextResponse(200, "too late"));
}

TEST_F(StreamTest, ABodyThatStopsIsGivenUp) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\n");
  ASSERT_TRUE(AwaitExchange());
  Advance(60'000);
  EXPECT_FALSE(recorder_.gone) << "the handler has not asked for it";
  exchange_->ResumeBody();
  for (int i = 0; i < 3; ++i) {
    peer.Send("x");
    Settle(core_);
    Advance(10'000);
    EXPECT_FALSE(recorder_.gone) << "it comes, slowly";
  }
  Advance(15'000);
  EXPECT_TRUE(recorder_.gone);
  ASSERT_TRUE(peer.AwaitEnd(core_));
  EXPECT_THAT(peer.received(), HasSubstr("HTTP/1.1 408 "));
  EXPECT_EQ(counters().refused_slow.value(), 1u);
}

TEST_F(SmallLimits, AStreamedBodyHasALimitOfItsOwn) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 100\r\n\r\n");
  ASSERT_TRUE(AwaitExchange()) << "more than the limit of a body that is kept";
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 101\r\n\r\n"),
              HasSubstr("HTTP/1.1 413 "));
  TestPeer chunks = Connect();
  exchange_.reset();
  chunks.Send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
  ASSERT_TRUE(AwaitExchange());
  exchange_->ResumeBody();
  chunks.Send("64\r\n");
  ASSERT_TRUE(chunks.AwaitEnd(core_));
  EXPECT_THAT(chunks.received(), HasSubstr("HTTP/1.1 413 "));
}

TEST_F(SmallLimits, AHandlerThatDoesNotStreamKeepsItsOwn) {
  mode_ = BodyMode::kBuffered;
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\n"),
              HasSubstr("HTTP/1.1 413 "));
}

TEST_F(StreamTest, AResponseOfKnownLengthKeepsTheConnection) {
  const std::string answer = Answer(kGet, 11);
  EXPECT_THAT(answer, HasSubstr("x-a: b\r\nContent-Length: 11\r\n\r\nhello world"));
  EXPECT_TRUE(open_);
}

TEST_F(StreamTest, AResponseOfUnknownLengthIsChunked) {
  const std::string answer = Answer(kGet, std::nullopt);
  EXPECT_THAT(
      answer,
      HasSubstr("Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(open_);
}

TEST_F(StreamTest, ToHttp10AResponseOfUnknownLengthEndsWithTheConnection) {
  const std::string answer =
      Answer("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", std::nullopt);
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n\r\nhello world"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("chunked")));
  EXPECT_FALSE(open_);
}

TEST_F(StreamTest, HeadGetsTheHeadAlone) {
  const std::string answer = Answer("HEAD / HTTP/1.1\r\n" + kHost + "\r\n", 11);
  EXPECT_TRUE(answer.ends_with("Content-Length: 11\r\n\r\n"));
  EXPECT_TRUE(open_);
}

TEST_F(StreamTest, AResponseCutShortBreaksTheConnection) {
  for (const bool drop : {false, true}) {
    TestPeer peer = Connect();
    peer.Send(kGet);
    ASSERT_TRUE(AwaitExchange());
    ResponseWriter& writer = exchange_->Begin({}, 11);
    writer.Write("hello");
    Settle(core_);
    if (!drop) writer.End();
    exchange_.reset();
    ASSERT_TRUE(peer.AwaitEnd(core_));
    EXPECT_TRUE(peer.reset()) << "not a clean end";
  }
}

TEST_F(StreamTest, TheHandlerHearsThatTheClientWent) {
  {
    TestPeer peer = Connect();
    peer.Send(kGet);
    ASSERT_TRUE(AwaitExchange());
  }
  ASSERT_TRUE(CrankUntil(core_, [&] { return recorder_.gone; }));
  exchange_->Begin({}, 1).End();
  exchange_.reset();
}

TEST_F(StreamTest, WhatIsPipelinedWhileSomebodyListensIsKeptWithinOneRead) {
  TestPeer peer = Connect();
  peer.Send(kGet);
  ASSERT_TRUE(AwaitExchange());
  const std::string flood(64 << 20, 'x');
  size_t sent = 0;
  for (size_t last = 1; sent != last;) {
    last = sent;
    sent += peer.Send(std::string_view(flood).substr(sent));
    Settle(core_);
  }
  EXPECT_LT(sent, flood.size());
}

TEST_F(StreamTest, AWriterHearsWhenItsClientHasReadEverything) {
  TestPeer peer = Connect(4'096);
  peer.Send(kGet);
  ASSERT_TRUE(AwaitExchange());
  ResponseWriter& writer = exchange_->Begin({}, std::nullopt);
  while (writer.queued_bytes() < 8 << 20) writer.Write(std::string(64 << 10, 'x'));
  writer.AwaitDrained();
  Settle(core_);
  EXPECT_EQ(recorder_.drained, 0);
  ASSERT_TRUE(CrankUntil(core_, [&] {
    peer.Pump();
    return recorder_.drained > 0;
  }));
  writer.End();
  EXPECT_TRUE(CrankUntil(core_, [&] {
    peer.Pump();
    return peer.received().ends_with("0\r\n\r\n");
  }));
}

TEST_F(StreamTest, AClientThatStopsReadingIsAborted) {
  TestPeer peer = Connect(4'096);
  peer.Send(kGet);
  ASSERT_TRUE(AwaitExchange());
  ResponseWriter& writer = exchange_->Begin({}, std::nullopt);
  while (writer.queued_bytes() < 8 << 20) writer.Write(std::string(64 << 10, 'x'));
  Settle(core_);
  Advance(1'000);
  Advance(30'000);
  EXPECT_TRUE(recorder_.gone);
  EXPECT_EQ(counters().slow_readers.value(), 1u);
}

TEST_F(StreamTest, InterimResponsesGoToThoseWhoKnowThem) {
  TestPeer peer = Connect();
  peer.Send(kGet);
  ASSERT_TRUE(AwaitExchange());
  exchange_->Inform({.status = 103, .headers = {{"link", "</a>"}}});
  exchange_->Send(TextResponse(200, "x"));
  ASSERT_TRUE(peer.AwaitText(core_, "\r\n\r\nx"));
  EXPECT_TRUE(
      peer.received().starts_with("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 "));
  exchange_.reset();
  handle_ = [](std::unique_ptr<http::Exchange> exchange) {
    exchange->Inform({.status = 103});
    exchange->Send(TextResponse(200, "old"));
  };
  EXPECT_EQ(CountOf(Exchange("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 "), 1);
}

TEST_F(StreamTest, AStreamIsHandedOverWithWhatCameBehindTheRequest) {
  TestPeer peer = Connect();
  peer.Send(kGet + "early");
  ASSERT_TRUE(AwaitExchange());
  auto taken = exchange_->TakeStream();
  exchange_.reset();
  ASSERT_TRUE(taken);
  Settle(core_);
  EXPECT_EQ(taken->early, "early");
  EXPECT_EQ(counters().connections.value(), 1u) << "it keeps its place";
  EXPECT_EQ(shared_->connections.load(), 1u);
  taken->stream->Write(std::string("raw"));
  EXPECT_TRUE(peer.AwaitText(core_, "raw"));
  taken.reset();
  EXPECT_EQ(counters().connections.value(), 0u);
  EXPECT_EQ(shared_->connections.load(), 0u);
}

TEST_F(StreamTest, AnIdleConnectionIsAsLightAsBefore) {
  EXPECT_LE(sizeof(Connection), 104u);
}

}  // namespace
}  // namespace offing::http
