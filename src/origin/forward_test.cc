#include "origin/forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/fake_exchange.h"
#include "origin/trouble.h"

namespace offing::origin {
namespace {

using http::MakeRequest;
using testing::HasSubstr;
using testing::Not;

const ForwardSettings kSettings{
    .host = HostPolicy::kClient, .authority = "127.0.0.1:3000", .trusted = {"10.0.0.1"}};

http::Request Ask(http::Headers headers, std::string method = "GET", std::string target = "/a?b") {
  headers.insert(headers.begin(), {"host", "example.org"});
  http::Request request = MakeRequest(std::move(method), std::move(target), std::move(headers));
  request.peer_address = "192.0.2.7";
  return request;
}

std::string Encode(const http::Request& request, const ForwardSettings& settings = kSettings) {
  return EncodeRequest(request, settings, PlanBody(request, BodySource::kWhole));
}

TEST(Forward, PassesARequestOn) {
  EXPECT_EQ(Encode(Ask({{"accept", "*/*"}, {"cookie", "a=b"}})),
            "GET /a?b HTTP/1.1\r\nhost: example.org\r\naccept: */*\r\ncookie: a=b\r\n"
            "x-forwarded-for: 192.0.2.7\r\nx-forwarded-proto: http\r\n"
            "x-forwarded-host: example.org\r\n"
            "forwarded: for=192.0.2.7;host=example.org;proto=http\r\nvia: 1.1 offing\r\n\r\n");
}

TEST(Forward, KeepsTheTargetAsItWasSent) {
  EXPECT_THAT(Encode(Ask({}, "GET", "/%2e%2e//a%20b?")),
              HasSubstr("GET /%2e%2e//a%20b? HTTP/1.1\r\n"));
  EXPECT_THAT(Encode(Ask({}, "GET", "/")), HasSubstr("GET / HTTP/1.1\r\n"));
}

TEST(Forward, AnAbsoluteTargetSaysWhichHost) {
  const std::string head = Encode(Ask({}, "GET", "http://other.example:81/x?y"));
  EXPECT_THAT(head, HasSubstr("GET /x?y HTTP/1.1\r\nhost: other.example:81\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("example.org")));
  EXPECT_FALSE(HostOf(Ask({}, "GET", "http://a\"b/")));
}

TEST(Forward, TheHostMayBeTheOrigins) {
  ForwardSettings settings = kSettings;
  settings.host = HostPolicy::kOrigin;
  const std::string head = Encode(Ask({}), settings);
  EXPECT_THAT(head, HasSubstr("\r\nhost: 127.0.0.1:3000\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nx-forwarded-host: example.org\r\n"));
}

TEST(Forward, DropsWhatBelongsToOneConnection) {
  const std::string head = Encode(Ask({{"connection", "close, X-Mine"},
                                       {"x-mine", "1"},
                                       {"keep-alive", "timeout=5"},
                                       {"te", "trailers"},
                                       {"trailer", "x"},
                                       {"transfer-encoding", "chunked"},
                                       {"upgrade", "h2c"},
                                       {"proxy-connection", "close"},
                                       {"proxy-authorization", "secret"},
                                       {"x-yours", "2"}}));
  for (const char* gone : {"connection", "x-mine", "keep-alive", "\r\nte:", "trailer", "upgrade",
                           "transfer-encoding", "secret"}) {
    EXPECT_THAT(head, Not(HasSubstr(gone)));
  }
  EXPECT_THAT(head, HasSubstr("x-yours: 2"));
}

TEST(Forward, WhoAskedIsNotTheClientsToSay) {
  const http::Headers claims = {
      {"x-forwarded-for", "1.2.3.4"}, {"x-forwarded-proto", "https"}, {"x-forwarded-host", "a"},
      {"forwarded", "for=1.2.3.4"},   {"x-real-ip", "1.2.3.4"},       {"x-forwarded-prefix", "/a"},
      {"x_forwarded_for", "1.2.3.4"}, {"Content_length", "1"},        {"content_length", "1"}};
  const std::string head = Encode(Ask(claims));
  EXPECT_THAT(head, Not(HasSubstr("1.2.3.4")));
  EXPECT_THAT(head, Not(HasSubstr("https")));
  EXPECT_THAT(head, Not(HasSubstr("prefix")));
  EXPECT_THAT(head, Not(HasSubstr("\r\ncontent_length")));

  http::Request trusted = Ask(claims);
  trusted.peer_address = "10.0.0.1";
  const std::string kept = Encode(trusted);
  EXPECT_THAT(kept, HasSubstr("\r\nx-forwarded-for: 1.2.3.4, 10.0.0.1\r\n"));
  EXPECT_THAT(kept, HasSubstr("\r\nx-forwarded-proto: https\r\n"));
  EXPECT_THAT(kept, HasSubstr("\r\nforwarded: for=1.2.3.4, for=10.0.0.1;"));
  EXPECT_THAT(kept, HasSubstr("\r\nx-real-ip: 1.2.3.4\r\n"));
  EXPECT_THAT(kept, Not(HasSubstr("x_forwarded_for")));
}

TEST(Forward, AnAddressOfIpV6IsQuoted) {
  http::Request request = Ask({});
  request.peer_address = "2001:db8::1";
  request.secure = true;
  EXPECT_THAT(Encode(request),
              HasSubstr("forwarded: for=\"[2001:db8::1]\";host=example.org;proto=https\r\n"));
}

TEST(Forward, WritesTheLengthAnewAndNeverTwice) {
  http::Request request = Ask({{"content-length", "2"}}, "POST");
  request.body = "hi";
  EXPECT_THAT(Encode(request), HasSubstr("\r\ncontent-length: 2\r\n"));
  EXPECT_THAT(Encode(Ask({{"content-length", "0"}}, "POST")), HasSubstr("content-length: 0"));
  EXPECT_THAT(Encode(Ask({})), Not(HasSubstr("content-length")));
  const http::Request chunked = Ask({{"transfer-encoding", "chunked"}}, "POST");
  const std::string streamed =
      EncodeRequest(chunked, kSettings, PlanBody(chunked, BodySource::kStreamed));
  EXPECT_THAT(streamed, HasSubstr("\r\ntransfer-encoding: chunked\r\n"));
  EXPECT_THAT(streamed, Not(HasSubstr("content-length")));
  const http::Request long_one =
      Ask({{"content-length", "5000000000"}, {"expect", "100-continue"}}, "PUT");
  const std::string sized =
      EncodeRequest(long_one, kSettings, PlanBody(long_one, BodySource::kStreamed));
  EXPECT_THAT(sized, HasSubstr("\r\ncontent-length: 5000000000\r\nexpect: 100-continue\r\n"));
  EXPECT_THAT(Encode(long_one), Not(HasSubstr("expect")))
      << "a body that is here waits for nothing";
}

TEST(Forward, AsksForAnotherProtocolOnlyWhereThatIsSafe) {
  const auto wanted = [](std::string protocol, http::Headers more = {}) {
    more.emplace_back("connection", "Upgrade");
    more.emplace_back("upgrade", std::move(protocol));
    return std::string(WantedUpgrade(Ask(std::move(more))));
  };
  EXPECT_EQ(wanted("websocket"), "websocket");
  EXPECT_EQ(wanted("my-protocol/2"), "my-protocol/2");
  for (const char* never : {"h2c", "H2C", "HTTP/2.0", "TLS/1.2", "websocket, h2c", ""}) {
    EXPECT_EQ(wanted(never), "") << never;
  }
  EXPECT_EQ(wanted("websocket", {{"content-length", "5"}}), "");
  EXPECT_EQ(wanted("websocket", {{"transfer-encoding", "chunked"}}), "");
  EXPECT_EQ(wanted("websocket", {{"upgrade", "x"}}), "");
  EXPECT_EQ(WantedUpgrade(Ask({{"upgrade", "websocket"}})), "");
  EXPECT_THAT(Encode(Ask({{"connection", "upgrade"}, {"upgrade", "websocket"}})),
              HasSubstr("\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"));
}

TEST(Forward, CountsItsOwnHops) {
  EXPECT_EQ(HopsOf(Ask({})), 0u);
  EXPECT_EQ(HopsOf(Ask({{"via", "1.1 offing, 1.0 nginx"}, {"via", "1.1 offing"}})), 2u);
  EXPECT_THAT(Encode(Ask({{"via", "1.0 fred"}})), HasSubstr("\r\nvia: 1.0 fred, 1.1 offing\r\n"));
}

TEST(Forward, PassesAResponseOnWithoutWhatBelongsToTheConnection) {
  const http::Response response = ToClient({.status = 418,
                                            .headers = {{"date", "then"},
                                                        {"set-cookie", "a"},
                                                        {"connection", "keep-alive, x-mine"},
                                                        {"x-mine", "1"},
                                                        {"keep-alive", "timeout=5"},
                                                        {"content-length", "5"},
                                                        {"transfer-encoding", "chunked"},
                                                        {"trailer", "x"},
                                                        {"set-cookie", "b"}}});
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(response.headers,
            (http::Headers{{"date", "then"}, {"set-cookie", "a"}, {"set-cookie", "b"}}));
}

TEST(Forward, ASwitchKeepsTheHandshake) {
  EXPECT_EQ(EncodeSwitch({.status = 101,
                          .headers = {{"upgrade", "websocket"},
                                      {"connection", "Upgrade"},
                                      {"sec-websocket-accept", "x"}}}),
            "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\nconnection: upgrade\r\n"
            "upgrade: websocket\r\n\r\n");
}

TEST(Forward, AConnectionIsKeptAsLongAsTheOriginPromises) {
  EXPECT_EQ(KeptFor({.headers = {{"keep-alive", "timeout=5"}}}, 60'000), 4'000);
  EXPECT_EQ(KeptFor({.headers = {{"keep-alive", "max=9, timeout=500"}}}, 60'000), 60'000);
  EXPECT_EQ(KeptFor({.headers = {{"keep-alive", "timeout=0"}}}, 60'000), 0);
  EXPECT_EQ(KeptFor({}, 60'000), 60'000);
}

TEST(Trouble, NamesTheOriginInTheFormThatTheClientReads) {
  const Trouble trouble{.status = 502, .what = "sent <nothing>", .retry_after_s = 1};
  const auto answer = [&](const char* accept) {
    return AnswerTrouble(trouble, "http://o:1", accept);
  };
  http::Response text = answer("*/*");
  EXPECT_EQ(http::TakeBody(text), "502 Bad Gateway: the origin http://o:1 sent <nothing>\n");
  EXPECT_EQ(http::FindHeader(text.headers, "retry-after"), "1");
  http::Response html = answer("text/html,*/*;q=0.8");
  EXPECT_THAT(http::TakeBody(html), HasSubstr("the origin http://o:1 sent &lt;nothing&gt;."));
  http::Response json = answer("application/json");
  EXPECT_EQ(http::FindHeader(json.headers, "content-type"), "application/problem+json");
  EXPECT_THAT(http::TakeBody(json),
              HasSubstr("\"detail\":\"the origin http://o:1 sent <nothing>\""));
}

TEST(OriginUrl, IsAHostAndAPortAndNothingElse) {
  const auto url = ParseOriginUrl("http://127.0.0.1:3000/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "127.0.0.1");
  EXPECT_EQ(url->port, 3000);
  EXPECT_EQ(url->text, "http://127.0.0.1:3000");
  EXPECT_EQ(ParseOriginUrl("http://[::1]:81")->host, "::1");
  EXPECT_EQ(ParseOriginUrl("http://app")->port, 80);
  for (const char* text :
       {"", "127.0.0.1:3000", "ftp://a", "http://", "http://a/b", "http://a?b", "http://u@a",
        "http://a:0", "http://a:x", "http://a:70000", "http://[a]", "http://a b"}) {
    const auto refused = ParseOriginUrl(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error().detail, HasSubstr("write http://HOST[:PORT]")) << text;
  }
  EXPECT_THAT(ParseOriginUrl("https://a").error().detail, HasSubstr("TLS to an origin"));
}

}  // namespace
}  // namespace offing::origin
