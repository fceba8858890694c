// Every call of the HTTP API and every way to refuse one (spec/channels.md, spec/errors.md).
#include "channels/api.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channels/world.h"

namespace offing::channels::testing {
namespace {

using base::Json;

struct Answer {
  int status;
  Json body;
  std::shared_ptr<http::FakeAnswer> raw;
};

Answer Ask(World& world, const std::string& method, const std::string& path,
           const std::string& query = "", const std::string& body = "",
           http::Headers headers = {}) {
  auto raw = world.Call(method, path, query, body, std::move(headers));
  world.Settle();
  const auto json = base::ParseJson(raw->Body());
  EXPECT_TRUE(json.has_value()) << raw->Body();
  EXPECT_EQ(raw->Header("content-type"), "application/json");
  return {raw->status(), json.value_or(Json()), raw};
}

Answer Post(World& world, const std::string& path, const Json& body, http::Headers headers = {}) {
  return Ask(world, "POST", path, "", base::DumpJson(body), std::move(headers));
}

const Json kEvent = {{"name", "e"}, {"data", "x"}, {"channels", {"news"}}};

Json With(Json body, const std::string& member, Json value) {
  body[member] = std::move(value);
  return body;
}
Json Without(Json body, const std::string& member) {
  body.erase(member);
  return body;
}

TEST(Api, HandsASignedCallToThePartOfTheServerThatAnswersIt) {
  World world;
  std::string asked;
  world.channels->AddCall(
      "worker", [&asked](std::string_view app, std::unique_ptr<http::Exchange> exchange) {
        asked = fmt::format("{} {} {}", app, exchange->request().method, exchange->request().body);
        exchange->Send(http::JsonResponse(200, "{}"));
      });
  EXPECT_EQ(Post(world, "/worker", {{"action", "kill"}}).status, 200);
  EXPECT_EQ(asked, R"(1 POST {"action":"kill"})");
  asked.clear();
  EXPECT_EQ(Ask(world, "POST", "/workers", "", "{}").status, 404);
  auto unsigned_answer = http::Ask(*world.channels, *world.cores[0],
                                   http::MakeRequest("POST", "/apps/1/worker", {}, "{}"));
  world.Settle();
  EXPECT_EQ(unsigned_answer->status(), 401);
  EXPECT_EQ(asked, "");
}

TEST(Api, PublishesToManyChannelsOnceEach) {
  World world;
  const auto client = world.Connect();
  for (const std::string channel : {"a", "b"}) client->Subscribe(channel);
  world.Settle();
  client->Take();
  const Answer answer = Post(world, "/events", With(kEvent, "channels", {"a", "b", "a"}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, Json::object());
  EXPECT_EQ(client->Take().size(), 2u);
}

TEST(Api, AnswersEventIdsAndCounts) {
  World world({.cores = 2});
  const auto one = world.Connect(0);
  const auto two = world.Connect(1);
  one->Subscribe("news");
  two->Subscribe("news");
  two->Subscribe("log-a");
  world.Settle();
  Json body = With(kEvent, "channels", {"news", "log-a", "log-b"});
  body["info"] = "subscription_count,user_count";
  const Answer answer = Post(world, "/events", body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      answer.body,
      (Json{{"channels",
             {{"news", {{"subscription_count", 2}}},
              {"log-a", {{"subscription_count", 1}}},
              {"log-b", {{"subscription_count", 0}}}}},
            {"event_ids",
             {{"log-a", world.Epoch("log-a") + ":1"}, {"log-b", world.Epoch("log-b") + ":1"}}}}));
}

TEST(Api, AnswersOnlyWhenTheEventWasHandedToEverySubscriber) {
  World world({.cores = 2});
  const auto far = world.Connect(1);
  far->Subscribe("news");
  world.Settle();
  far->Take();
  const auto answer = world.Call("POST", "/events", "", base::DumpJson(kEvent));
  world.cores[0]->Poll();
  world.cores[0]->Poll();
  EXPECT_EQ(answer->status(), 0) << "the other core has not had its turn";
  world.cores[1]->Poll();
  EXPECT_EQ(far->Take().size(), 1u);
  world.Settle();
  EXPECT_EQ(answer->status(), 200);
}

TEST(Api, DoesNotTouchTheJournalForAChannelWithoutALog) {
  World world;
  const auto answer = world.Call("POST", "/events", "", base::DumpJson(kEvent));
  world.PollCores();  // the journal is not cranked
  EXPECT_EQ(answer->status(), 200);
  const auto logged =
      world.Call("POST", "/events", "", base::DumpJson(With(kEvent, "channels", {"log-a"})));
  world.PollCores();
  EXPECT_EQ(logged->status(), 0) << "an answer of 200 is durable";
  world.Settle();
  EXPECT_EQ(logged->status(), 200);
}

TEST(Api, WithholdsAnEventFromTheSocketThatIsNamed) {
  for (const std::string channel : {"news", "log-a"}) {
    World world({.cores = 2});
    const auto one = world.Connect(0);
    const auto two = world.Connect(1);
    one->Subscribe(channel);
    two->Subscribe(channel);
    world.Settle();
    one->Take();
    two->Take();
    world.Publish(channel, "e", "x", {{"socket_id", two->socket_id}});
    EXPECT_EQ(one->Take().size(), 1u);
    EXPECT_EQ(two->Take().size(), 0u);
    world.Publish(channel, "e", "x", {{"socket_id", "4294967296.1"}});  // nobody's
    EXPECT_EQ(one->Take().size(), 1u);
    EXPECT_EQ(two->Take().size(), 1u);
  }
}

struct BadCase {
  std::string name;
  std::string path;
  Json body;
  int status;
};
class BadPublication : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadPublication, IsRefusedAndCounted) {
  World world;
  const Answer answer = Post(world, GetParam().path, GetParam().body);
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_TRUE(answer.body["error"].is_string());
  EXPECT_EQ(world.Counter("offing_channels_publish_refused_total"), 1u);
  EXPECT_EQ(world.Counter("offing_channels_published_total"), 0u);
}

Json Names(size_t count) {
  Json names = Json::array();
  for (size_t i = 0; i < count; ++i) names.push_back("c" + std::to_string(i));
  return names;
}
Json BatchOf(size_t count) {
  Json items = Json::array();
  for (size_t i = 0; i < count; ++i) {
    items.push_back({{"channel", "log-a"}, {"name", "e"}, {"data", "x"}});
  }
  return {{"batch", items}};
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPublication,
    ::testing::Values(
        BadCase{"NotAnObject", "/events", Json::array(), 400},
        BadCase{"NoName", "/events", Without(kEvent, "name"), 400},
        BadCase{"EmptyName", "/events", With(kEvent, "name", ""), 400},
        BadCase{"LongName", "/events", With(kEvent, "name", std::string(201, 'n')), 400},
        BadCase{"NoData", "/events", Without(kEvent, "data"), 400},
        BadCase{"DataIsNoString", "/events", With(kEvent, "data", {{"a", 1}}), 400},
        BadCase{"DataTooLarge", "/events", With(kEvent, "data", std::string(10'241, 'x')), 413},
        BadCase{"NoChannels", "/events", Without(kEvent, "channels"), 400},
        BadCase{"EmptyChannels", "/events", With(kEvent, "channels", Json::array()), 400},
        BadCase{"ChannelsIsNoList", "/events", With(kEvent, "channels", "news"), 400},
        BadCase{"BadChannelName", "/events", With(kEvent, "channels", {"a b"}), 400},
        BadCase{"ChannelIsNoString", "/events", With(kEvent, "channels", {7}), 400},
        BadCase{"TooManyChannels", "/events", With(kEvent, "channels", Names(101)), 400},
        BadCase{"BadSocketId", "/events", With(kEvent, "socket_id", "12"), 400},
        BadCase{"SocketIdWithMore", "/events", With(kEvent, "socket_id", "1.2x"), 400},
        BadCase{"SocketIdIsNoString", "/events", With(kEvent, "socket_id", 1.2), 400},
        BadCase{"UnknownInfo", "/events", With(kEvent, "info", "weather"), 400},
        BadCase{"BatchMissing", "/batch_events", Json::object(), 400},
        BadCase{"BatchIsNoObject", "/batch_events", Json::array(), 400},
        BadCase{"BatchEmpty", "/batch_events", BatchOf(0), 400},
        BadCase{"BatchTooLong", "/batch_events", BatchOf(11), 400},
        BadCase{"BatchItemIsNoObject", "/batch_events", {{"batch", {1}}}, 400},
        BadCase{"BatchItemWithoutChannel",
                "/batch_events",
                {{"batch", Json::array({{{"name", "e"}, {"data", "x"}}})}},
                400}),
    [](const auto& info) { return info.param.name; });

TEST(Api, RefusesABodyThatIsNotJson) {
  World world;
  EXPECT_EQ(Ask(world, "POST", "/events", "", "{").status, 400);
  EXPECT_EQ(Ask(world, "POST", "/batch_events", "", "").status, 400);
}

TEST(Api, TakesDataOfExactlyTheLimit) {
  World world;
  EXPECT_EQ(Post(world, "/events", With(kEvent, "data", std::string(10'240, 'x'))).status, 200);
  EXPECT_EQ(Post(world, "/events", With(kEvent, "channels", Names(100))).status, 200);
}

TEST(Api, ChecksTheSignatureBeforeAnythingElse) {
  World world;
  const auto ask = [&world](const std::string& target, const std::string& body) {
    const auto raw =
        http::Ask(*world.channels, *world.cores[0], http::MakeRequest("POST", target, {}, body));
    world.Settle();
    return raw->status();
  };
  EXPECT_EQ(ask("/apps/1/events", "{"), 401);
  EXPECT_EQ(ask("/apps/1/no-such-call", ""), 401);
  EXPECT_EQ(ask("/apps/2/events", "{}"), 404);

  const std::string body = base::DumpJson(kEvent);
  const auto query = [&world](int64_t at_s, const std::string& signed_body) {
    return proto::SignApiCall(world.config.apps[0], {"POST", "/apps/1/events", "", signed_body},
                              at_s);
  };
  const int64_t now_s = world.clock.WallMs() / 1'000;
  EXPECT_EQ(ask("/apps/1/events?" + query(now_s, body), body), 200);
  EXPECT_EQ(ask("/apps/1/events?" + query(now_s - 600, body), body), 200);
  EXPECT_EQ(ask("/apps/1/events?" + query(now_s - 601, body), body), 401);
  EXPECT_EQ(ask("/apps/1/events?" + query(now_s, body), body + " "), 401);
  EXPECT_EQ(ask("/apps/1/batch_events?" + query(now_s, body), body), 401);
}

TEST(Api, KnowsNoOtherCallAndNoOtherMethod) {
  World world;
  for (const std::string path : {"", "/", "/nope", "/events/x", "/channels/a%20b", "/channels/"}) {
    EXPECT_EQ(Ask(world, "GET", path).status, 404) << path;
  }
  for (const std::string path : {"/events", "/batch_events"}) {
    const Answer answer = Ask(world, "GET", path);
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.raw->Header("allow"), "POST");
  }
  for (const std::string path : {"/channels", "/channels/a"}) {
    const Answer answer = Post(world, path, Json::object());
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.raw->Header("allow"), "GET");
  }
}

TEST(Api, CommitsABatchAndAnswersEachItem) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("news");
  client->Subscribe("log-a");
  world.Settle();
  client->Take();
  const Answer plain =
      Post(world, "/batch_events",
           {{"batch", Json::array({{{"channel", "news"}, {"name", "e"}, {"data", "x"}}})}});
  EXPECT_EQ(plain.body, Json::object());
  const Answer mixed =
      Post(world, "/batch_events",
           {{"batch", Json::array({{{"channel", "log-a"}, {"name", "e"}, {"data", "1"}},
                                   {{"channel", "news"}, {"name", "e"}, {"data", "2"}},
                                   {{"channel", "log-a"},
                                    {"name", "e"},
                                    {"data", "3"},
                                    {"info", "subscription_count"}}})}});
  EXPECT_EQ(mixed.status, 200);
  const std::string epoch = world.Epoch("log-a");
  EXPECT_EQ(
      mixed.body,
      (Json{{"batch", Json::array({{{"event_id", epoch + ":1"}},
                                   Json::object(),
                                   {{"event_id", epoch + ":2"}, {"subscription_count", 1}}})}}));
  std::vector<std::string> order;
  for (const Frame& frame : client->Take()) order.push_back(frame.data.dump());
  EXPECT_THAT(order, ::testing::ElementsAre("\"x\"", "1", "3", "2"))
      << "what has a log is on disk before the rest is told";
}

TEST(Api, PublishesOnceForAKey) {
  World world;
  const http::Headers key = {{"idempotency-key", "write-1"}};
  const Json body = With(kEvent, "channels", {"log-a", "news"});
  const auto client = world.Connect();
  client->Subscribe("news");
  world.Settle();
  client->Take();
  const Answer first = Post(world, "/events", body, key);
  const Answer again = Post(world, "/events", body, key);
  EXPECT_EQ(first.raw->Header("idempotency-status"), "");
  EXPECT_EQ(again.raw->Header("idempotency-status"), "replayed");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(client->Take().size(), 1u);
  EXPECT_EQ((**world.store.State({"1", "log-a"})).head, 1u);

  const Answer other = Post(world, "/events", With(body, "data", "y"), key);
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ((**world.store.State({"1", "log-a"})).head, 1u);
}

TEST(Api, RefusesAKeyThatIsNotOne) {
  World world;
  const Json body = With(kEvent, "channels", {"log-a"});
  for (const std::string& key :
       {std::string(), std::string(129, 'k'), std::string("a b"), std::string("caf\xc3\xa9")}) {
    EXPECT_EQ(Post(world, "/events", body, {{"idempotency-key", key}}).status, 400) << key;
  }
  EXPECT_EQ(Post(world, "/events", body, {{"idempotency-key", std::string(128, 'k')}}).status, 200);
}

TEST(Api, Answers503WhenTheJournalIsFull) {
  World world({.max_waiting = 50});
  const std::string body = base::DumpJson(With(kEvent, "channels", {"log-a", "news"}));
  const auto client = world.Connect();
  client->Subscribe("news");
  world.Settle();
  client->Take();
  std::vector<std::shared_ptr<http::FakeAnswer>> answers;
  for (int i = 0; i < 51; ++i) answers.push_back(world.Call("POST", "/events", "", body));
  world.Settle();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(answers[static_cast<size_t>(i)]->status(), 200);
  EXPECT_EQ(answers[50]->status(), 503);
  EXPECT_EQ(answers[50]->Header("retry-after"), "1");
  EXPECT_EQ(client->Take().size(), 50u) << "what was refused was not half published";
}

TEST(Api, ListsTheOccupiedChannelsOfAllCores) {
  World world({.cores = 2});
  const auto one = world.Connect(0);
  const auto two = world.Connect(1);
  for (const std::string channel : {"room-1", "log-a"}) one->Subscribe(channel);
  for (const std::string channel : {"room-1", "room-2"}) two->Subscribe(channel);
  world.Settle();
  EXPECT_EQ(
      Ask(world, "GET", "/channels").body,
      (Json{
          {"channels",
           {{"log-a", Json::object()}, {"room-1", Json::object()}, {"room-2", Json::object()}}}}));
  EXPECT_EQ(
      Ask(world, "GET", "/channels", "filter_by_prefix=room-&info=subscription_count").body,
      (Json{{"channels",
             {{"room-1", {{"subscription_count", 2}}}, {"room-2", {{"subscription_count", 1}}}}}}));
  EXPECT_EQ(Ask(world, "GET", "/channels", "info=user_count").status, 400);
  one->Unsubscribe("log-a");
  EXPECT_EQ(Ask(world, "GET", "/channels", "filter_by_prefix=log-").body,
            (Json{{"channels", Json::object()}}));
}

TEST(Api, TellsAboutOneChannelAndItsLog) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("log-a");
  world.Publish("log-a", "name", "12345");
  world.Publish("log-a", "name", "12345");
  EXPECT_EQ(Ask(world, "GET", "/channels/log-a").body, (Json{{"occupied", true}}));
  EXPECT_EQ(
      Ask(world, "GET", "/channels/log-a", "info=log,subscription_count").body,
      (Json{{"occupied", true},
            {"subscription_count", 1},
            {"log", {{"epoch", world.Epoch("log-a")}, {"first", 1}, {"head", 2}, {"bytes", 18}}}}));
  EXPECT_EQ(Ask(world, "GET", "/channels/log-never", "info=log").body,
            (Json{{"occupied", false},
                  {"log", {{"epoch", "0"}, {"first", 1}, {"head", 0}, {"bytes", 0}}}}));
  EXPECT_EQ(Ask(world, "GET", "/channels/news", "info=log").body, (Json{{"occupied", false}}));
  EXPECT_EQ(Ask(world, "GET", "/channels/news", "info=weather").status, 400);
}

TEST(Api, DecodesAnEncodedChannelName) {
  World world;
  const auto client = world.Connect();
  client->Subscribe("a=b;c@d");
  world.Settle();
  const std::string encoded = "/apps/1/channels/a%3Db%3Bc%40d";
  const std::string query = proto::SignApiCall(world.config.apps[0], {"GET", encoded, "", ""},
                                               world.clock.WallMs() / 1'000);
  const auto answer = http::Ask(*world.channels, *world.cores[0], http::Get(encoded + "?" + query));
  world.Settle();
  EXPECT_EQ(answer->Body(), R"({"occupied":true})");
}

TEST(Api, Answers503WhileDraining) {
  World world;
  world.channels->Drain(nullptr);
  world.Settle();
  const Answer answer = Post(world, "/events", kEvent);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.raw->Header("retry-after"), "1");
}

}  // namespace
}  // namespace offing::channels::testing
