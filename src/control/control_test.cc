#include "control/control.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "http/fake_exchange.h"
#include "journal/testing.h"

namespace offing::control {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

// One life of the server over a store that outlives it.
class ControlWorld {
 public:
  explicit ControlWorld(journal::FailableStore& store)
      : store_(store),
        journal_({store_, clock_, random_, log_, metrics_,
                  [](const store::LogKey&) { return std::nullopt; }},
                 {}),
        control_({journal_, log_, metrics_, [this](Workers workers) { set.push_back(workers); },
                  [this](std::string frame, std::function<void(size_t)> done) {
                    told.push_back(std::move(frame));
                    if (tells) done(3);
                  }},
                 "app"),
        core_(0, {log_, metrics_}) {
    control_.SetManifest("m1");
    const auto loaded = control_.Load(store_);
    EXPECT_TRUE(loaded) << loaded.error().detail;
  }

  std::shared_ptr<http::FakeAnswer> Begin(const std::string& method, const std::string& body = "",
                                          std::string_view app = "app") {
    auto answer = std::make_shared<http::FakeAnswer>();
    control_.Call(app, std::make_unique<http::FakeExchange>(
                           http::MakeRequest(method, "/apps/app/worker", {}, body), core_, answer));
    return answer;
  }
  void Settle() {
    journal_.Crank();
    core_.Poll();
  }
  std::shared_ptr<http::FakeAnswer> Call(const std::string& method, const std::string& body = "",
                                         std::string_view app = "app") {
    auto answer = Begin(method, body, app);
    Settle();
    return answer;
  }
  Json Read() {
    const auto answer = http::Ask(control_, core_, http::Get("/_offing/control"));
    EXPECT_EQ(answer->Header("cache-control"), "no-store");
    return base::ParseJson(answer->Body()).value();
  }
  Control& control() { return control_; }
  net::Core& core() { return core_; }

  std::vector<Workers> set;
  std::vector<std::string> told;
  bool tells = true;

 private:
  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  journal::CountingRandom random_;
  journal::FailableStore& store_;
  journal::Journal journal_;
  Control control_;
  net::Core core_;
};

constexpr const char* kKill = R"({"action":"kill"})";
constexpr const char* kRevive = R"({"action":"revive"})";
constexpr const char* kLatest = R"({"action":"require","version":"latest"})";

TEST(Control, SaysNothingOfTheWorkersUntilSomebodyDoes) {
  journal::FailableStore store;
  ControlWorld world(store);
  EXPECT_EQ(base::DumpJson(world.Read()),
            R"({"kill":false,"require":"","revision":0,"manifest":"m1"})");
  EXPECT_EQ(world.control().Greeting(), "");
  EXPECT_TRUE(world.set.empty());
}

TEST(Control, KillsAndTellsEveryConnectionOnceItIsOnDisk) {
  journal::FailableStore store;
  ControlWorld world(store);
  const auto answer = world.Begin("POST", kKill);
  EXPECT_TRUE(world.told.empty()) << "nothing is committed yet";
  EXPECT_TRUE(world.set.empty());
  world.Settle();
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Body(), R"({"kill":true,"require":"","revision":1,"manifest":"m1",)"
                            R"("changed":true,"told":3})");
  EXPECT_THAT(world.set, ElementsAre(Workers::kKilled));
  const std::string frame =
      R"({"event":"offing:control","data":"{\"kill\":true,\"require\":\"\",\"revision\":1,)"
      R"(\"manifest\":\"m1\"}"})";
  EXPECT_THAT(world.told, ElementsAre(frame));
  EXPECT_EQ(world.control().Greeting(), frame) << "who connects later hears the same";
  EXPECT_EQ(world.Read()["kill"], true);
}

TEST(Control, RevivesAndEndsARequirementToo) {
  journal::FailableStore store;
  ControlWorld world(store);
  world.Call("POST", kLatest);
  world.Call("POST", kKill);
  EXPECT_EQ(world.Read()["require"], "latest");
  const Json answer = base::ParseJson(world.Call("POST", kRevive)->Body()).value();
  EXPECT_EQ(answer["revision"], 3);
  EXPECT_EQ(world.Read()["kill"], false);
  EXPECT_EQ(world.Read()["require"], "");
  EXPECT_THAT(world.set, ElementsAre(Workers::kKilled, Workers::kAlive));
  EXPECT_EQ(world.told.size(), 3u) << "also that it is over";
  EXPECT_EQ(world.control().Greeting(), "");
}

TEST(Control, IsTheSameAfterARestart) {
  journal::FailableStore store;
  {
    ControlWorld world(store);
    world.Call("POST", kKill);
    world.Call("POST", kLatest);
  }
  ControlWorld world(store);
  EXPECT_THAT(world.set, ElementsAre(Workers::kKilled)) << "the site hears of it at the start";
  EXPECT_EQ(world.Read()["revision"], 2);
  EXPECT_EQ(world.Read()["require"], "latest");
  EXPECT_THAT(world.control().Greeting(), HasSubstr("offing:control"));
}

TEST(Control, ChangesNothingAndSaysSoWhenItIsSoAlready) {
  journal::FailableStore store;
  ControlWorld world(store);
  world.Call("POST", kKill);
  const Json again = base::ParseJson(world.Call("POST", kKill)->Body()).value();
  EXPECT_EQ(again["changed"], false);
  EXPECT_EQ(again["revision"], 1);
  EXPECT_EQ(again["told"], 3) << "but says it again";
  EXPECT_THAT(world.set, ElementsAre(Workers::kKilled));
}

TEST(Control, RequiresTheLatestTheServersOwnOrNone) {
  journal::FailableStore store;
  ControlWorld world(store);
  EXPECT_EQ(world.Call("POST", R"({"action":"require","version":"m1"})")->status(), 200);
  EXPECT_EQ(world.Read()["require"], "m1");
  EXPECT_EQ(world.Call("POST", R"({"action":"require","version":"none"})")->status(), 200);
  EXPECT_EQ(world.Read()["require"], "");
  const auto other = world.Call("POST", R"({"action":"require","version":"m0"})");
  EXPECT_EQ(other->status(), 409);
  EXPECT_THAT(other->Body(), HasSubstr("its manifest is m1"));
  EXPECT_EQ(world.Read()["require"], "");
}

TEST(Control, TellsOfANewManifestOnlyWhileTheLatestIsRequired) {
  journal::FailableStore store;
  ControlWorld world(store);
  world.control().SetManifest("m2");
  EXPECT_TRUE(world.told.empty());
  world.Call("POST", kLatest);
  world.control().SetManifest("m2");
  ASSERT_EQ(world.told.size(), 1u) << "it is the same one";
  world.control().SetManifest("m3");
  ASSERT_EQ(world.told.size(), 2u);
  EXPECT_THAT(world.told.back(), HasSubstr(R"(\"manifest\":\"m3\")"));
}

TEST(Control, RefusesWhatItDoesNotUnderstand) {
  journal::FailableStore store;
  ControlWorld world(store);
  for (const char* body :
       {"", "[]", "{}", R"({"action":1})", R"({"action":"stop"})", R"({"action":"require"})",
        R"({"action":"require","version":1})", R"({"action":"require","version":""})"}) {
    const auto answer = world.Call("POST", body);
    EXPECT_EQ(answer->status(), 400) << body;
    EXPECT_THAT(answer->Body(), HasSubstr("error")) << body;
  }
  EXPECT_EQ(world.Call("PUT", kKill)->status(), 405);
  EXPECT_EQ(world.Call("PUT", kKill)->Header("allow"), "GET, POST");
  EXPECT_EQ(world.Call("POST", kKill, "other")->status(), 404);
  EXPECT_EQ(world.Call("GET")->Body(), base::DumpJson(world.Read()));
  EXPECT_EQ(http::Ask(world.control(), world.core(),
                      http::MakeRequest("POST", "/_offing/control", {}, kKill))
                ->status(),
            405);
  EXPECT_TRUE(world.told.empty());
  EXPECT_EQ(world.Read()["revision"], 0);
}

TEST(Control, SaysThatItCouldNotBeStoredAndChangesNothing) {
  journal::FailableStore store;
  ControlWorld world(store);
  store.FailNext(1);
  const auto answer = world.Call("POST", kKill);
  EXPECT_EQ(answer->status(), 503);
  EXPECT_TRUE(world.told.empty());
  EXPECT_TRUE(world.set.empty());
  EXPECT_EQ(world.Read()["kill"], false);
  EXPECT_EQ(world.Call("POST", kKill)->status(), 200) << "the turn was given back";
}

TEST(Control, TakesOneChangeAtATime) {
  journal::FailableStore store;
  ControlWorld world(store);
  const auto first = world.Begin("POST", kKill);
  const auto second = world.Begin("POST", kRevive);
  EXPECT_EQ(second->status(), 503);
  EXPECT_EQ(second->Header("retry-after"), "1");
  world.Settle();
  EXPECT_EQ(first->status(), 200);
  EXPECT_EQ(world.Call("POST", kRevive)->status(), 200);
}

TEST(Control, DoesNotStartWithARecordThatCannotBeRead) {
  for (const char* body : {"", "{}", R"({"kill":1,"require":"","revision":1})",
                           R"({"kill":true,"require":"","revision":-1})"}) {
    journal::FailableStore store;
    store::Batch batch;
    batch.settings.push_back({"app", "worker", body});
    ASSERT_TRUE(store.Commit(batch));
    base::FakeClock clock;
    base::Log log(clock, -1, base::LogLevel::kError);
    base::Metrics metrics;
    journal::CountingRandom random;
    journal::Journal journal(
        {store, clock, random, log, metrics, [](const store::LogKey&) { return std::nullopt; }},
        {});
    Control control({journal, log, metrics, [](Workers) {}, {}}, "app");
    const auto loaded = control.Load(store);
    ASSERT_FALSE(loaded) << body;
    EXPECT_EQ(loaded.error().code, base::Code::kCorrupt);
  }
}

}  // namespace
}  // namespace offing::control
