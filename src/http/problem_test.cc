#include "http/problem.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "base/json.h"

namespace offing::http {
namespace {

std::string HeaderOf(const Response& response, std::string_view name) {
  return std::string(FindHeader(response.headers, name));
}

TEST(ProblemTest, IsJsonWhoseTypeEndsWithTheName) {
  const Response response = ProblemResponse(Problem::kOtherUser, "written by \"somebody\" else");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(HeaderOf(response, "content-type"), "application/problem+json");
  EXPECT_EQ(HeaderOf(response, "cache-control"), "no-store");
  EXPECT_EQ(HeaderOf(response, "retry-after"), "");
  const auto json = base::ParseJson(std::get<std::string>(response.body));
  ASSERT_TRUE(json) << json.error().detail;
  EXPECT_EQ((*json)["type"], "/_offing/problems/other-user");
  EXPECT_EQ((*json)["status"], 403);
  EXPECT_EQ((*json)["detail"], "written by \"somebody\" else");
  EXPECT_FALSE((*json)["title"].get<std::string>().empty());
}

TEST(ProblemTest, SaysWhenToComeBackWhereThatHelps) {
  EXPECT_EQ(HeaderOf(ProblemResponse(Problem::kOutstanding, "x"), "retry-after"), "1");
  EXPECT_EQ(HeaderOf(ProblemResponse(Problem::kFull, "x"), "retry-after"), "1");
}

TEST(ProblemTest, ChallengesWithTheReasonWhenATokenIsNeededAndNothingBreaksTheHeader) {
  const Response response = ProblemResponse(Problem::kToken, "the \"kid\" is\r\nodd\\");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(HeaderOf(response, "www-authenticate"),
            "Bearer error=\"invalid_token\", error_description=\"the 'kid' isodd'\"");
}

TEST(ProblemTest, EveryProblemHasAPageAndNothingElseHas) {
  for (int i = 0; i <= static_cast<int>(Problem::kUnavailable); ++i) {
    const auto problem = static_cast<Problem>(i);
    const auto page = ProblemPage(ProblemName(problem));
    ASSERT_TRUE(page);
    EXPECT_NE(page->find(std::to_string(ProblemStatus(problem))), std::string::npos);
  }
  EXPECT_FALSE(ProblemPage("nothing"));
  EXPECT_FALSE(ProblemPage(""));
}

}  // namespace
}  // namespace offing::http
