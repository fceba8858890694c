// Resources whose bodies an origin makes, with an origin that answers when the test says so.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/fake_exchange.h"
#include "journal/testing.h"
#include "live/resources.h"

namespace offing::live {
namespace {

using http::FakeAnswer;
using http::Get;

const store::LogKey kFeed{"app", "feed"};

std::vector<ResourceSettings> Settings(Exactness exactness) {
  return {{.path = "/feed.json",
           .channel = "feed",
           .apply = {{"*", "prepend"}},
           .from = From::kOrigin,
           .key = "id",
           .exactness = exactness}};
}

class OriginWorld {
 public:
  explicit OriginWorld(Exactness exactness = Exactness::kSafe, journal::JournalConfig config = {})
      : journal_({store_, clock_, random_, log_, metrics_,
                  [](const store::LogKey&) { return store::Retention{.events = 5}; }},
                 config),
        resources_(ResourceTable::Make(
                       Settings(exactness), 1 << 20, [](std::string_view) { return true; },
                       ResourceTable::Origin::kThere)
                       .value(),
                   {journal_, log_, metrics_,
                    [this](std::unique_ptr<http::Exchange> exchange, auto amend) {
                      waiting_.push_back({std::move(exchange), std::move(amend)});
                    }},
                   {"app"}),
        core_(0, {log_, metrics_}) {
    journal_.AddProjection(&resources_);
  }

  void Publish(int events) {
    for (int i = 0; i < events; ++i) {
      journal::Publication publication;
      publication.events.push_back({kFeed, "e", "{\"id\":1}"});
      journal_.Append(std::move(publication), [](base::Result<journal::Receipt>) {});
    }
    journal_.Crank();
  }
  std::shared_ptr<FakeAnswer> Ask(http::Request request) {
    auto answer = AskOnly(std::move(request));
    Settle();
    return answer;
  }
  std::shared_ptr<FakeAnswer> AskOnly(http::Request request) {
    return http::Ask(resources_, core_, std::move(request));
  }
  void Settle() {
    journal_.Crank();
    core_.Poll();
  }
  // What the origin was asked and has not answered.
  size_t waiting() const { return waiting_.size(); }
  void Answer(http::Headers headers = {{"Content-Type", "application/json"}}, int status = 200) {
    http::Response head;
    head.status = status;
    head.headers = std::move(headers);
    head.body = std::string("[]");
    waiting_.front().amend(head);
    waiting_.front().exchange->Send(std::move(head));
    waiting_.erase(waiting_.begin());
  }
  uint64_t Metric(const std::string& name) {
    const std::string text = metrics_.Render();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }
  bool Claims(const http::Request& request) { return resources_.Claims(request); }
  store::Store& store() { return store_; }

 private:
  struct Waiting {
    std::unique_ptr<http::Exchange> exchange;
    std::function<void(http::Response&)> amend;
  };
  base::FakeClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  journal::CountingRandom random_;
  journal::FailableStore store_;
  journal::Journal journal_;
  std::vector<Waiting> waiting_;
  Resources resources_;
  net::Core core_;
};

uint64_t SeqOf(const FakeAnswer& answer) {
  const auto position = base::ParsePosition(answer.Header("offing-position"));
  return position ? position->seq : ~0ull;
}

TEST(OriginResources, StandWhereTheChannelStoodBeforeTheOriginWasAsked) {
  OriginWorld world;
  world.Publish(3);
  const auto answer = world.Ask(Get("/feed.json"));
  ASSERT_EQ(world.waiting(), 1u);
  world.Publish(2);
  world.Answer();
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(SeqOf(*answer), 3u) << "the two events since may not be in the body";
  EXPECT_EQ(answer->Header("offing-definition").size(), 8u);
  const auto later = world.Ask(Get("/feed.json"));
  world.Answer();
  EXPECT_EQ(SeqOf(*later), 5u);
}

TEST(OriginResources, DoNotAskTheOriginBeforeTheHeadIsRead) {
  OriginWorld world;
  world.Publish(1);
  const auto answer = world.AskOnly(Get("/feed.json"));
  EXPECT_EQ(world.waiting(), 0u) << "the read has not run";
  world.Settle();
  EXPECT_EQ(world.waiting(), 1u);
  world.Answer();
  EXPECT_EQ(SeqOf(*answer), 1u);
}

TEST(OriginResources, StandAtTheBeginningWhereNothingWasPublished) {
  OriginWorld world;
  const auto answer = world.Ask(Get("/feed.json"));
  world.Answer();
  EXPECT_EQ(answer->Header("offing-position"), "0:0");
}

TEST(OriginResources, StandWhereTheOriginSaysIfItSays) {
  for (const Exactness exactness : {Exactness::kSafe, Exactness::kExact}) {
    OriginWorld world(exactness);
    world.Publish(3);
    const auto answer = world.Ask(Get("/feed.json"));
    world.Answer({{"Content-Type", "application/json"}, {"Offing-Position", "0123456789ab:2"}});
    EXPECT_EQ(answer->Header("offing-position"), "0123456789ab:2");
  }
}

TEST(OriginResources, ArePassedOnWithoutAPositionAndCountedWhenAnExactOriginStatesNone) {
  OriginWorld world(Exactness::kExact);
  world.Publish(3);
  const auto answer = world.Ask(Get("/feed.json"));
  world.Answer();
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Header("offing-position"), "");
  EXPECT_EQ(answer->Header("offing-definition").size(), 8u);
  EXPECT_EQ(world.Metric("offing_live_origin_unstated_total"), 1u);
}

TEST(OriginResources, ArePassedOnWithoutAPositionAndCountedWhenTheyAreForOneUser) {
  OriginWorld world;
  const auto answer = world.Ask(Get("/feed.json"));
  world.Answer({{"Content-Type", "application/json"}, {"Cache-Control", "private"}});
  EXPECT_EQ(answer->Header("offing-position"), "");
  EXPECT_EQ(world.Metric("offing_live_origin_private_total"), 1u);
}

TEST(OriginResources, LeaveOtherMethodsAndQueriesToTheOrigin) {
  OriginWorld world;
  EXPECT_TRUE(world.Claims(Get("/feed.json")));
  EXPECT_TRUE(world.Claims(http::MakeRequest("HEAD", "/feed.json")));
  EXPECT_FALSE(world.Claims(http::MakeRequest("POST", "/feed.json")));
  EXPECT_FALSE(world.Claims(http::MakeRequest("DELETE", "/feed.json")));
  EXPECT_FALSE(world.Claims(Get("/feed.json?page=2")));
  EXPECT_FALSE(world.Claims(Get("/feed.jsonx")));
  const auto answer = world.Ask(http::MakeRequest("HEAD", "/feed.json"));
  world.Answer();
  EXPECT_EQ(answer->Header("offing-position"), "0:0");
}

TEST(OriginResources, AreNotFoldedNorKeptHere) {
  OriginWorld world;
  world.Publish(2);
  EXPECT_EQ(*world.store().FindSnapshot("app", "/feed.json"), std::nullopt);
  EXPECT_EQ(world.Metric("offing_live_events_applied_total"), 0u);
}

TEST(OriginResources, AreUnavailableAndTheOriginNotAskedWhenTheHeadCannotBeRead) {
  OriginWorld world(Exactness::kSafe, {.max_reads = 0});
  const auto answer = world.Ask(Get("/feed.json"));
  EXPECT_EQ(answer->status(), 503);
  EXPECT_EQ(answer->Header("retry-after"), "1");
  EXPECT_EQ(world.waiting(), 0u);
}

}  // namespace
}  // namespace offing::live
