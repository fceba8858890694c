#include "outbox/guard.h"

#include <gmock/gmock.h>

#include <thread>

#include "auth/identity.h"
#include "outbox/guard_fixture.h"

namespace offing::outbox {
namespace {

using testing::HasSubstr;

GuardConfig With(Rule rule) {
  GuardConfig config;
  rule.methods = {"POST"};
  config.rules = {std::move(rule)};
  return config;
}
GuardConfig Holding() {
  return With({.match = "/*", .lost = Lost::kHold});
}
http::Response Created() {
  return {.status = 201, .headers = {{"content-type", "text/plain"}, {"location", "/notes/1"}}};
}

TEST_F(GuardTest, ForwardsAWriteWithItsFingerprintAndSaysThatItIsStored) {
  GuardWorld world(store_);
  const auto answer = world.Send(GuardWorld::Write("k", {{"content-type", "text/x"}}));
  ASSERT_EQ(world.asked.size(), 1);
  EXPECT_EQ(world.asked[0].request().Header("idempotency-key"), "\"k\"");
  EXPECT_EQ(world.asked[0].request().Header("offing-fingerprint").size(), 64);
  EXPECT_EQ(world.asked[0].request().body, "text=hello");
  EXPECT_FALSE(answer->over);
  world.Answer(Created(), "made");
  EXPECT_EQ(answer->status(), 201);
  EXPECT_EQ(answer->Body(), "made");
  EXPECT_EQ(answer->Header("idempotency-status"), "stored");
  EXPECT_EQ(answer->Header("location"), "/notes/1");
}

TEST_F(GuardTest, PassesNothingOnBeforeItIsOnDisk) {
  GuardWorld world(store_);
  const auto answer = world.Send(GuardWorld::Write("k"));
  const size_t before = store_.commits();
  Asked one = std::move(world.asked.front());
  world.asked.clear();
  one.options.asked();
  auto& writer = one.exchange->Begin(Created(), 4);
  writer.Write("made");
  writer.End();
  world.core().Poll();
  EXPECT_FALSE(answer->over);
  EXPECT_EQ(store_.commits(), before);
  world.Settle();
  EXPECT_EQ(store_.commits(), before + 1);
  EXPECT_EQ(answer->status(), 201);
}

TEST_F(GuardTest, AnswersAKnownKeyFromMemoryAlsoInAnotherLife) {
  {
    GuardWorld world(store_);
    world.Send(GuardWorld::Write("k"));
    world.Answer({.status = 200, .headers = {{"content-type", "text/x"}, {"set-cookie", "s=1"}}},
                 std::string("a\0b", 3));
  }
  GuardWorld world(store_);
  const auto again = world.Send(GuardWorld::Write("k"));
  EXPECT_TRUE(world.asked.empty());
  EXPECT_EQ(again->status(), 200);
  EXPECT_EQ(again->Body(), std::string("a\0b", 3));
  EXPECT_EQ(again->Header("content-type"), "text/x");
  EXPECT_EQ(again->Header("set-cookie"), "");
  EXPECT_EQ(again->Header("idempotency-status"), "replayed");
}

TEST_F(GuardTest, RefusesAKnownKeyWithAnotherRequest) {
  GuardWorld world(store_);
  world.Send(GuardWorld::Write("k", {{"content-type", "text/x"}}));
  world.Answer(Created());
  for (const http::Request& other :
       {GuardWorld::Write("k", {{"content-type", "text/x"}}, "text=bye"),
        GuardWorld::Write("k", {{"content-type", "text/y"}}),
        GuardWorld::Write("k", {{"content-type", "text/x"}}, "text=hello", "/notes?a"),
        http::MakeRequest("PUT", "/notes",
                          GuardWorld::Write("k", {{"content-type", "text/x"}}).headers,
                          "text=hello")}) {
    const auto refused = world.Send(other);
    EXPECT_EQ(refused->status(), 422) << other.target;
    EXPECT_THAT(refused->Body(), HasSubstr("/key-reused\""));
  }
  EXPECT_TRUE(world.asked.empty());
}

TEST_F(GuardTest, AKeyIsUnderWayOnceAtATime) {
  GuardWorld world(store_);
  const auto first = world.Send(GuardWorld::Write("k"));
  const auto second = world.Send(GuardWorld::Write("k"));
  EXPECT_EQ(second->status(), 409);
  EXPECT_THAT(second->Body(), HasSubstr("/outstanding\""));
  EXPECT_EQ(second->Header("retry-after"), "1");
  EXPECT_EQ(world.asked.size(), 1);
  world.Answer(Created());
  EXPECT_EQ(world.Send(GuardWorld::Write("k"))->Header("idempotency-status"), "replayed");
}

TEST_F(GuardTest, AKnownKeyIsAnsweredToManyAtOnce) {
  GuardWorld world(store_);
  world.Send(GuardWorld::Write("k"));
  world.Answer(Created(), "made");
  const auto first = http::Ask(world.guard(), world.core(), GuardWorld::Write("k"));
  const auto second = http::Ask(world.guard(), world.core(), GuardWorld::Write("k"));
  world.Settle();
  EXPECT_EQ(first->Header("idempotency-status"), "replayed");
  EXPECT_EQ(second->Header("idempotency-status"), "replayed");
}

TEST_F(GuardTest, WhatIsWrittenDownAndUnderWayIsOutstandingAndNotUnknown) {
  GuardWorld world(store_, Holding());
  world.Send(GuardWorld::Write("k"));
  const auto second = world.Send(GuardWorld::Write("k", {{"offing-decision", "resend"}}));
  EXPECT_EQ(second->status(), 409);
  EXPECT_THAT(second->Body(), HasSubstr("/outstanding\""));
  EXPECT_EQ(world.asked.size(), 1);
}

TEST_F(GuardTest, KeysOfTwoUsersAreTwoKeys) {
  GuardWorld world(store_);
  world.Send(GuardWorld::Write("k", world.User("ann")));
  world.Answer(Created(), "ann's");
  const auto bob = world.Send(GuardWorld::Write("k", world.User("bob"), "other"));
  world.Answer(Created(), "bob's");
  EXPECT_EQ(bob->Body(), "bob's");
  EXPECT_EQ(world.Send(GuardWorld::Write("k", world.User("ann")))->Body(), "ann's");
}

TEST_F(GuardTest, RefusesAnEntryOfAnotherUserBeforeAnythingIsDone) {
  GuardWorld world(store_);
  auto headers = world.User("bob");
  headers.emplace_back("offing-user", auth::UserHash("ann"));
  const auto refused = world.Send(GuardWorld::Write("k", headers));
  EXPECT_EQ(refused->status(), 403);
  EXPECT_THAT(refused->Body(), HasSubstr("/other-user\""));
  EXPECT_TRUE(world.asked.empty());
  headers.back().second = auth::UserHash("bob");
  world.Send(GuardWorld::Write("k", headers));
  EXPECT_EQ(world.asked.size(), 1);
}

TEST_F(GuardTest, WhereSomebodySaysWhoAsksAnEntryOfAUserIsNotSentAsNobody) {
  GuardConfig config;
  config.users = Users::kVouchedFor;
  GuardWorld world(store_, config);
  const http::Headers headers = {{"offing-user", auth::UserHash("ann")}};
  EXPECT_EQ(world.Send(GuardWorld::Write("k", headers))->status(), 401);
  EXPECT_TRUE(world.asked.empty());
  GuardWorld other(store_);
  other.Send(GuardWorld::Write("k", headers));
  EXPECT_EQ(other.asked.size(), 1);
}

TEST_F(GuardTest, ATokenThatCannotBeBelievedIs401AndAForeignOneIsTheOriginsAffair) {
  GuardWorld world(store_);
  auto headers = world.User("ann");
  headers[0].second += "x";
  EXPECT_EQ(world.Send(GuardWorld::Write("k", headers))->status(), 401);
  EXPECT_TRUE(world.asked.empty());
  world.Send(GuardWorld::Write("k", {{"authorization", "Bearer opaque-of-the-app"}}));
  EXPECT_EQ(world.asked.size(), 1);
}

TEST_F(GuardTest, RemembersNothingOfAnAnswerThatDecidesNothing) {
  GuardWorld world(store_);
  for (const int status : {401, 403, 407, 408, 425, 429, 500, 502, 503, 504}) {
    const auto answer = world.Send(GuardWorld::Write("k"));
    world.Answer({.status = status, .headers = {{"idempotency-status", "stored"}}}, "no");
    EXPECT_EQ(answer->status(), status);
    EXPECT_EQ(answer->written, "no") << status;
    EXPECT_EQ(answer->Header("idempotency-status"), "") << status;
  }
  const auto busy = world.Send(GuardWorld::Write("k"));
  world.Answer({.status = 409, .headers = {{"retry-after", "1"}}});
  EXPECT_EQ(busy->Header("idempotency-status"), "");
  EXPECT_EQ(store_.commits(), 0);
}

TEST_F(GuardTest, RemembersRefusalsThatAreFinal) {
  GuardWorld world(store_);
  for (const int status : {200, 204, 303, 400, 404, 405, 409, 410, 412, 422}) {
    const std::string key = std::to_string(status);
    world.Send(GuardWorld::Write(key));
    world.Answer({.status = status});
    const auto again = world.Send(GuardWorld::Write(key));
    EXPECT_EQ(again->status(), status);
    EXPECT_EQ(again->Header("idempotency-status"), "replayed") << status;
  }
}

TEST_F(GuardTest, TellsAnEntryOfARedirectAs200) {
  GuardWorld world(store_);
  const auto headers = GuardWorld::Entry("/notes", 1);
  const auto first = world.Send(GuardWorld::Write("k", headers));
  world.Answer({.status = 303, .headers = {{"location", "/notes/1"}}});
  for (const auto& answer : {first, world.Send(GuardWorld::Write("k", headers))}) {
    EXPECT_EQ(answer->status(), 200);
    EXPECT_EQ(answer->Header("offing-status"), "303");
    EXPECT_EQ(answer->Header("offing-location"), "/notes/1");
    EXPECT_EQ(answer->Header("location"), "");
  }
  const auto plain = world.Send(GuardWorld::Write("p"));
  world.Answer({.status = 303, .headers = {{"location", "/notes/1"}}});
  EXPECT_EQ(plain->status(), 303);
  EXPECT_EQ(plain->Header("location"), "/notes/1");
}

TEST_F(GuardTest, WhatOnlyTheServerMaySayIsNotTakenFromTheOrigin) {
  GuardWorld world(store_);
  const auto answer = world.Send(GuardWorld::Write("k"));
  world.Answer(
      {.status = 200, .headers = {{"idempotency-status", "replayed"}, {"offing-status", "303"}}});
  EXPECT_EQ(answer->Header("idempotency-status"), "stored");
  EXPECT_EQ(answer->Header("offing-status"), "");
}

TEST_F(GuardTest, ForgetsAnUnansweredWriteSoThatTheClientComesBackWithTheKey) {
  GuardWorld world(store_);
  const auto lost = world.Send(GuardWorld::Write("k"));
  world.Lose();
  EXPECT_EQ(lost->status(), 502);
  const auto again = world.Send(GuardWorld::Write("k"));
  ASSERT_EQ(world.asked.size(), 1);
  EXPECT_EQ(world.asked[0].request().Header("idempotency-key"), "\"k\"");
  world.Answer(Created());
  EXPECT_EQ(again->Header("idempotency-status"), "stored");
}

TEST_F(GuardTest, HoldsAnUnansweredWriteUntilAPersonDecides) {
  GuardWorld world(store_, Holding());
  const auto lost = world.Send(GuardWorld::Write("k"));
  EXPECT_EQ(store_.commits(), 1) << "it is written down before it is sent on";
  EXPECT_EQ(world.asked[0].options.repeat, OriginOptions::Repeat::kNever);
  world.Lose();
  EXPECT_EQ(lost->status(), 409);
  EXPECT_THAT(lost->Body(), HasSubstr("/outcome-unknown\""));
  EXPECT_EQ(world.Send(GuardWorld::Write("k"))->status(), 409);
  EXPECT_TRUE(world.asked.empty());
  const auto resent = world.Send(GuardWorld::Write("k", {{"offing-decision", "resend"}}));
  ASSERT_EQ(world.asked.size(), 1);
  EXPECT_EQ(world.asked[0].request().Header("offing-decision"), "");
  world.Answer(Created());
  EXPECT_EQ(resent->status(), 201);
  EXPECT_EQ(resent->Header("idempotency-status"), "stored");
}

TEST_F(GuardTest, HoldsAWriteDuringWhichTheServerWasKilled) {
  {
    GuardWorld world(store_, Holding());
    world.Send(GuardWorld::Write("k"));
    ASSERT_EQ(world.asked.size(), 1);
  }
  GuardWorld world(store_, Holding());
  const auto again = world.Send(GuardWorld::Write("k"));
  EXPECT_EQ(again->status(), 409);
  EXPECT_THAT(again->Body(), HasSubstr("/outcome-unknown\""));
  EXPECT_TRUE(world.asked.empty());
}

TEST_F(GuardTest, DoesNotHoldWhatNeverReachedTheOriginOrWasAnswered) {
  GuardWorld world(store_, Holding());
  const auto refused = world.Send(GuardWorld::Write("k"));
  world.Refuse();
  EXPECT_EQ(refused->status(), 502);
  const auto busy = world.Send(GuardWorld::Write("k"));
  world.Answer({.status = 503}, "later");
  EXPECT_EQ(busy->status(), 503);
  EXPECT_EQ(busy->Body() + busy->written, "later");
  world.Send(GuardWorld::Write("k"));
  EXPECT_EQ(world.asked.size(), 1);
}

TEST_F(GuardTest, AnAnswerThatBreaksOffIsNone) {
  GuardWorld world(store_, Holding());
  const auto broken = world.Send(GuardWorld::Write("k"));
  Asked one = std::move(world.asked.front());
  world.asked.clear();
  one.options.asked();
  auto& writer = one.exchange->Begin(Created(), 100);
  writer.Write("ma");
  writer.Abort();
  one.exchange.reset();
  world.Settle();
  EXPECT_EQ(broken->status(), 409);
  EXPECT_THAT(broken->Body(), HasSubstr("/outcome-unknown\""));
}

TEST_F(GuardTest, KeepsTheKeyOfAClientThatWentAwayUntilTheAnswerIsKept) {
  GuardWorld world(store_);
  world.Send(GuardWorld::Write("k"));  // whoever asked may be gone: nobody looks
  EXPECT_EQ(world.guard().ListOutstanding(10).size(), 1);
  world.Answer(Created(), "made");
  EXPECT_EQ(world.guard().ListOutstanding(10).size(), 0);
  EXPECT_EQ(world.Send(GuardWorld::Write("k"))->Body(), "made");
}

TEST_F(GuardTest, PassesALongAnswerOnAndRemembersItWithoutItsBody) {
  GuardConfig config;
  config.max_answer_bytes = 10;
  for (const bool length_known : {true, false}) {
    journal::FailableStore store;
    GuardWorld world(store, config);
    const auto answer = world.Send(GuardWorld::Write("k"));
    Asked one = std::move(world.asked.front());
    world.asked.clear();
    one.options.asked();
    auto& writer =
        one.exchange->Begin(Created(), length_known ? std::optional<uint64_t>(20) : std::nullopt);
    writer.Write("0123456789a");
    EXPECT_FALSE(answer->begun) << "not before it is on disk";
    EXPECT_EQ(writer.queued_bytes(), 11) << "the origin is held back meanwhile";
    world.Settle();
    EXPECT_TRUE(answer->begun);
    EXPECT_EQ(answer->Header("idempotency-status"), "stored");
    EXPECT_EQ(answer->written, "0123456789a");
    writer.Write("bcdefghij");
    writer.End();
    one.exchange.reset();
    EXPECT_TRUE(answer->ended);
    EXPECT_EQ(answer->written, "0123456789abcdefghij");
    const auto again = world.Send(GuardWorld::Write("k"));
    EXPECT_EQ(again->status(), 201);
    EXPECT_EQ(again->Body(), "");
    EXPECT_EQ(again->Header("offing-body"), "forgotten");
    EXPECT_EQ(again->Header("idempotency-status"), "replayed");
  }
}

TEST_F(GuardTest, ALongAnswerWhoseClientGoesIsNotReadToItsEnd) {
  GuardConfig config;
  config.max_answer_bytes = 4;
  GuardWorld world(store_, config);
  const auto answer = world.Send(GuardWorld::Write("k"));
  struct Listener final : http::ExchangeListener {
    void OnBody(std::string_view) override {}
    void OnBodyEnd() override {}
    void OnDrained() override { ++drained; }
    void OnGone() override { exchange.reset(); }
    std::unique_ptr<http::Exchange> exchange;
    int drained = 0;
  } passage;
  world.asked.front().options.asked();
  passage.exchange = std::move(world.asked.front().exchange);
  world.asked.clear();
  passage.exchange->Listen(&passage);
  passage.exchange->Begin(Created(), {}).Write("01234");
  world.Settle();
  EXPECT_GT(passage.drained, 0) << "the origin may go on";
  ASSERT_NE(answer->exchange_listener, nullptr);
  answer->exchange_listener->OnGone();
  EXPECT_EQ(passage.exchange, nullptr);
  EXPECT_EQ(world.guard().ListOutstanding(10).size(), 0);
}

TEST_F(GuardTest, AnEntryThatItsLaneIsPastIsDecided) {
  journal::JournalConfig short_lived;
  short_lived.key_age_ms = 1'000;
  GuardWorld world(store_, {}, short_lived);
  world.Send(GuardWorld::Write("k1", GuardWorld::Entry("a", 1)));
  world.Answer(Created());
  world.Send(GuardWorld::Write("k2", GuardWorld::Entry("a", 2, 1)));
  world.Answer({.status = 422});
  world.clock().Advance(2'000);
  for (const int seq : {1, 2}) {
    const auto late =
        world.Send(GuardWorld::Write("k" + std::to_string(seq), GuardWorld::Entry("a", seq, 2)));
    EXPECT_EQ(late->status(), 409) << seq;
    EXPECT_THAT(late->Body(), HasSubstr("/decided\""));
  }
  EXPECT_TRUE(world.asked.empty());
  world.Send(GuardWorld::Write("k3", GuardWorld::Entry("a", 3, 2)));
  EXPECT_EQ(world.asked.size(), 1);
}

TEST_F(GuardTest, WhatIsOnlyHeldDoesNotMoveTheMark) {
  journal::JournalConfig short_lived;
  short_lived.key_age_ms = 1'000;
  GuardWorld world(store_, Holding(), short_lived);
  world.Send(GuardWorld::Write("k1", GuardWorld::Entry("a", 1)));
  world.Lose();
  world.clock().Advance(2'000);
  world.Send(GuardWorld::Write("k1", GuardWorld::Entry("a", 1)));
  EXPECT_EQ(world.asked.size(), 1);
}

TEST_F(GuardTest, RefusesFurtherKeysWhenTooManyAreUnderWay) {
  GuardConfig config;
  config.max_outstanding = 2;
  config.max_outstanding_bytes = 1'000;
  GuardWorld world(store_, config);
  world.Send(GuardWorld::Write("a"));
  EXPECT_EQ(world.Send(GuardWorld::Write("big", {}, std::string(600, 'x')))->status(), 503);
  world.Send(GuardWorld::Write("b"));
  const auto full = world.Send(GuardWorld::Write("c"));
  EXPECT_EQ(full->status(), 503);
  EXPECT_THAT(full->Body(), HasSubstr("/full\""));
  EXPECT_EQ(world.Count("offing_outbox_guard_full_total"), 2);
  world.Answer(Created());
  world.Send(GuardWorld::Write("c"));
  EXPECT_EQ(world.asked.size(), 2);
}

TEST_F(GuardTest, RefusesNewKeysBeforeTheOriginIsAskedWhenNoAnswerCanBeKept) {
  journal::JournalConfig small;
  small.max_answers = 1;
  GuardWorld world(store_, {}, small);
  world.Send(GuardWorld::Write("a"));
  world.Answer(Created());
  const auto full = world.Send(GuardWorld::Write("b"));
  EXPECT_EQ(full->status(), 503);
  EXPECT_THAT(full->Body(), HasSubstr("/full\""));
  EXPECT_TRUE(world.asked.empty());
  EXPECT_EQ(world.Send(GuardWorld::Write("a"))->Header("idempotency-status"), "replayed");
}

TEST_F(GuardTest, AnAnswerThatTheStoreDoesNotTakeIsPassedOnAsNobodysPromise) {
  GuardWorld world(store_);
  const auto answer = world.Send(GuardWorld::Write("k"));
  store_.FailNext(1);
  world.Answer(Created(), "made");
  EXPECT_EQ(answer->status(), 201);
  EXPECT_EQ(answer->Body(), "made");
  EXPECT_EQ(answer->Header("idempotency-status"), "");
  EXPECT_EQ(world.Count("offing_outbox_not_stored_total"), 1);
}

TEST_F(GuardTest, DoesNotSendOnWhatItCouldNotWriteDown) {
  GuardWorld world(store_, Holding());
  store_.FailNext(1);
  const auto answer = world.Send(GuardWorld::Write("k"));
  EXPECT_EQ(answer->status(), 503);
  EXPECT_TRUE(world.asked.empty());
}

TEST_F(GuardTest, ClaimsWritesWithAKeyAndThoseThatARuleWants) {
  GuardWorld plain(store_);
  const auto claims = [](GuardWorld& world, const std::string& method, const std::string& key,
                         const std::string& target = "/api/x") {
    http::Headers headers;
    if (!key.empty()) headers.emplace_back("idempotency-key", key);
    return world.guard().Claims(http::MakeRequest(method, target, headers));
  };
  EXPECT_TRUE(claims(plain, "POST", "\"k\""));
  EXPECT_TRUE(claims(plain, "DELETE", "\"k\""));
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
    EXPECT_FALSE(claims(plain, method, "\"k\"")) << method;
  }
  EXPECT_FALSE(claims(plain, "POST", ""));
  EXPECT_FALSE(claims(plain, "POST", "k")) << "an app's own form of key";
  EXPECT_FALSE(claims(plain, "POST", "\"k\"", "/_offing/channels/a/events"));

  GuardWorld ruled(store_, With({.match = "/api/*", .key = KeyNeed::kRequired}));
  EXPECT_TRUE(claims(ruled, "POST", ""));
  EXPECT_TRUE(claims(ruled, "POST", "k"));
  EXPECT_FALSE(claims(ruled, "PUT", ""));
  EXPECT_FALSE(claims(ruled, "POST", "", "/other"));
  const auto missing = ruled.Send(http::MakeRequest("POST", "/api/x"));
  EXPECT_EQ(missing->status(), 400);
  EXPECT_THAT(missing->Body(), HasSubstr("/key-missing\""));
  const auto malformed =
      ruled.Send(http::MakeRequest("POST", "/api/x", {{"idempotency-key", "k"}}));
  EXPECT_EQ(malformed->status(), 400);
  EXPECT_THAT(malformed->Body(), HasSubstr("/key-malformed\""));
}

}  // namespace
}  // namespace offing::outbox
