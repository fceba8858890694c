#include "origin/response_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace offing::origin {
namespace {

using State = ResponseParser::State;
using Kind = ResponseParser::RequestKind;
using testing::HasSubstr;

struct Outcome final : ResponseParser::Sink {
  void OnInterim(ResponseHead head) override { interims.push_back(head.status); }
  void OnResponseHead(ResponseHead its_head) override { head = std::move(its_head); }
  void OnResponseBody(std::string_view bytes) override { body += bytes; }

  State state = State::kNeedMore;
  std::vector<int> interims;
  ResponseHead head;
  std::string body;
  std::string rest;
  std::string error;
  bool keep_alive = false;
};

enum class Then { kMore, kEnd };

Outcome ParseCut(std::string_view bytes, size_t cut, Kind kind, Then then) {
  ResponseParser parser(kind, 1'000);
  Outcome outcome;
  while (!bytes.empty() && outcome.state == State::kNeedMore) {
    const std::string piece(bytes.substr(0, cut));
    std::string_view rest = piece;
    outcome.state = parser.Feed(rest, outcome);
    bytes.remove_prefix(piece.size() - rest.size());
  }
  outcome.rest = bytes;
  if (then == Then::kEnd) outcome.state = parser.FeedEnd();
  outcome.error = parser.error();
  outcome.keep_alive = parser.keep_alive();
  return outcome;
}

// The outcome is the same however the bytes are cut.
Outcome Parse(std::string_view bytes, Kind kind = Kind::kOther, Then then = Then::kMore) {
  Outcome whole = ParseCut(bytes, bytes.size(), kind, then);
  for (const size_t cut : {1, 2, 3, 7}) {
    const Outcome other = ParseCut(bytes, cut, kind, then);
    EXPECT_EQ(other.state, whole.state) << bytes << " cut at " << cut;
    EXPECT_EQ(other.head.status, whole.head.status) << bytes;
    if (whole.state == State::kDone) {
      EXPECT_EQ(other.body, whole.body) << bytes;
      EXPECT_EQ(other.rest, whole.rest) << bytes;
    }
  }
  return whole;
}

std::string Response(const std::string& headers, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
}

TEST(ResponseParser, ReadsABodyOfKnownLength) {
  const Outcome outcome = Parse(Response("Content-Length: 5\r\nX-A: b\r\n", "hellonext"));
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_EQ(outcome.rest, "next");
  EXPECT_EQ(http::FindHeader(outcome.head.headers, "x-a"), "b");
  EXPECT_TRUE(outcome.keep_alive);
}

TEST(ResponseParser, ReadsChunksAndThrowsTrailersAway) {
  const Outcome outcome = Parse(Response("Transfer-Encoding: chunked\r\n",
                                         "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nX-T: y\r\n\r\nnext"));
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.body, "hello!");
  EXPECT_EQ(outcome.rest, "next");
  EXPECT_TRUE(http::FindHeader(outcome.head.headers, "x-t").empty());
}

TEST(ResponseParser, HandsOnEveryByteOfAChunkAsItComes) {
  ResponseParser parser(Kind::kOther, 1'000);
  Outcome outcome;
  for (const auto& [bytes, so_far] : std::vector<std::pair<std::string, std::string>>{
           {Response("Transfer-Encoding: chunked\r\n", "4\r\na"), "a"},
           {"b", "ab"},
           {"c", "abc"},
           {"d\r\n", "abcd"}}) {
    std::string_view rest = bytes;
    EXPECT_EQ(parser.Feed(rest, outcome), State::kNeedMore);
    EXPECT_EQ(outcome.body, so_far);
  }
}

TEST(ResponseParser, ReadsToTheEndOnlyWhereNothingSaysWhereTheBodyEnds) {
  const Outcome outcome = Parse(Response("", "hello"), Kind::kOther, Then::kEnd);
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_FALSE(outcome.keep_alive);
  for (const std::string& cut : {Response("Content-Length: 5\r\n", "hell"),
                                 Response("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"),
                                 Response("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n"),
                                 std::string("HTTP/1.1 200 OK\r\nX"), std::string()}) {
    EXPECT_EQ(Parse(cut, Kind::kOther, Then::kEnd).state, State::kError) << cut;
  }
}

TEST(ResponseParser, KnowsAnswersWithoutABody) {
  EXPECT_EQ(Parse(Response("Content-Length: 5\r\n", "next"), Kind::kHead).rest, "next");
  EXPECT_EQ(Parse(Response("Transfer-Encoding: chunked\r\n", "next"), Kind::kHead).rest, "next");
  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    const Outcome outcome =
        Parse("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\n\r\nnext");
    EXPECT_EQ(outcome.state, State::kDone);
    EXPECT_EQ(outcome.rest, "next");
  }
}

TEST(ResponseParser, TellsWhatComesBeforeTheFinalResponse) {
  const Outcome outcome =
      Parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
            Response("Content-Length: 0\r\n"));
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_THAT(outcome.interims, testing::ElementsAre(100, 103));
  EXPECT_EQ(outcome.head.status, 200);
  std::string endless;
  for (int i = 0; i < 20; ++i) endless += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_THAT(Parse(endless).error, HasSubstr("too many"));
}

TEST(ResponseParser, StopsBehindASwitchOfProtocols) {
  const Outcome outcome =
      Parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nframe");
  EXPECT_EQ(outcome.state, State::kSwitched);
  EXPECT_EQ(outcome.head.status, 101);
  EXPECT_EQ(outcome.rest, "frame");
}

TEST(ResponseParser, KeepsNoConnectionThatTheOriginWillClose) {
  EXPECT_FALSE(Parse(Response("Content-Length: 0\r\nConnection: close\r\n")).keep_alive);
  EXPECT_FALSE(Parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_TRUE(
      Parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(ResponseParser, RefusesWhateverCouldBeReadInTwoWays) {
  for (const std::string& bytes : std::vector<std::string>{
           Response("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
           Response("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
           Response("Content-Length: 5\r\nContent-Length: 6\r\n"),
           Response("Content-Length: 5\r\nContent-Length: 5\r\n"),
           Response("Content-Length: 5, 5\r\n"),
           Response("Content-Length: +5\r\n"),
           Response("Content-Length: -5\r\n"),
           Response("Content-Length: 0x5\r\n"),
           Response("Content-Length: 99999999999999999999\r\n"),
           Response("Transfer-Encoding: gzip, chunked\r\n"),
           Response("Transfer-Encoding: identity\r\n"),
           Response("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
           Response("Transfer-Encoding : chunked\r\n"),
           Response("X: a\r\n b\r\n"),
           Response("X: a\nY: b\r\n"),
           Response("X: a\rY: b\r\n"),
           Response(std::string("X: a\0b\r\n", 8)),
           Response("X y: z\r\n"),
           Response(": z\r\n"),
           Response("no colon\r\n"),
           "HTTP/1.1 200 OK\nX: a\n\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/2.0 200 OK\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "http/1.1 200 OK\r\n\r\n",
           "ICY 200 OK\r\n\r\n",
           " HTTP/1.1 200 OK\r\n\r\n",
           "\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
    const Outcome outcome = Parse(bytes);
    EXPECT_EQ(outcome.state, State::kError) << bytes;
    EXPECT_EQ(outcome.head.status, 0) << "no head of it is handed on: " << bytes;
    EXPECT_FALSE(outcome.error.empty()) << bytes;
  }
}

TEST(ResponseParser, RefusesMalformedChunks) {
  for (const char* body : {"x\r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloXX0\r\n\r\n", "-1\r\nxxxx",
                           "fffffffffffffffff\r\n", "5 ;\x01=\r\nhello\r\n", "\r\n\r\nxx"}) {
    EXPECT_EQ(Parse(Response("Transfer-Encoding: chunked\r\n", body)).state, State::kError) << body;
  }
}

TEST(ResponseParser, EnforcesItsLimits) {
  EXPECT_THAT(Parse(Response("X: " + std::string(1'000, 'a') + "\r\n")).error,
              HasSubstr("too long"));
  EXPECT_EQ(Parse("HTTP/1.1 200 " + std::string(1'100, 'a')).state, State::kError);
  EXPECT_THAT(
      Parse(Response("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(1'100, 'a'))).error,
      HasSubstr("too long"));
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a:\r\n";
  ResponseParser parser(Kind::kOther, 10'000);
  Outcome outcome;
  const std::string bytes = Response(many);
  std::string_view rest = bytes;
  EXPECT_EQ(parser.Feed(rest, outcome), State::kError);
  EXPECT_EQ(parser.error(), "sent too many headers");
}

}  // namespace
}  // namespace offing::origin
