#include "outbox/kept_answer.h"

#include <gtest/gtest.h>

#include "outbox/path_pattern.h"

namespace offing::outbox {
namespace {

const http::Response kHead{.status = 201,
                           .headers = {{"content-type", "text/x"},
                                       {"link", "</a>; rel=x"},
                                       {"link", "</b>"},
                                       {"set-cookie", "s=1"},
                                       {"clear-site-data", "\"storage\""},
                                       {"content-encoding", "gzip"},
                                       {"x-empty", ""}}};

TEST(KeptAnswer, IsReadBackAsItWasButForWhatWasMeantForTheMoment) {
  const std::string body("line\n\nmore\0end", 14);
  const auto read = ParseAnswer(EncodeAnswer(KeptAnswer::Kind::kWhole, kHead, body));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, KeptAnswer::Kind::kWhole);
  EXPECT_EQ(read->response.status, 201);
  const http::Headers expected = {{"content-type", "text/x"},
                                  {"link", "</a>; rel=x"},
                                  {"link", "</b>"},
                                  {"content-encoding", "gzip"},
                                  {"x-empty", ""}};
  EXPECT_EQ(read->response.headers, expected);
  EXPECT_EQ(std::get<std::string>(read->response.body), body);
}

TEST(KeptAnswer, WithoutItsBodyItSaysSo) {
  const auto read = ParseAnswer(EncodeAnswer(KeptAnswer::Kind::kWithoutBody, kHead, "long"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, KeptAnswer::Kind::kWithoutBody);
  EXPECT_EQ(http::FindHeader(read->response.headers, "offing-body"), "forgotten");
  EXPECT_EQ(http::FindHeader(read->response.headers, "content-encoding"), "");
  EXPECT_EQ(std::get<std::string>(read->response.body), "");
}

TEST(KeptAnswer, KnowsWhatIsHeldAndRefusesWhatItDidNotWrite) {
  const auto held = ParseAnswer(EncodeHeld());
  ASSERT_TRUE(held);
  EXPECT_EQ(held->kind, KeptAnswer::Kind::kHeld);
  for (const char* text : {"", "whole", "whole 200", "whole x\n\n", "other 200\n\n",
                           "whole 200\nno colon\n\n", "whole 200\na:b\n"}) {
    EXPECT_FALSE(ParseAnswer(text)) << text;
  }
}

TEST(KeptAnswer, AHeaderWithALineEndIsLeftOut) {
  const http::Response head{.status = 200, .headers = {{"a", "b\nc:d"}, {"e", "f"}}};
  const auto read = ParseAnswer(EncodeAnswer(KeptAnswer::Kind::kWhole, head, ""));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->response.headers, (http::Headers{{"e", "f"}}));
}

TEST(Present, ARedirectWithoutALocationStaysWhatItIs) {
  http::Response response{.status = 304, .headers = {}};
  Present(response, Status::kStored, ForEntry::kYes);
  EXPECT_EQ(response.status, 304);
}

TEST(MatchesPath, KnowsStarsAndSegments) {
  EXPECT_TRUE(MatchesPath("/*", "/"));
  EXPECT_TRUE(MatchesPath("/api/*", "/api/a/b"));
  EXPECT_FALSE(MatchesPath("/api/*", "/api"));
  EXPECT_FALSE(MatchesPath("/api/*", "/other"));
  EXPECT_TRUE(MatchesPath("/notes", "/notes"));
  EXPECT_FALSE(MatchesPath("/notes", "/notes/1"));
  EXPECT_TRUE(MatchesPath("/notes/:id", "/notes/1"));
  EXPECT_FALSE(MatchesPath("/notes/:id", "/notes/"));
  EXPECT_FALSE(MatchesPath("/notes/:id", "/notes/1/2"));
  EXPECT_TRUE(MatchesPath("/a/:x/b/:y", "/a/1/b/2"));
  EXPECT_TRUE(MatchesPath("/a/:x.json", "/a/1.json") == false) << "a name takes the whole segment";
  EXPECT_TRUE(MatchesPath("*/end", "/a/end/b/end"));
  EXPECT_TRUE(MatchesPath("/*.json", "/a/b.json"));
  EXPECT_FALSE(MatchesPath("/*.json", "/a/b.jso"));
  EXPECT_TRUE(MatchesPath("/*/:id/x", "/a/b/c/x"));
}

}  // namespace
}  // namespace offing::outbox
