#include "origin/proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/fake_exchange.h"
#include "net/test_peer.h"
#include "origin/forward.h"

namespace offing::origin {
namespace {

using http::BodyMode;
using http::FakeAnswer;
using http::FakeExchange;
using net::CrankUntil;
using net::Settle;
using testing::HasSubstr;

using Answer = std::shared_ptr<FakeAnswer>;

// One connection as the origin has it.
struct Served final : net::Stream::Listener {
  explicit Served(std::unique_ptr<net::Stream> its_stream) : stream(std::move(its_stream)) {
    stream->SetListener(this);
    stream->ResumeReading();
  }
  void OnBytes(std::span<char> bytes) override { heard.append(bytes.data(), bytes.size()); }
  void OnDrained() override {}
  void OnClosed() override { closed = true; }
  void Say(std::string text) { stream->Write(std::move(text)); }

  std::unique_ptr<net::Stream> stream;
  std::string heard;
  bool closed = false;
};

// A real origin over loopback, whose words the test writes.
class ProxyTest : public testing::Test {
 protected:
  ProxyTest() {
    acceptor_ = std::move(*net::Listen(
        core_, {"127.0.0.1", 0}, net::PortUse::kFirst, [this](std::unique_ptr<net::Stream> stream) {
          served_.push_back(std::make_unique<Served>(std::move(stream)));
        }));
    config_.origin = "http://127.0.0.1:" + std::to_string(acceptor_->port());
    config_.connect_time_ms = 1'000;
  }
  ~ProxyTest() override {
    if (proxy_) proxy_->Stop();
  }

  void Open() { proxy_ = std::move(*Proxy::Open(config_, {{&core_}, clock_, log_, metrics_})); }
  Answer Ask(http::Request request, ForwardOptions options = {},
             BodyMode mode = BodyMode::kBuffered) {
    if (!proxy_) Open();
    auto answer = std::make_shared<FakeAnswer>();
    proxy_->Forward(std::make_unique<FakeExchange>(std::move(request), core_, answer, mode),
                    std::move(options));
    return answer;
  }
  static http::Request Get(std::string target, http::Headers headers = {}) {
    headers.emplace_back("host", "a");
    return http::Get(std::move(target), std::move(headers));
  }
  // The connection on which that was asked.
  Served* Await(const std::string& text) {
    Served* found = nullptr;
    EXPECT_TRUE(CrankUntil(core_, [&] {
      for (const auto& each : served_) {
        if (each->heard.contains(text)) found = each.get();
      }
      return found != nullptr;
    })) << text;
    return found;
  }
  bool AwaitOver(const Answer& answer) {
    return CrankUntil(core_, [&] { return answer->over; });
  }
  void Serve(const Answer& answer, const std::string& asked, std::string text) {
    if (Served* there = Await(asked)) there->Say(std::move(text));
    EXPECT_TRUE(AwaitOver(answer));
  }
  // Time passes, and the sweep looks.
  void Advance(int64_t ms) {
    clock_.Advance(ms);
    bool swept = false;
    const auto timer = core_.After(250, [&] { swept = true; });
    EXPECT_TRUE(CrankUntil(core_, [&] { return swept; }));
  }
  uint64_t Count(const std::string& name) { return metrics_.AddCounter(name, "").value(); }

  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
  std::unique_ptr<net::Acceptor> acceptor_;
  std::deque<std::unique_ptr<Served>> served_;
  ProxyConfig config_;
  std::unique_ptr<Proxy> proxy_;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok";

TEST_F(ProxyTest, PassesRequestAndAnswerOn) {
  const Answer answer = Ask(Get("/x"));
  Serve(answer, "GET /x HTTP/1.1\r\nhost: a\r\n", kOk);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->length, 2u);
  EXPECT_EQ(answer->written, "ok");
  EXPECT_EQ(answer->Header("x-a"), "b");
  EXPECT_TRUE(answer->ended);
}

TEST_F(ProxyTest, AConnectionIsUsedAgain) {
  for (int i = 0; i < 5; ++i) {
    const std::string path = "/" + std::to_string(i);
    Serve(Ask(Get(path)), "GET " + path + " ", kOk);
  }
  EXPECT_EQ(served_.size(), 1u);
  EXPECT_EQ(Count("offing_proxy_connections_reused_total"), 4u);
}

TEST_F(ProxyTest, AConnectionIsNotUsedAgainBehindALeftOver) {
  Serve(Ask(Get("/one")), "/one", kOk + "HTTP/1.1 200 OK\r\n");
  Serve(Ask(Get("/two")), "/two", kOk);
  EXPECT_EQ(served_.size(), 2u);
  EXPECT_EQ(Count("offing_proxy_leftover_total"), 1u);
}

TEST_F(ProxyTest, WhatAKeptConnectionSaysUnaskedClosesIt) {
  Serve(Ask(Get("/one")), "/one", kOk);
  served_[0]->Say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON");
  ASSERT_TRUE(CrankUntil(core_, [&] { return served_[0]->closed; }));
  const Answer two = Ask(Get("/two"));
  Serve(two, "/two", kOk);
  EXPECT_EQ(two->written, "ok");
}

TEST_F(ProxyTest, AKeptConnectionThatWasClosedIsTriedOnceMore) {
  Serve(Ask(Get("/one")), "/one", kOk);
  Served* const first = served_[0].get();
  const Answer two = Ask(Get("/two"));
  ASSERT_EQ(Await("/two"), first);
  first->stream->Abort();
  ASSERT_TRUE(CrankUntil(core_, [&] { return served_.size() == 2; }));
  ASSERT_TRUE(CrankUntil(core_, [&] { return served_[1]->heard.contains("/two"); }));
  served_[1]->Say(kOk);
  ASSERT_TRUE(AwaitOver(two));
  EXPECT_EQ(two->status(), 200);
  EXPECT_EQ(Count("offing_proxy_retries_total"), 1u);
}

TEST_F(ProxyTest, WhatMayHaveHadAnEffectIsNotTriedAgain) {
  Serve(Ask(Get("/one")), "/one", kOk);
  http::Request post = http::MakeRequest("POST", "/two", {{"content-length", "1"}}, "x");
  const Answer two = Ask(std::move(post));
  ASSERT_EQ(Await("/two"), served_[0].get());
  served_[0]->stream->Abort();
  ASSERT_TRUE(AwaitOver(two));
  EXPECT_EQ(two->status(), 502);
  EXPECT_THAT(two->Body(), HasSubstr("closed the connection before it answered"));
}

TEST_F(ProxyTest, AnOriginThatNobodyCanReachIs502) {
  config_.origin = "http://127.0.0.1:1";
  const Answer answer = Ask(Get("/"));
  ASSERT_TRUE(AwaitOver(answer));
  EXPECT_EQ(answer->status(), 502);
  EXPECT_EQ(answer->Body(),
            "502 Bad Gateway: the origin http://127.0.0.1:1 refused the connection\n");
  EXPECT_EQ(answer->Header("retry-after"), "1");
}

TEST_F(ProxyTest, AnOriginThatTalksNonsenseIs502) {
  for (const char* nonsense :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    const Answer answer = Ask(Get("/"));
    ASSERT_TRUE(
        CrankUntil(core_, [&] { return !served_.empty() && !served_.back()->heard.empty(); }));
    served_.back()->Say(nonsense);
    ASSERT_TRUE(AwaitOver(answer)) << nonsense;
    EXPECT_EQ(answer->status(), 502) << nonsense;
    EXPECT_THAT(answer->Body(), HasSubstr(config_.origin));
    served_.clear();
  }
}

TEST_F(ProxyTest, AnOriginThatIsSilentIs504) {
  const Answer answer = Ask(Get("/"));
  Await("GET / ");
  Advance(59'000);
  EXPECT_FALSE(answer->over);
  Advance(1'500);
  ASSERT_TRUE(answer->over);
  EXPECT_EQ(answer->status(), 504);
  EXPECT_THAT(answer->Body(), HasSubstr("did not answer within 60000 ms"));
  EXPECT_TRUE(CrankUntil(core_, [&] { return served_[0]->closed; }));
}

TEST_F(ProxyTest, AnAnswerThatStopsIsBrokenOff) {
  const Answer answer = Ask(Get("/"));
  Await("GET / ")->Say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  ASSERT_TRUE(CrankUntil(core_, [&] { return answer->written == "abc"; }));
  Advance(301'000);
  EXPECT_TRUE(answer->aborted);
}

TEST_F(ProxyTest, AnAnswerCutShortIsNeverACleanEnd) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    served_.clear();
    const Answer answer = Ask(Get("/"));
    Await("GET / ")->Say(head);
    ASSERT_TRUE(CrankUntil(core_, [&] { return answer->written == "abc"; }));
    served_[0]->stream->Close(1'000);
    ASSERT_TRUE(AwaitOver(answer));
    EXPECT_TRUE(answer->aborted);
    EXPECT_FALSE(answer->ended);
  }
}

TEST_F(ProxyTest, ABodyToTheConnectionsEndIsWholeOnlyIfThatIsInOrder) {
  const Answer whole = Ask(Get("/"));
  Await("GET / ")->Say("HTTP/1.1 200 OK\r\n\r\nabc");
  ASSERT_TRUE(CrankUntil(core_, [&] { return whole->written == "abc"; }));
  served_[0]->stream->Close(1'000);
  ASSERT_TRUE(AwaitOver(whole));
  EXPECT_TRUE(whole->ended);
  EXPECT_FALSE(whole->length);
  served_.clear();
  const Answer cut = Ask(Get("/"));
  Await("GET / ")->Say("HTTP/1.1 200 OK\r\n\r\nabc");
  ASSERT_TRUE(CrankUntil(core_, [&] { return cut->written == "abc"; }));
  served_[0]->stream->Abort();
  ASSERT_TRUE(AwaitOver(cut));
  EXPECT_TRUE(cut->aborted);
}

TEST_F(ProxyTest, ABodyIsPassedOnAsItComes) {
  const Answer answer = Ask(http::MakeRequest("POST", "/", {{"transfer-encoding", "chunked"}}), {},
                            BodyMode::kStreamed);
  Served* const there = Await("transfer-encoding: chunked\r\n");
  ASSERT_TRUE(answer->wants_body);
  answer->exchange_listener->OnBody("hello");
  ASSERT_EQ(Await("5\r\nhello\r\n"), there);
  answer->exchange_listener->OnBody("!");
  ASSERT_EQ(Await("1\r\n!\r\n"), there);
  answer->exchange_listener->OnBodyEnd();
  ASSERT_EQ(Await("0\r\n\r\n"), there);
  there->Say(kOk);
  ASSERT_TRUE(AwaitOver(answer));
  EXPECT_TRUE(answer->ended);
}

TEST_F(ProxyTest, TheBodyWaitsUntilTheOriginWantsIt) {
  const Answer answer =
      Ask(http::MakeRequest("POST", "/", {{"content-length", "5"}, {"expect", "100-continue"}}), {},
          BodyMode::kStreamed);
  Served* const there = Await("expect: 100-continue\r\n");
  Settle(core_);
  EXPECT_FALSE(answer->wants_body);
  there->Say("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(CrankUntil(core_, [&] { return answer->wants_body; }));
  EXPECT_TRUE(answer->informed.empty()) << "the connection answers the client itself";
}

TEST_F(ProxyTest, AnOriginThatDoesNotKnowExpectGetsTheBodySoon) {
  const Answer answer =
      Ask(http::MakeRequest("POST", "/", {{"content-length", "5"}, {"expect", "100-continue"}}), {},
          BodyMode::kStreamed);
  Await("expect: 100-continue\r\n");
  Advance(1'100);
  EXPECT_TRUE(answer->wants_body);
}

TEST_F(ProxyTest, EarlyHintsArePassedOn) {
  const Answer answer = Ask(Get("/"));
  Serve(answer, "GET / ", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + kOk);
  ASSERT_EQ(answer->informed.size(), 1u);
  EXPECT_EQ(http::FindHeader(answer->informed[0].headers, "link"), "</a.css>");
  EXPECT_TRUE(answer->ended);
}

TEST_F(ProxyTest, AClientThatDoesNotReadHoldsTheOriginBack) {
  const Answer answer = Ask(Get("/"));
  Served* const there = Await("GET / ");
  answer->queued = 1 << 20;
  there->Say("HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n" + std::string(100, 'a'));
  ASSERT_TRUE(CrankUntil(core_, [&] { return answer->awaits_drained; }));
  there->Say(std::string(20 << 20, 'a'));
  Settle(core_);
  EXPECT_LT(answer->written.size(), 100u + (256 << 10)) << "reading is paused";
  EXPECT_GT(there->stream->queued_bytes(), 0u);
  Advance(400'000);
  EXPECT_FALSE(answer->over) << "the silence is not the origin's";
  answer->queued = 0;
  answer->exchange_listener->OnDrained();
  EXPECT_TRUE(CrankUntil(core_, [&] { return answer->written.size() >= 20u << 20; }));
}

TEST_F(ProxyTest, WhenTheClientGoesTheOriginHearsOfIt) {
  const Answer answer = Ask(Get("/"));
  Served* const there = Await("GET / ");
  answer->exchange_listener->OnGone();
  EXPECT_TRUE(CrankUntil(core_, [&] { return there->closed; }));
  EXPECT_TRUE(answer->over);
}

TEST_F(ProxyTest, BeyondItsConnectionsRequestsWaitAndBeyondThatAreRefused) {
  config_.max_connections_per_core = 1;
  config_.max_waiting = 1;
  const Answer one = Ask(Get("/one"));
  Await("/one");
  const Answer two = Ask(Get("/two"));
  const Answer three = Ask(Get("/three"));
  ASSERT_TRUE(AwaitOver(three));
  EXPECT_EQ(three->status(), 503);
  EXPECT_EQ(three->Header("retry-after"), "1");
  EXPECT_FALSE(two->over);
  served_[0]->Say(kOk);
  Serve(two, "/two", kOk);
  EXPECT_EQ(served_.size(), 1u);
  EXPECT_EQ(two->status(), 200);
}

TEST_F(ProxyTest, AClientThatGoesWhileItWaitsGetsNoConnection) {
  config_.max_connections_per_core = 1;
  Answer two;
  // In the very round in which the connection becomes free, and before it is given away.
  const Answer one = Ask(Get("/one"), {.amend = [&](http::Response&) {
                           core_.Defer([&] { two->exchange_listener->OnGone(); });
                         }});
  Await("/one");
  two = Ask(Get("/two"));
  const Answer three = Ask(Get("/three"));
  served_[0]->Say(kOk);
  Serve(three, "/three", kOk);
  EXPECT_EQ(three->status(), 200);
  EXPECT_FALSE(served_[0]->heard.contains("/two"));
}

TEST_F(ProxyTest, AHeadIsAmendedBeforeItIsSentOn) {
  const Answer answer = Ask(Get("/"), {.amend = [](http::Response& head) {
                              head.headers.emplace_back("offing-position", "1:2");
                            }});
  Serve(answer, "GET / ", kOk);
  EXPECT_EQ(answer->Header("offing-position"), "1:2");
}

TEST_F(ProxyTest, AnAnswerThatIsDeclinedGivesTheExchangeToSomebodyElse) {
  const auto options = [] {
    return ForwardOptions{.decline = [](const http::Response& head) { return head.status == 404; },
                          .otherwise =
                              [](std::unique_ptr<http::Exchange> exchange) {
                                exchange->Send(http::TextResponse(200, "ours"));
                              }};
  };
  const Answer declined = Ask(Get("/a"), options());
  Serve(declined, "GET /a ", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
  EXPECT_EQ(declined->Body(), "ours");
  EXPECT_TRUE(declined->written.empty());
  const Answer taken = Ask(Get("/b"), options());
  Serve(taken, "GET /b ", kOk);
  EXPECT_EQ(taken->written, "ok");
  const Answer broken = Ask(Get("/c"), options());
  Serve(broken, "GET /c ", "nonsense\r\n\r\n");
  EXPECT_EQ(broken->Body(), "ours");
}

TEST_F(ProxyTest, ACircleOfProxiesEnds) {
  std::string via = "1.1 offing";
  for (size_t i = 1; i < kMaxHops; ++i) via += ", 1.1 offing";
  const Answer answer = Ask(Get("/", {{"via", via}}));
  EXPECT_EQ(answer->status(), 508);
}

TEST_F(ProxyTest, TraceIsNotPassedOn) {
  EXPECT_EQ(Ask(http::MakeRequest("TRACE", "/", {{"host", "a"}}))->status(), 405);
}

TEST_F(ProxyTest, ASwitchThatNobodyAskedForIs502) {
  const Answer answer = Ask(Get("/"));
  Serve(answer, "GET / ", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(answer->status(), 502);
}

// What the server asks the origin itself, and how it ended.
class AskingTest : public ProxyTest {
 protected:
  struct Ended {
    bool over = false;
    base::Result<http::Response> result = base::Fail(base::Code::kClosed, "not yet");
    std::string body() { return std::get<std::string>(result->body); }
  };
  std::shared_ptr<Ended> AskItself(std::string path, AskLimits limits = {1'000, 2'000}) {
    if (!proxy_) Open();
    auto ended = std::make_shared<Ended>();
    proxy_->Ask(core_, Get(std::move(path), {{"cookie", "sid=1"}}), limits, [ended](auto result) {
      ended->over = true;
      ended->result = std::move(result);
    });
    return ended;
  }
  bool AwaitEnd(const std::shared_ptr<Ended>& ended) {
    return CrankUntil(core_, [&] { return ended->over; });
  }
};

TEST_F(AskingTest, CollectsTheWholeAnswer) {
  const auto ended = AskItself("/whoami");
  Served* there = Await("/whoami");
  ASSERT_NE(there, nullptr);
  EXPECT_THAT(there->heard, HasSubstr("GET /whoami HTTP/1.1\r\n"));
  EXPECT_THAT(there->heard, HasSubstr("cookie: sid=1\r\n"));
  there->Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  Settle(core_);
  EXPECT_FALSE(ended->over);
  there->Say("2\r\nde\r\n0\r\n\r\n");
  ASSERT_TRUE(AwaitEnd(ended));
  ASSERT_TRUE(ended->result) << ended->result.error().detail;
  EXPECT_EQ(ended->result->status, 200);
  EXPECT_EQ(ended->body(), "abcde");
  // And over the same connection again.
  const auto again = AskItself("/second");
  EXPECT_EQ(Await("/second"), there);
  there->Say("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(AwaitEnd(again));
  EXPECT_EQ(again->result->status, 204);
}

TEST_F(AskingTest, AsksOnceMoreIfAKeptConnectionWasClosed) {
  const auto first = AskItself("/first");
  Served* there = Await("/first");
  there->Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(AwaitEnd(first));
  const auto second = AskItself("/second");
  Await("/second")->stream->Abort();
  ASSERT_TRUE(CrankUntil(core_, [&] {
    return served_.back().get() != there && served_.back()->heard.contains("/second");
  }));
  served_.back()->Say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  ASSERT_TRUE(AwaitEnd(second));
  EXPECT_TRUE(second->result);
}

TEST_F(AskingTest, SaysWhyThereIsNoAnswer) {
  const auto large = AskItself("/large", {4, 2'000});
  Await("/large")->Say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde");
  ASSERT_TRUE(AwaitEnd(large));
  EXPECT_EQ(large->result.error().code, base::Code::kTooLarge);

  const auto broken = AskItself("/broken");
  Await("/broken")->Say("nonsense\r\n\r\n");
  ASSERT_TRUE(AwaitEnd(broken));
  EXPECT_EQ(broken->result.error().code, base::Code::kUnavailable);

  const auto hung = AskItself("/hung");
  Served* there = Await("/hung");
  there->Say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  Settle(core_);
  there->stream->Abort();
  ASSERT_TRUE(AwaitEnd(hung));
  EXPECT_EQ(hung->result.error().code, base::Code::kUnavailable);
}

TEST_F(AskingTest, WaitsNoLongerThanItWasTold) {
  const auto late = AskItself("/late", {1'000, 500});
  Await("/late");
  Advance(499);
  EXPECT_FALSE(late->over);
  Advance(1);
  ASSERT_TRUE(AwaitEnd(late));
  EXPECT_EQ(late->result.error().code, base::Code::kTimeout);
}

}  // namespace
}  // namespace offing::origin
