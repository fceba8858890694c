#include "auth/answers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.h"

namespace offing::auth {
namespace {

class AnswersTest : public testing::Test {
 protected:
  Answers Make(Answers::Limits limits = {.kept = 2, .asking = 2, .keep_ms = 10'000}) {
    return Answers(limits, clock_, metrics_);
  }
  Answers::Done Into(std::vector<std::string>& heard) {
    return [&heard](const base::Result<Answers::Who>& who) {
      heard.push_back(!who ? "error: " + who.error().detail : *who ? (*who)->user : "nobody");
    };
  }
  static Identity User(std::string name) { return {.user = std::move(name)}; }
  uint64_t Metric(const std::string& name) {
    const std::string text = metrics_.Render();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }

  base::FakeClock clock_;
  base::Log log_{clock_, 2, base::LogLevel::kError};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
  std::vector<std::string> heard_;
};

TEST_F(AnswersTest, AreAskedForOnceHoweverManyWait) {
  Answers answers = Make();
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kWaiting);
  EXPECT_TRUE(heard_.empty());
  answers.Tell("a", User("ada"));
  core_.Poll();
  EXPECT_EQ(heard_, (std::vector<std::string>{"ada", "ada"}));
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kTold);
  EXPECT_EQ(heard_.size(), 3u);
  EXPECT_EQ(Metric("offing_auth_origin_asked_total"), 1u);
  EXPECT_EQ(Metric("offing_auth_answers_used_total"), 1u);
}

TEST_F(AnswersTest, AreKeptForTheirTimeAndNobodyToo) {
  Answers answers = Make();
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  answers.Tell("a", Answers::Who());
  clock_.Advance(9'999);
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kTold);
  core_.Poll();
  EXPECT_EQ(heard_, (std::vector<std::string>{"nobody", "nobody"}));
  clock_.Advance(1);
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
}

TEST_F(AnswersTest, ErrorsAreToldAndNotKept) {
  Answers answers = Make();
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  answers.Tell("a", base::Fail(base::Code::kUnavailable, "away"));
  core_.Poll();
  EXPECT_EQ(heard_, (std::vector<std::string>{"error: away"}));
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  EXPECT_EQ(Metric("offing_auth_origin_failed_total"), 1u);
}

TEST_F(AnswersTest, TheOldestGoesWhenTooManyAreKept) {
  Answers answers = Make();
  for (const char* digest : {"a", "b", "c"}) {
    EXPECT_EQ(answers.Find(digest, core_, Into(heard_)), Answers::Step::kAsk);
    answers.Tell(digest, User(digest));
    clock_.Advance(1);
  }
  EXPECT_EQ(answers.Find("c", core_, Into(heard_)), Answers::Step::kTold);
  EXPECT_EQ(answers.Find("b", core_, Into(heard_)), Answers::Step::kTold);
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  EXPECT_EQ(Metric("offing_auth_answers_evicted_total"), 1u);
}

TEST_F(AnswersTest, TooManyQuestionsAreRefusedAndOneThatEndsMakesRoom) {
  Answers answers = Make();
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  EXPECT_EQ(answers.Find("b", core_, Into(heard_)), Answers::Step::kAsk);
  EXPECT_EQ(answers.Find("c", core_, Into(heard_)), Answers::Step::kTold);
  EXPECT_EQ(heard_, (std::vector<std::string>{"error: too many users are being asked for"}));
  EXPECT_EQ(Metric("offing_auth_origin_refused_total"), 1u);
  answers.Tell("a", User("ada"));
  EXPECT_EQ(answers.Find("c", core_, Into(heard_)), Answers::Step::kAsk);
}

TEST_F(AnswersTest, NothingIsKeptWhereTheTimeIsZero) {
  Answers answers = Make({.kept = 2, .asking = 2, .keep_ms = 0});
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
  answers.Tell("a", User("ada"));
  EXPECT_EQ(answers.Find("a", core_, Into(heard_)), Answers::Step::kAsk);
}

}  // namespace
}  // namespace offing::auth
