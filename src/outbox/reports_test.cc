#include "outbox/reports.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "outbox/guard_fixture.h"

namespace offing::outbox {
namespace {

using base::Json;
using testing::HasSubstr;

class ReportsTest : public GuardTest {
 protected:
  std::shared_ptr<http::FakeAnswer> Tell(GuardWorld& world, const std::string& body,
                                         http::Headers headers = {}) {
    auto answer =
        http::Ask(world.reports(), world.core(),
                  http::MakeRequest("POST", "/_offing/outbox/reports", std::move(headers), body));
    world.Settle();
    return answer;
  }
  Json View(GuardWorld& world) {
    auto answer = std::make_shared<http::FakeAnswer>();
    world.reports().Call("app", std::make_unique<http::FakeExchange>(http::Get("/apps/app/outbox"),
                                                                     world.core(), answer));
    world.Settle();
    EXPECT_EQ(answer->status(), 200);
    return base::ParseJson(answer->Body()).value();
  }
};

std::string Rejected(const std::string& id, const std::string& state = "rejected") {
  return R"({"entry":{"id":")" + id + R"(","lane":"/notes","url":"/notes?a=1","method":"POST",)" +
         R"("state":")" + state + R"(","status":422,"problem":"422","at":1800000000000}})";
}

TEST_F(ReportsTest, KeepsWhatAWorkerTellsWithWhoItIs) {
  {
    GuardWorld world(store_);
    EXPECT_EQ(Tell(world, Rejected("k1"), world.User("ann"))->status(), 204);
    EXPECT_EQ(Tell(world, Rejected("k2", "conflict"))->status(), 204);
  }
  GuardWorld world(store_);
  const Json view = View(world);
  ASSERT_EQ(view["reports"].size(), 2);
  EXPECT_EQ(view["reports"][0]["id"], "k2");
  EXPECT_EQ(view["reports"][0]["state"], "conflict");
  EXPECT_EQ(view["reports"][0]["user"], "");
  EXPECT_EQ(view["reports"][1]["user"], "ann");
  EXPECT_EQ(view["reports"][1]["url"], "/notes?a=1");
  EXPECT_EQ(view["reports"][1]["status"], 422);
}

TEST_F(ReportsTest, TheLastWordOnAWriteCounts) {
  GuardWorld world(store_);
  Tell(world, Rejected("k1", "held"));
  Tell(world, Rejected("k2"));
  Tell(world, Rejected("k1", "expired"));
  const Json view = View(world);
  ASSERT_EQ(view["reports"].size(), 2);
  EXPECT_EQ(view["reports"][0]["id"], "k1");
  EXPECT_EQ(view["reports"][0]["state"], "expired");
}

TEST_F(ReportsTest, RefusesWhatIsNoReport) {
  GuardWorld world(store_);
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"entry":1})"),
        std::string(R"({"entry":{"state":"rejected"}})"), Rejected(""), Rejected("k", "unknown"),
        Rejected("k", "settled"), Rejected(std::string(201, 'k'))}) {
    EXPECT_EQ(Tell(world, body)->status(), 400) << body;
  }
  EXPECT_EQ(Tell(world, Rejected("k") + std::string(17'000, ' '))->status(), 413);
  EXPECT_EQ(Tell(world, Rejected("k"), {{"authorization", "Bearer a.b.c"}})->status() / 100, 2)
      << "a token of somebody else's is nobody";
  EXPECT_EQ(Tell(world, Rejected("k"), {{"host", "a.example"}, {"origin", "https://b.example"}})
                ->status(),
            403);
}

TEST_F(ReportsTest, CutsLongTextsAndBoundsTheRate) {
  GuardWorld world(store_);
  Tell(world, R"({"entry":{"id":"k","state":"held","url":")" + std::string(5'000, 'u') + "\"}}");
  EXPECT_EQ(View(world)["reports"][0]["url"].get<std::string>().size(), kMaxReportText);
  int limited = 0;
  for (int i = 0; i < 150; ++i) {
    limited += Tell(world, Rejected(std::to_string(i)))->status() == 429 ? 1 : 0;
  }
  EXPECT_GE(limited, 50);
  EXPECT_EQ(Tell(world, Rejected("u"), world.User("ann"))->status(), 204) << "another's bucket";
}

TEST_F(ReportsTest, ShowsWhatIsUnderWayAndWhatNobodyKnows) {
  GuardConfig config;
  config.rules = {{.match = "/*", .methods = {"POST"}, .lost = Lost::kHold}};
  GuardWorld world(store_, config);
  world.Send(GuardWorld::Write("under", GuardWorld::Entry("a", 1)));
  Json view = View(world);
  ASSERT_EQ(view["outstanding"].size(), 1);
  EXPECT_EQ(view["outstanding"][0]["key"], "under");
  EXPECT_EQ(view["outstanding"][0]["lane"], "a");
  EXPECT_EQ(view["outstanding"][0]["since"], 1'800'000'000'000);
  world.Lose();
  world.Send(GuardWorld::Write("under", GuardWorld::Entry("a", 1)));
  view = View(world);
  EXPECT_TRUE(view["outstanding"].empty());
  ASSERT_EQ(view["reports"].size(), 1) << "told once";
  EXPECT_EQ(view["reports"][0]["state"], "unknown");
  EXPECT_EQ(view["reports"][0]["id"], "under");
  auto headers = GuardWorld::Entry("a", 1);
  headers.emplace_back("offing-decision", "resend");
  world.Send(GuardWorld::Write("under", headers));
  world.Answer({.status = 200});
  EXPECT_TRUE(View(world)["reports"].empty()) << "it was decided";
}

TEST_F(ReportsTest, AnswersForItsOwnAppAndTwoMethodsOnly) {
  GuardWorld world(store_);
  auto answer = std::make_shared<http::FakeAnswer>();
  world.reports().Call("other", std::make_unique<http::FakeExchange>(
                                    http::Get("/apps/other/outbox"), world.core(), answer));
  EXPECT_EQ(answer->status(), 404);
  EXPECT_EQ(
      http::Ask(world.reports(), world.core(), http::Get("/_offing/outbox/reports"))->status(),
      405);
}

}  // namespace
}  // namespace offing::outbox
