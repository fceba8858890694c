#include "live/resources.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/fake_exchange.h"
#include "journal/testing.h"

namespace offing::live {
namespace {

using http::FakeAnswer;
using http::Get;
using testing::HasSubstr;

const store::LogKey kFeed{"app", "feed"};

ResourceSettings FeedSettings(std::string operation = "append") {
  return {"/feed.json", "feed", {{"*", std::move(operation)}}, std::nullopt, std::nullopt};
}

std::vector<ResourceSettings> Settings() {
  return {FeedSettings(),
          {"/rooms/:id.json", "x", {}, {}, {}},
          {"/rooms/:id", "room-:id", {{"add", "append"}, {"gone", "remove:id"}}, 3, std::nullopt}};
}

// The pieces that outlive a restart of the server.
class Disk {
 public:
  journal::FailableStore store;
};

// One life of the server, cranked by hand.
class Server {
 public:
  Server(Disk& disk, std::vector<ResourceSettings> settings, ResourcesConfig config = {"app"},
         size_t max_bytes = 4 << 20)
      : journal_({disk.store, clock_, random_, log_, metrics_,
                  [](const store::LogKey&) { return store::Retention{.events = 5}; }},
                 {}),
        resources_(
            ResourceTable::Make(settings, max_bytes, [](std::string_view) { return true; }).value(),
            {journal_, log_, metrics_}, std::move(config)),
        core_(0, {log_, metrics_}) {
    journal_.AddProjection(&resources_);
  }

  void Publish(const store::LogKey& log, std::vector<std::string> data, std::string name = "e") {
    for (std::string& one : data) {
      journal::Publication publication;
      publication.events.push_back({log, name, std::move(one)});
      journal_.Append(std::move(publication), [](base::Result<journal::Receipt>) {});
    }
    journal_.Crank();
  }

  std::shared_ptr<FakeAnswer> Ask(http::Request request) {
    auto answer = http::Ask(resources_, core_, std::move(request));
    Settle();
    return answer;
  }
  std::string Body(std::string path) { return Ask(Get(std::move(path)))->Body(); }
  void Settle() {
    journal_.Crank();
    core_.Poll();
  }
  uint64_t Metric(const std::string& name) {
    const std::string text = metrics_.Render();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }

  void Renew() {
    journal_.Restored("a test says so");
    Settle();
  }
  Resources& resources() { return resources_; }
  net::Core& core() { return core_; }

 private:
  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  journal::CountingRandom random_;
  journal::Journal journal_;
  Resources resources_;
  net::Core core_;
};

std::vector<ResourceSettings> Feed(std::string operation = "append") {
  return {FeedSettings(std::move(operation))};
}

std::vector<ResourceSettings> FeedAndRooms() {
  auto all = Settings();
  all.erase(all.begin() + 1);
  return all;
}

std::string StoredBody(Disk& disk, std::string_view path) {
  const auto snapshot = disk.store.FindSnapshot("app", path).value();
  return snapshot ? snapshot->body : "none";
}

TEST(Resources, ShowWhatWasPublished) {
  Disk disk;
  Server server(disk, Feed());
  server.Publish(kFeed, {"1", "{\"a\":2}", "three"});
  const auto answer = server.Ask(Get("/feed.json"));
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Body(), R"([1,{"a":2},"three"])");
  EXPECT_EQ(answer->Header("content-type"), "application/json");
  EXPECT_EQ(answer->Header("cache-control"), "no-cache");
  const auto position = base::ParsePosition(answer->Header("offing-position"));
  ASSERT_TRUE(position);
  EXPECT_EQ(position->seq, 3u);
  EXPECT_THAT(answer->Header("etag"), HasSubstr("\"" + answer->Header("offing-position") + "-"));
  EXPECT_EQ(server.Metric("offing_live_events_applied_total"), 3u);
}

TEST(Resources, KeepTheirValueAtTheSamePlaceOfANewEpoch) {
  Disk disk;
  Server server(disk, Feed());
  server.Publish(kFeed, {"1", "2"});
  const auto before = server.Ask(Get("/feed.json"));
  server.Renew();
  const auto after = server.Ask(Get("/feed.json"));
  EXPECT_EQ(after->Body(), "[1,2]");
  const auto old = base::ParsePosition(before->Header("offing-position"));
  const auto renewed = base::ParsePosition(after->Header("offing-position"));
  EXPECT_NE(renewed->epoch, old->epoch);
  EXPECT_EQ(renewed->seq, old->seq);
  EXPECT_NE(after->Header("etag"), before->Header("etag"));
  EXPECT_EQ(server.Metric("offing_live_documents_refolded_total"), 0u);
  server.Publish(kFeed, {"3"});
  EXPECT_EQ(server.Body("/feed.json"), "[1,2,3]");
}

TEST(Resources, AnswerFromTheBoardWithoutTheJournal) {
  Disk disk;
  Server server(disk, Feed());
  server.Publish(kFeed, {"1"});
  const auto answer = http::Ask(server.resources(), server.core(), Get("/feed.json?again"));
  EXPECT_EQ(answer->Body(), "[1]") << "at once, nothing was cranked";
  EXPECT_EQ(server.Metric("offing_live_board_misses_total"), 0u);
}

TEST(Resources, CommitTheSnapshotWithTheEvents) {
  Disk disk;
  Server server(disk, Feed());
  const size_t before = disk.store.commits();
  server.Publish(kFeed, {"1", "2", "3"});
  EXPECT_EQ(disk.store.commits(), before + 1) << "three events and their snapshot in one batch";
  EXPECT_EQ(StoredBody(disk, "/feed.json"), "[1,2,3]");
}

TEST(Resources, ShowNothingOfACommitThatFailed) {
  Disk disk;
  Server server(disk, Feed());
  server.Publish(kFeed, {"1"});
  disk.store.FailNext(1);
  server.Publish(kFeed, {"2", "3"});
  EXPECT_EQ(server.Body("/feed.json"), "[1]");
  EXPECT_EQ(StoredBody(disk, "/feed.json"), "[1]");
  server.Publish(kFeed, {"4"});
  EXPECT_EQ(server.Body("/feed.json"), "[1,4]");
  EXPECT_THAT(server.Ask(Get("/feed.json"))->Header("offing-position"), HasSubstr(":2"));
}

TEST(Resources, AreTheSameAfterARestart) {
  Disk disk;
  std::string etag;
  {
    Server server(disk, Feed());
    server.Publish(kFeed, {"1", "2", "3", "4", "5", "6", "7", "8"});
    etag = server.Ask(Get("/feed.json"))->Header("etag");
  }
  Server server(disk, Feed());
  const auto answer = server.Ask(Get("/feed.json"));
  EXPECT_EQ(answer->Body(), "[1,2,3,4,5,6,7,8]") << "more than the log keeps";
  EXPECT_EQ(answer->Header("etag"), etag);
  EXPECT_EQ(server.Metric("offing_live_board_misses_total"), 1u);
  EXPECT_EQ(server.Metric("offing_live_documents_loaded_total"), 1u);
  EXPECT_EQ(server.Metric("offing_live_documents_refolded_total"), 0u);
}

TEST(Resources, GoOnFromTheirSnapshotAfterARestart) {
  Disk disk;
  {
    Server(disk, Feed()).Publish(kFeed, {"1", "2"});
  }
  Server server(disk, Feed());
  server.Publish(kFeed, {"3"});
  EXPECT_EQ(server.Body("/feed.json"), "[1,2,3]");
}

TEST(Resources, CatchUpWithEventsThatWereAppendedWithoutThem) {
  Disk disk;
  {
    Server(disk, Feed()).Publish(kFeed, {"1", "2"});
  }
  {
    Server(disk, {}).Publish(kFeed, {"3", "4"});
  }
  Server server(disk, Feed());
  EXPECT_EQ(server.Body("/feed.json"), "[1,2,3,4]");
  EXPECT_EQ(server.Metric("offing_live_documents_refolded_total"), 0u);
  server.Settle();
  EXPECT_EQ(StoredBody(disk, "/feed.json"), "[1,2,3,4]");
}

TEST(Resources, AreFoldedAnewFromWhatIsKeptWhenTheSnapshotIsTooFarBehind) {
  Disk disk;
  {
    Server(disk, Feed()).Publish(kFeed, {"1", "2"});
  }
  {
    Server without(disk, {});
    for (const char* data : {"3", "4", "5", "6", "7", "8", "9"}) without.Publish(kFeed, {data});
  }
  // Trimming happens at most once a second; a new life trims at its first append.
  {
    Server(disk, {}).Publish(kFeed, {"10"});
  }
  Server server(disk, Feed());
  EXPECT_EQ(server.Body("/feed.json"), "[6,7,8,9,10]");
  EXPECT_EQ(server.Metric("offing_live_documents_refolded_total"), 1u);
}

TEST(Resources, AreFoldedAnewWhenTheirDefinitionChanges) {
  Disk disk;
  std::string etag;
  {
    Server server(disk, Feed("append"));
    server.Publish(kFeed, {"1", "2", "3"});
    etag = server.Ask(Get("/feed.json"))->Header("etag");
  }
  Server server(disk, Feed("prepend"));
  const auto answer = server.Ask(Get("/feed.json", {{"if-none-match", etag}}));
  EXPECT_EQ(answer->status(), 200) << "the same position, but another value";
  EXPECT_EQ(answer->Body(), "[3,2,1]");
  EXPECT_EQ(server.Metric("offing_live_documents_refolded_total"), 1u);
  server.Publish(kFeed, {"4"});
  EXPECT_EQ(server.Body("/feed.json"), "[4,3,2,1]");
  EXPECT_EQ(StoredBody(disk, "/feed.json"), "[4,3,2,1]");
}

TEST(Resources, AnswerTheirInitialValueWhereNothingWasPublishedAndKeepNothing) {
  Disk disk;
  Server server(disk, FeedAndRooms());
  for (int i = 0; i < 3; ++i) {
    const auto answer = server.Ask(Get("/rooms/never-" + std::to_string(i)));
    EXPECT_EQ(answer->status(), 200);
    EXPECT_EQ(answer->Body(), "[]");
    EXPECT_EQ(answer->Header("offing-position"), "0:0");
  }
  server.Body("/rooms/never-0");
  EXPECT_EQ(server.Metric("offing_live_board_misses_total"), 4u) << "it was not kept";
  EXPECT_EQ(StoredBody(disk, "/rooms/never-0"), "none");
}

TEST(Resources, FeedEachPathFromItsOwnChannelByEventName) {
  Disk disk;
  Server server(disk, FeedAndRooms());
  server.Publish({"app", "room-7"}, {R"({"id":1})", R"({"id":2})"}, "add");
  server.Publish({"app", "room-8"}, {R"({"id":3})"}, "add");
  server.Publish({"app", "room-7"}, {"1"}, "gone");
  server.Publish({"app", "room-7"}, {"5"}, "other");
  server.Publish({"another", "room-7"}, {"6"}, "add");
  EXPECT_EQ(server.Body("/rooms/7"), R"([{"id":2}])");
  EXPECT_EQ(server.Body("/rooms/8"), R"([{"id":3}])");
  EXPECT_EQ(server.Body("/feed.json"), "[]");
  EXPECT_THAT(server.Ask(Get("/rooms/7"))->Header("offing-position"), HasSubstr(":4"));
}

TEST(Resources, CountEventsWithoutEffectAndMoveOn) {
  Disk disk;
  Server server(disk, Feed("upsert:id"));
  server.Publish(kFeed, {"no object", R"({"id":1})"});
  EXPECT_EQ(server.Body("/feed.json"), R"([{"id":1}])");
  EXPECT_EQ(server.Metric("offing_live_events_without_effect_total"), 1u);
  EXPECT_THAT(server.Ask(Get("/feed.json"))->Header("offing-position"), HasSubstr(":2"));
}

TEST(Resources, StayWithinTheirLimits) {
  Disk disk;
  auto limited = Feed();
  limited.front().limit = 3;
  Server server(disk, limited, {"app"}, 20);
  server.Publish(kFeed, {"1", "2", "3", "4"});
  EXPECT_EQ(server.Body("/feed.json"), "[2,3,4]");
  server.Publish(kFeed, {std::string(30, 'x')});
  EXPECT_EQ(server.Body("/feed.json"), "[2,3,4]");
  EXPECT_EQ(server.Metric("offing_live_events_without_effect_total"), 1u);
}

TEST(Resources, AreLoadedAgainAfterTheyMadeRoom) {
  Disk disk;
  Server server(disk, FeedAndRooms(), {.app = "app", .max_documents = 2});
  for (int i = 0; i < 5; ++i) {
    server.Publish({"app", "room-" + std::to_string(i)}, {std::to_string(i)}, "add");
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(server.Body("/rooms/" + std::to_string(i)), "[" + std::to_string(i) + "]");
    server.Publish({"app", "room-" + std::to_string(i)}, {"9"}, "add");
    EXPECT_EQ(server.Body("/rooms/" + std::to_string(i)), "[" + std::to_string(i) + ",9]");
  }
  EXPECT_GE(server.Metric("offing_live_documents_loaded_total"), 3u);
}

TEST(Resources, HonourHeadAndConditionsAndRefuseOtherMethods) {
  Disk disk;
  Server server(disk, Feed());
  server.Publish(kFeed, {"1"});
  const auto first = server.Ask(http::MakeRequest("HEAD", "/feed.json"));
  EXPECT_EQ(first->status(), 200);
  const std::string etag = first->Header("etag");
  const auto same = server.Ask(Get("/feed.json", {{"if-none-match", "\"x\", " + etag}}));
  EXPECT_EQ(same->status(), 304);
  EXPECT_EQ(same->Body(), "");
  EXPECT_EQ(same->Header("etag"), etag);
  EXPECT_FALSE(same->Header("offing-position").empty());
  server.Publish(kFeed, {"2"});
  EXPECT_EQ(server.Ask(Get("/feed.json", {{"if-none-match", etag}}))->status(), 200);
  const auto refused = server.Ask(http::MakeRequest("POST", "/feed.json"));
  EXPECT_EQ(refused->status(), 405);
  EXPECT_EQ(refused->Header("allow"), "GET, HEAD");
  EXPECT_TRUE(server.resources().Claims(Get("/feed.json?x")));
  EXPECT_FALSE(server.resources().Claims(Get("/feed.json/")));
}

TEST(Resources, RefuseLoadsBeyondTheirLimitAndSayWhenToComeBack) {
  Disk disk;
  Server server(disk, FeedAndRooms(), {.app = "app", .max_loads = 2});
  const auto ask = [&](const char* path) {
    return http::Ask(server.resources(), server.core(), Get(path));
  };
  const auto one = ask("/rooms/1");
  const auto two = ask("/rooms/2");
  const auto three = ask("/rooms/3");
  EXPECT_EQ(three->status(), 503);
  EXPECT_EQ(three->Header("retry-after"), "1");
  EXPECT_EQ(server.Metric("offing_live_loads_refused_total"), 1u);
  server.Settle();
  EXPECT_EQ(one->status(), 200);
  EXPECT_EQ(two->status(), 200);
  EXPECT_EQ(server.Ask(Get("/rooms/3"))->status(), 200) << "the places are free again";
}

TEST(Resources, SayThatTheyCannotBeReadAndRecover) {
  Disk disk;
  Server server(disk, FeedAndRooms());
  disk.store.FailReadsOf(kFeed);
  const auto answer = server.Ask(Get("/feed.json"));
  EXPECT_EQ(answer->status(), 503);
  EXPECT_EQ(answer->Header("retry-after"), "1");
  disk.store.FailReadsOf({"", "none"});
  EXPECT_EQ(server.Body("/feed.json"), "[]");
}

// Looks at what the board shows inside the commit, when subscribers hear of the events.
class Watcher final : public journal::CommitListener {
 public:
  explicit Watcher(std::function<void()> look) : look_(std::move(look)) {}
  void OnCommitted(std::span<const journal::Committed>) override { look_(); }
  void OnRenewed() override {}

 private:
  std::function<void()> look_;
};

TEST(Resources, AreAnsweredByAJournalThatRunsAndDroppedByOneThatStopped) {
  base::SystemClock clock;
  base::Log log(clock, -1, base::LogLevel::kError);
  base::Metrics metrics;
  journal::CountingRandom random;
  journal::FailableStore store;
  journal::Journal journal({store, clock, random, log, metrics,
                            [](const store::LogKey&) { return store::Retention{.events = 5}; }},
                           {});
  net::Core core(0, {log, metrics});
  Resources resources(
      ResourceTable::Make(Feed(), 1 << 20, [](std::string_view) { return true; }).value(),
      {journal, log, metrics}, {"app"});
  journal.AddProjection(&resources);
  std::shared_ptr<FakeAnswer> seen;
  Watcher watcher([&] { seen = http::Ask(resources, core, Get("/feed.json")); });
  journal.SetListener(&watcher);
  ASSERT_TRUE(journal.Start());

  const auto waiting = http::Ask(resources, core, Get("/feed.json"));
  while (!waiting->over) core.Poll();
  EXPECT_EQ(waiting->Body(), "[]");

  journal::Publication publication;
  publication.events.push_back({kFeed, "e", "1"});
  journal.Append(std::move(publication), [](base::Result<journal::Receipt>) {});
  journal.Stop();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->Body(), "[1]") << "who hears of an event finds it in the resource";

  Resources cold(
      ResourceTable::Make(Feed(), 1 << 20, [](std::string_view) { return true; }).value(),
      {journal, log, metrics}, {"app"});
  const auto dropped = http::Ask(cold, core, Get("/feed.json"));
  core.Poll();
  EXPECT_TRUE(dropped->dropped()) << "the connection answers 500 for it";
}

}  // namespace
}  // namespace offing::live
