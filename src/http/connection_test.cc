#include "http/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <string>
#include <vector>

#include "http/lobby_fixture.h"

namespace offing::http {
namespace {

using net::CrankUntil;
using net::Settle;
using net::TestPeer;

const std::string kHost = "Host: a\r\n";

class ConnectionTest : public LobbyFixture {
 protected:
  using LobbyFixture::LobbyFixture;
  // Keeps exchanges instead of answering them.
  void Hold() {
    handle_ = [this](std::unique_ptr<http::Exchange> exchange) {
      held_.push_back(std::move(exchange));
    };
  }
  bool AwaitHeld(size_t count) {
    return CrankUntil(core_, [&] { return held_.size() >= count; });
  }
  std::vector<std::unique_ptr<http::Exchange>> held_;
};

TEST_F(ConnectionTest, AnswersWithTheHeadersThatAreItsOwn) {
  clock_.Advance(5'000);
  const std::string answer = Exchange("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer,
            "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:25 GMT\r\nServer: offing\r\n"
            "content-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\n"
            "Content-Length: 7\r\nConnection: close\r\n\r\nGET /x ");
}

TEST_F(ConnectionTest, KeepsTheConnectionForTheNextRequest) {
  TestPeer peer = Connect();
  for (const char* target : {"/one", "/two", "/three"}) {
    peer.Send("GET " + std::string(target) + " HTTP/1.1\r\n" + kHost + "\r\n");
    EXPECT_TRUE(peer.AwaitText(core_, std::string("GET ") + target));
  }
  EXPECT_FALSE(peer.end());
  EXPECT_EQ(counters().accepted.value(), 1u);
  EXPECT_EQ(counters().requests.value(), 3u);
}

TEST_F(ConnectionTest, SpeaksTheOlderVersionToo) {
  EXPECT_TRUE(Exchange("GET / HTTP/1.0\r\n\r\n").ends_with("Connection: close\r\n\r\nGET / "));
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(peer.AwaitText(core_, "Connection: keep-alive\r\n\r\nGET / "));
  EXPECT_FALSE(peer.end());
}

TEST_F(ConnectionTest, AnswersPipelinedRequestsOneByOneAndInOrder) {
  Hold();
  TestPeer peer = Connect();
  std::string bytes;
  for (int i = 0; i < 5; ++i) {
    bytes += "POST /" + std::to_string(i) + " HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\n\r\n" +
             std::to_string(i);
  }
  peer.Send(bytes);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(AwaitHeld(1));
    Settle(core_);
    ASSERT_EQ(held_.size(), 1u) << "one at a time";
    EXPECT_EQ(held_[0]->request().body, std::to_string(i));
    held_[0]->Send(TextResponse(200, "answer " + std::to_string(i)));
    held_.clear();
  }
  ASSERT_TRUE(peer.AwaitText(core_, "answer 4"));
  EXPECT_EQ(CountOf(peer.received(), "HTTP/1.1 200"), 5);
  EXPECT_LT(peer.received().find("answer 0"), peer.received().find("answer 1"));
}

TEST_F(ConnectionTest, ManyPipelinedRequestsAnsweredAtOnceNeedNoDeepStack) {
  std::string bytes;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) bytes += "GET / HTTP/1.1\r\n" + kHost + "\r\n";
  TestPeer peer = Connect();
  size_t sent = 0;
  EXPECT_TRUE(CrankUntil(core_, [&] {
    sent += peer.Send(std::string_view(bytes).substr(sent));
    peer.Pump();
    return counters().requests.value() == kRequests;
  }));
}

TEST_F(ConnectionTest, DoesNotReadAheadWhileARequestWaits) {
  Hold();
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(AwaitHeld(1));
  const std::string flood(64 << 20, 'x');
  size_t sent = 0;
  size_t last = 1;
  while (sent != last) {
    last = sent;
    sent += peer.Send(std::string_view(flood).substr(sent));
    Settle(core_);
  }
  EXPECT_LT(sent, flood.size()) << "the peer is held back by its own socket";
}

TEST_F(ConnectionTest, GivesNoBodyToHeadAndTo204And304) {
  const std::string end = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::string head = Exchange("HEAD /abc" + end);
  EXPECT_NE(head.find("Content-Length: 10\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  for (const int status : {204, 304}) {
    handle_ = [&](std::unique_ptr<http::Exchange> exchange) {
      exchange->Send({.status = status, .headers = {{"etag", "\"x\""}}, .body = "body"});
    };
    const std::string answer = Exchange("GET /" + end);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_NE(answer.find("etag: \"x\""), std::string::npos);
  }
}

TEST_F(ConnectionTest, TellsAClientThatWaitsToContinue) {
  TestPeer peer = Connect();
  peer.Send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  ASSERT_TRUE(peer.AwaitText(core_, "HTTP/1.1 100 Continue\r\n\r\n"));
  peer.Send("body");
  ASSERT_TRUE(peer.AwaitText(core_, "PUT / body"));
  EXPECT_EQ(CountOf(peer.received(), "100 Continue"), 1);
}

TEST_F(ConnectionTest, ReadsAChunkedBody) {
  EXPECT_TRUE(Exchange("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                  .ends_with("POST / abcde"));
}

TEST_F(ConnectionTest, RefusesASmuggledRequestAndNeverHandlesWhatFollows) {
  const std::string answer = Exchange(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(CountOf(answer, "HTTP/1.1"), 1);
  EXPECT_EQ(counters().requests.value(), 0u);
  EXPECT_EQ(counters().refused_other.value(), 1u);
}

TEST_F(ConnectionTest, EachLimitHasItsStatusAndItsCounter) {
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_TRUE(Exchange(line + kHost + "X: " + std::string(20'000, 'a') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(Exchange("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n")
                  .starts_with("HTTP/1.1 414 "));
  EXPECT_TRUE(
      Exchange(line + kHost + "Content-Length: 1048577\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(counters().refused_header.value(), 1u);
  EXPECT_EQ(counters().refused_target.value(), 1u);
  EXPECT_EQ(counters().refused_body.value(), 1u);
  EXPECT_TRUE(Exchange(line + kHost + "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")
                  .find("sec-websocket-version: 13\r\n") != std::string::npos);
}

TEST_F(ConnectionTest, APeerThatSendsABodyOverTheLimitStillReadsTheAnswer) {
  TestPeer peer = Connect();
  peer.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
  EXPECT_TRUE(peer.SendAll(core_, std::string(5'000'000, 'x')));
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_FALSE(peer.reset());
  EXPECT_TRUE(peer.received().starts_with("HTTP/1.1 413 "));
}

TEST_F(ConnectionTest, ARequestThatDoesNotComeWholeInTimeIs408) {
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n");
  Settle(core_);
  Advance(14'000);
  peer.Send(kHost);  // a byte now and then does not buy more time
  Settle(core_);
  EXPECT_EQ(counters().refused_slow.value(), 0u);
  Advance(1'000);
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_TRUE(peer.received().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(counters().refused_slow.value(), 1u);
}

TEST_F(ConnectionTest, AnIdleConnectionIsClosedWithoutAWord) {
  TestPeer fresh = Connect();
  TestPeer used = Connect();
  Settle(core_);
  Advance(74'000);
  used.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(used.AwaitText(core_, "GET / "));
  Advance(1'000);
  EXPECT_TRUE(fresh.AwaitEnd(core_));
  EXPECT_EQ(fresh.received(), "");
  EXPECT_FALSE(used.end());
  Advance(75'000);
  EXPECT_TRUE(used.AwaitEnd(core_));
  EXPECT_TRUE(CrankUntil(core_, [&] { return counters().connections.value() == 0; }));
}

TEST_F(ConnectionTest, AHandlerMayTakeLongerThanAnyTimeout) {
  Hold();
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(AwaitHeld(1));
  Advance(1'000'000);
  held_[0]->Send(TextResponse(200, "at last"));
  EXPECT_TRUE(peer.AwaitText(core_, "at last"));
}

TEST_F(ConnectionTest, AnExchangeThatIsDroppedIsAnswered500) {
  Hold();
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(AwaitHeld(1));
  held_.clear();
  EXPECT_TRUE(peer.AwaitText(core_, "HTTP/1.1 500 "));
  EXPECT_EQ(counters().unanswered.value(), 1u);
}

TEST_F(ConnectionTest, AnsweringAPeerThatVanishedDoesNothing) {
  Hold();
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(AwaitHeld(1));
  peer.Reset();
  const int fd = memfd_create("file", MFD_CLOEXEC);
  held_[0]->Send({.body = FileBody{fd, 0, 1'000}});
  held_[0]->Send(TextResponse(200, "twice"));
  EXPECT_TRUE(CrankUntil(core_, [&] { return counters().connections.value() == 0; }));
  EXPECT_LT(fcntl(fd, F_GETFD), 0);
  held_.clear();
  EXPECT_EQ(counters().unanswered.value(), 0u);
}

TEST_F(ConnectionTest, AnExchangeOutlivesItsConnectionAndItsLobby) {
  Hold();
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(AwaitHeld(1));
  acceptor_.reset();
  lobby_.reset();
  EXPECT_EQ(held_[0]->request().target, "/");
  const int fd = memfd_create("file", MFD_CLOEXEC);
  held_[0]->Send({.body = FileBody{fd, 0, 1}});
  EXPECT_LT(fcntl(fd, F_GETFD), 0);
  held_.clear();
  Settle(core_);
}

TEST_F(ConnectionTest, SendsAFileAndGoesOn) {
  std::string content;
  while (content.size() < 2'000'000) content += std::to_string(content.size());
  handle_ = [&](std::unique_ptr<http::Exchange> exchange) {
    const int fd = memfd_create("file", MFD_CLOEXEC);
    EXPECT_EQ(write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    exchange->Send({.body = FileBody{fd, 5, content.size() - 5}});
  };
  TestPeer peer = Connect();
  const std::string request = "GET / HTTP/1.1\r\n" + kHost + "\r\n";
  peer.Send(request + request);
  size_t all = 2 * (content.size() - 5);
  EXPECT_TRUE(CrankUntil(core_, [&] {
    peer.Pump();
    return peer.received().size() > all && counters().requests.value() == 2;
  }));
  Settle(core_);
  peer.Pump();
  EXPECT_TRUE(peer.received().ends_with(content.substr(5)));
  EXPECT_EQ(CountOf(peer.received(), "HTTP/1.1 200 OK"), 2);
}

TEST_F(ConnectionTest, SendsABodyOfPiecesInOrderAndClosesTheFilesOfOneThatIsNotWanted) {
  std::vector<int> fds;
  handle_ = [&](std::unique_ptr<http::Exchange> exchange) {
    BodyPieces pieces;
    for (const uint64_t offset : {3, 0}) {
      const int fd = fds.emplace_back(memfd_create("file", MFD_CLOEXEC));
      EXPECT_EQ(write(fd, "0123456789", 10), 10);
      pieces.emplace_back("<" + std::to_string(offset) + ">");
      pieces.emplace_back(FileBody{fd, offset, 2});
    }
    exchange->Send({.body = std::move(pieces)});
  };
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(peer.AwaitText(core_, "<0>01"));
  EXPECT_TRUE(peer.received().ends_with("Content-Length: 10\r\n\r\n<3>34<0>01"));
  peer.Send("HEAD / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(CrankUntil(core_, [&] { return counters().requests.value() == 2; }));
  Settle(core_);
  for (const int fd : fds) EXPECT_LT(fcntl(fd, F_GETFD), 0);
}

TEST_F(ConnectionTest, APeerThatDoesNotReadIsAbortedButASlowOneIsNot) {
  handle_ = [](std::unique_ptr<http::Exchange> exchange) {
    const int fd = memfd_create("file", MFD_CLOEXEC);
    EXPECT_EQ(ftruncate(fd, 50 << 20), 0);
    exchange->Send({.body = FileBody{fd, 0, 50 << 20}});
  };
  TestPeer peer = Connect(8 << 10);
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  ASSERT_TRUE(CrankUntil(core_, [&] { return counters().requests.value() == 1; }));
  Settle(core_);
  for (int i = 0; i < 5; ++i) {
    Advance(29'000);
    peer.Pump(4 << 20);
    Settle(core_);
  }
  EXPECT_EQ(counters().slow_readers.value(), 0u);
  EXPECT_EQ(counters().connections.value(), 1u);
  Advance(1'000);
  Advance(30'000);
  EXPECT_EQ(counters().slow_readers.value(), 1u);
  EXPECT_TRUE(CrankUntil(core_, [&] { return counters().connections.value() == 0; }));
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_TRUE(peer.reset());
}

TEST_F(ConnectionTest, AClientThatStopsSendingStillGetsItsAnswer) {
  handle_ = [](std::unique_ptr<http::Exchange> exchange) {
    exchange->Send(TextResponse(200, std::string(5'000'000, 'x')));
  };
  TestPeer peer = Connect();
  peer.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  peer.HalfClose();
  EXPECT_TRUE(peer.AwaitEnd(core_));
  EXPECT_GT(peer.received().size(), 5'000'000u);
}

TEST_F(ConnectionTest, AHeaderWithALineBreakIsLeftOut) {
  handle_ = [](std::unique_ptr<http::Exchange> exchange) {
    exchange->Send({.headers = {{"x", "a\r\nset-cookie: b"}, {"y", "z"}}, .body = "body"});
  };
  const std::string answer = Exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.find("set-cookie"), std::string::npos);
  EXPECT_NE(answer.find("y: z\r\n"), std::string::npos);
}

class SmallLobbyTest : public ConnectionTest {
 protected:
  SmallLobbyTest() : ConnectionTest(ServerConfig{.max_connections = 2}) {}
};

TEST_F(SmallLobbyTest, ConnectionsBeyondTheLimitAreAnswered503) {
  TestPeer first = Connect();
  TestPeer second = Connect();
  ASSERT_TRUE(CrankUntil(core_, [&] { return counters().connections.value() == 2; }));
  TestPeer third = Connect();
  EXPECT_TRUE(third.AwaitEnd(core_));
  EXPECT_TRUE(third.received().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(counters().refused_connections.value(), 1u);
  second.Close();
  ASSERT_TRUE(CrankUntil(core_, [&] { return counters().connections.value() == 1; }));
  TestPeer fourth = Connect();
  fourth.Send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(fourth.AwaitText(core_, "GET / "));
}

TEST_F(ConnectionTest, DrainingClosesIdleConnectionsAndFinishesTheOthers) {
  Hold();
  TestPeer idle = Connect();
  TestPeer busy = Connect();
  TestPeer half = Connect();
  busy.Send("GET /busy HTTP/1.1\r\n" + kHost + "\r\n");
  half.Send("GET /half HTTP/1.1\r\n");
  ASSERT_TRUE(AwaitHeld(1));
  ASSERT_TRUE(CrankUntil(core_, [&] { return counters().connections.value() == 3; }));
  Settle(core_);
  int drained = 0;
  lobby_->Drain([&] { ++drained; });
  EXPECT_TRUE(idle.AwaitEnd(core_));
  EXPECT_EQ(idle.received(), "");
  half.Send(kHost + "\r\n");
  ASSERT_TRUE(AwaitHeld(2));
  EXPECT_EQ(drained, 0);
  held_[1]->Send(TextResponse(200, "half answer"));
  held_[0]->Send(TextResponse(200, std::string(5'000'000, 'x')));
  held_.clear();
  Settle(core_);
  EXPECT_EQ(drained, 0) << "5 MB are not with the kernel yet";
  EXPECT_TRUE(half.AwaitEnd(core_));
  EXPECT_NE(half.received().find("Connection: close"), std::string::npos);
  EXPECT_TRUE(half.received().ends_with("half answer"));
  EXPECT_TRUE(busy.AwaitEnd(core_));
  EXPECT_GT(busy.received().size(), 5'000'000u);
  EXPECT_TRUE(CrankUntil(core_, [&] { return drained == 1; }));
}

}  // namespace
}  // namespace offing::http
