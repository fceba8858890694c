#include "http/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace offing::http {
namespace {

using State = RequestParser::State;

struct Outcome {
  State state = State::kNeedMore;
  int status = 0;
  std::string text;
  Request request;
  bool keep_alive = false;
  bool expected = false;  // 100-continue was wanted at some point
  std::string rest;
};

// Feeds `bytes` in two pieces, the cut being at `cut`.
Outcome ParseCut(const std::string& bytes, size_t cut, const ParserLimits& limits = {}) {
  RequestParser parser(limits);
  Outcome outcome;
  std::string_view rest;
  for (std::string_view piece :
       {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
    std::string copy(piece);  // so that a sanitizer sees reads beyond the piece
    if (outcome.state != State::kNeedMore) {
      outcome.rest += copy;
      continue;
    }
    rest = copy;
    outcome.state = parser.Feed(rest);
    outcome.expected |= parser.TakeExpectation();
    outcome.rest += rest;
  }
  outcome.status = parser.error_status();
  outcome.text = parser.error_text();
  outcome.keep_alive = parser.keep_alive();
  outcome.request = std::move(parser.request());
  return outcome;
}

// At every cut the outcome must be the same; returns that of the uncut bytes.
Outcome ParseAtEveryCut(const std::string& bytes, const ParserLimits& limits = {}) {
  const Outcome whole = ParseCut(bytes, bytes.size(), limits);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    const Outcome other = ParseCut(bytes, cut, limits);
    EXPECT_EQ(other.state, whole.state) << "cut at " << cut;
    EXPECT_EQ(other.status, whole.status) << "cut at " << cut;
    if (whole.state != State::kDone) continue;
    EXPECT_EQ(other.request.target, whole.request.target) << "cut at " << cut;
    EXPECT_EQ(other.request.headers, whole.request.headers) << "cut at " << cut;
    EXPECT_EQ(other.request.body, whole.request.body) << "cut at " << cut;
    EXPECT_EQ(other.rest, whole.rest) << "cut at " << cut;
    EXPECT_EQ(other.keep_alive, whole.keep_alive) << "cut at " << cut;
  }
  // And byte by byte.
  RequestParser parser(limits);
  State state = State::kNeedMore;
  for (size_t i = 0; i < bytes.size() && state == State::kNeedMore; ++i) {
    std::string_view one(&bytes[i], 1);
    state = parser.Feed(one);
    EXPECT_TRUE(state != State::kNeedMore || one.empty());
  }
  EXPECT_EQ(state, whole.state);
  EXPECT_EQ(parser.error_status(), whole.status);
  return whole;
}

std::string Get(const std::string& more, const std::string& line = "GET / HTTP/1.1\r\n") {
  return line + "Host: a\r\n" + more + "\r\n";
}

TEST(RequestParser, ReadsARequestWithoutABodyAtEveryCut) {
  const Outcome outcome = ParseAtEveryCut(
      "GET /a/b?c=d&e HTTP/1.1\r\nHost: example.test:8080\r\nX-Two:  spaces \r\nx-two: again\r\n"
      "Empty:\r\n\r\n");
  ASSERT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.request.method, "GET");
  EXPECT_EQ(outcome.request.target, "/a/b?c=d&e");
  EXPECT_EQ(outcome.request.path, "/a/b");
  EXPECT_EQ(outcome.request.query, "c=d&e");
  const Headers headers{
      {"host", "example.test:8080"}, {"x-two", "spaces"}, {"x-two", "again"}, {"empty", ""}};
  EXPECT_EQ(outcome.request.headers, headers);
  EXPECT_EQ(outcome.request.Header("x-two"), "spaces");
  EXPECT_TRUE(outcome.keep_alive);
  EXPECT_FALSE(outcome.request.wants_websocket);
}

TEST(RequestParser, ReadsABodyByItsLengthAndLeavesWhatFollows) {
  const Outcome outcome =
      ParseAtEveryCut("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HT");
  ASSERT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.request.body, "hello");
  EXPECT_EQ(outcome.rest, "GET / HT");
}

TEST(RequestParser, ReadsAChunkedBodyAndThrowsTrailersAway) {
  const Outcome outcome = ParseAtEveryCut(
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5\r\nhello\r\n1;ext=\"v\"\r\n \r\n00A\r\n0123456789\r\n0\r\nX-Late: 1\r\n\r\nGET");
  ASSERT_EQ(outcome.state, State::kDone) << outcome.text;
  EXPECT_EQ(outcome.request.body, "hello 0123456789");
  EXPECT_EQ(outcome.request.Header("x-late"), "");
  EXPECT_EQ(outcome.rest, "GET");
}

TEST(RequestParser, ReadsAnEmptyChunkedBody) {
  const Outcome outcome =
      ParseAtEveryCut(Get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.1\r\n") + "0\r\n\r\n");
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.request.body, "");
}

TEST(RequestParser, SkipsAFewEmptyLinesBeforeARequest) {
  EXPECT_EQ(ParseAtEveryCut("\r\n\r\n" + Get("")).state, State::kDone);
  const Outcome many = ParseAtEveryCut("\r\n\r\n\r\n\r\n\r\n" + Get(""));
  EXPECT_EQ(many.status, 400);
  RequestParser parser({});
  std::string_view blank = "\r\n";
  EXPECT_EQ(parser.Feed(blank), State::kNeedMore);
  EXPECT_FALSE(parser.started());
}

TEST(RequestParser, TellsWhetherTheConnectionGoesOn) {
  EXPECT_TRUE(ParseAtEveryCut(Get("")).keep_alive);
  EXPECT_FALSE(ParseAtEveryCut(Get("Connection: foo, Close\r\n")).keep_alive);
  EXPECT_FALSE(ParseAtEveryCut(Get("", "GET / HTTP/1.0\r\n")).keep_alive);
  EXPECT_TRUE(ParseAtEveryCut(Get("Connection: keep-alive\r\n", "GET / HTTP/1.0\r\n")).keep_alive);
  EXPECT_EQ(ParseAtEveryCut("GET / HTTP/1.0\r\n\r\n").state, State::kDone) << "1.0 needs no Host";
}

TEST(RequestParser, WantsToBeToldToContinueOnlyBeforeTheBody) {
  const std::string head =
      "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_TRUE(ParseCut(head, 10).expected);
  EXPECT_TRUE(ParseCut(head + "ok", head.size()).expected);
  EXPECT_FALSE(ParseCut(head + "ok", head.size() + 1).expected);
  EXPECT_FALSE(ParseCut(Get("Expect: 100-continue\r\n"), 10).expected) << "there is no body";
  EXPECT_EQ(ParseAtEveryCut(Get("Expect: a-pony\r\n")).status, 417);
}

TEST(RequestParser, RefusesWhateverCouldSmuggleARequest) {
  const std::vector<std::string> headers = {
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 6\r\n",
      "Content-Length: 5, 6\r\n",
      "Content-Length: 5, 5\r\n",
      "Content-Length: +5\r\n",
      "Content-Length: -5\r\n",
      "Content-Length: 0x5\r\n",
      "Content-Length: 5 5\r\n",
      "Content-Length: \r\n",
      "Content-Length: 99999999999999999999999\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding : chunked\r\n",
      "Transfer-Encoding: chunked\n",
      "Content-Length: 5\nX: y\r\n",
      "Content-Length: 5\rX: y\r\n",
      " Content-Length: 5\r\n",
      "Host: b\r\n",
      "X y: z\r\n",
      ": z\r\n",
      std::string("X: a\0b\r\n", 8),
  };
  for (const std::string& more : headers) {
    const Outcome outcome = ParseAtEveryCut(Get(more, "POST / HTTP/1.1\r\n") + "hello");
    EXPECT_EQ(outcome.state, State::kError) << more;
    EXPECT_EQ(outcome.status, 400) << more;
  }
  const std::vector<std::string> encodings = {"gzip",       "gzip, chunked", "chunked, gzip",
                                              "xchunked",   "identity",      "\"chunked\"",
                                              "chunked;q=1"};
  for (const std::string& encoding : encodings) {
    const Outcome outcome = ParseAtEveryCut(Get("Transfer-Encoding: " + encoding + "\r\n"));
    EXPECT_EQ(outcome.state, State::kError) << encoding;
    EXPECT_TRUE(outcome.status == 501 || outcome.status == 400) << encoding;
  }
  EXPECT_EQ(ParseAtEveryCut(Get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0\r\n")).status,
            400);
}

TEST(RequestParser, RefusesMalformedChunks) {
  for (const char* body : {"x\r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloXX0\r\n\r\n", "-1\r\nx",
                           "fffffffffffffffff\r\n", "5;\x01=\r\nhello\r\n", "\r\n\r\nx"}) {
    const Outcome outcome =
        ParseAtEveryCut(Get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.1\r\n") + body);
    EXPECT_EQ(outcome.state, State::kError) << body;
    EXPECT_TRUE(outcome.status == 400 || outcome.status == 413) << body << outcome.status;
  }
}

TEST(RequestParser, RefusesRequestLinesThatAreNone) {
  const std::vector<std::pair<std::string, int>> lines = {
      {"GET  / HTTP/1.1\r\n", 400},         {"GET /\r\n", 400},
      {"GET / HTTP/2.0\r\n", 505},          {"GET / HTTP/1.2\r\n", 505},
      {"GET / http/1.1\r\n", 400},          {"GET / HTTP/1.1\n", 400},
      {"G@T / HTTP/1.1\r\n", 400},          {"GET nowhere HTTP/1.1\r\n", 400},
      {"CONNECT a:1 HTTP/1.1\r\n", 400},    {"PRI * HTTP/2.0\r\n", 505},
      {"\x16\x03\x01 / HTTP/1.1\r\n", 400}, {"GET /a b HTTP/1.1\r\n", 400},
      {"GET /  HTTP/1.1\r\n", 400},
  };
  for (const auto& [line, status] : lines) {
    const Outcome outcome = ParseAtEveryCut(Get("", line));
    EXPECT_EQ(outcome.state, State::kError) << line;
    EXPECT_TRUE(outcome.status == status) << line << ": " << outcome.status;
  }
  EXPECT_EQ(ParseAtEveryCut("GET / HTTP/1.1\r\n\r\n").status, 400) << "no Host";
  EXPECT_EQ(ParseAtEveryCut("GET / HTTP/1.1\r\nHost: a b\r\n\r\n").status, 400);
}

TEST(RequestParser, RefusesFoldedLines) {
  EXPECT_EQ(ParseAtEveryCut(Get("X: a\r\n b\r\n")).status, 400);
  EXPECT_EQ(ParseAtEveryCut(Get("X: a\r\n\tb: c\r\n")).status, 400);
}

TEST(RequestParser, RefusesWhatBeginsLikeNoRequestAtItsFirstByte) {
  for (const char* bytes : {"\x16\x03\x01", " ", "(", "\r\n\x80"}) {
    RequestParser parser({});
    std::string_view rest = bytes;
    EXPECT_EQ(parser.Feed(rest), State::kError) << bytes;
    EXPECT_EQ(parser.error_status(), 400);
  }
}

TEST(RequestParser, EnforcesEachLimitToTheByte) {
  const ParserLimits limits{.max_header_bytes = 200, .max_target_bytes = 50, .max_body_bytes = 10};
  const auto target = [](size_t size) {
    return Get("", "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\n");
  };
  EXPECT_EQ(ParseAtEveryCut(target(50), limits).state, State::kDone);
  EXPECT_EQ(ParseAtEveryCut(target(51), limits).status, 414);
  EXPECT_EQ(ParseAtEveryCut(target(400), limits).status, 414);

  const size_t frame = Get("X: \r\n").size();
  EXPECT_EQ(ParseAtEveryCut(Get("X: " + std::string(200 - frame, 'a') + "\r\n"), limits).state,
            State::kDone);
  EXPECT_EQ(ParseAtEveryCut(Get("X: " + std::string(201 - frame, 'a') + "\r\n"), limits).status,
            431);
  EXPECT_EQ(ParseAtEveryCut(Get("X: " + std::string(200, 'a') + "\r\n"), limits).status, 431);
  EXPECT_EQ(ParseAtEveryCut(Get("X: " + std::string(500, 'a') + "\r\n"), limits).status, 431);

  const auto body = [](size_t size) {
    return Get("Content-Length: " + std::to_string(size) + "\r\n") + std::string(size, 'a');
  };
  EXPECT_EQ(ParseAtEveryCut(body(10), limits).request.body.size(), 10u);
  EXPECT_EQ(ParseAtEveryCut(body(11), limits).status, 413);
  EXPECT_EQ(ParseAtEveryCut(Get("Content-Length: 1000000000000\r\n"), limits).status, 413)
      << "a claim is enough";
  const auto chunks = [](const std::string& more) {
    return Get("Transfer-Encoding: chunked\r\n") + "6\r\nabcdef\r\n" + more;
  };
  EXPECT_EQ(ParseAtEveryCut(chunks("4\r\nabcd\r\n0\r\n\r\n"), limits).state, State::kDone);
  EXPECT_EQ(ParseAtEveryCut(chunks("5\r\nabcde\r\n0\r\n\r\n"), limits).status, 413);
  EXPECT_EQ(ParseAtEveryCut(chunks("0\r\nX: " + std::string(300, 'a')), limits).status, 431);
  EXPECT_EQ(ParseAtEveryCut(chunks("1;" + std::string(300, 'a')), limits).status, 431);
}

TEST(RequestParser, RefusesTooManyHeaders) {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a: b\r\n";
  EXPECT_EQ(ParseCut(Get(many), 7).status, 431);
}

TEST(RequestParser, KnowsAWebSocketUpgrade) {
  const std::string upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const Outcome good = ParseAtEveryCut(Get(upgrade + key + version) + "frame");
  ASSERT_EQ(good.state, State::kDone);
  EXPECT_TRUE(good.request.wants_websocket);
  EXPECT_EQ(good.rest, "frame");

  EXPECT_EQ(ParseAtEveryCut(Get(upgrade + key)).status, 426);
  EXPECT_EQ(ParseAtEveryCut(Get(upgrade + key + "Sec-WebSocket-Version: 8\r\n")).status, 426);
  EXPECT_EQ(ParseAtEveryCut(Get(upgrade + version)).status, 400);
  EXPECT_EQ(ParseAtEveryCut(Get(upgrade + version + key + key)).status, 400);
  EXPECT_EQ(ParseAtEveryCut(Get(upgrade + version + "Sec-WebSocket-Key: short\r\n")).status, 400);

  for (const std::string& other : {Get(key + version + "Upgrade: websocket\r\n"),
                                   Get(key + version + "Connection: upgrade\r\n"),
                                   Get(upgrade + key + version, "POST / HTTP/1.1\r\n"),
                                   Get("Connection: upgrade\r\nUpgrade: h2c\r\n"),
                                   Get(upgrade + key + version, "GET / HTTP/1.0\r\n")}) {
    const Outcome outcome = ParseAtEveryCut(other);
    EXPECT_EQ(outcome.state, State::kDone) << other;
    EXPECT_FALSE(outcome.request.wants_websocket) << other;
  }
}

}  // namespace
}  // namespace offing::http
