#include "live/resource_config.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace offing::live {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

ResourceSettings Feed() {
  return {"/feed.json", "feed", {{"*", "prepend"}}, 3, std::nullopt};
}

ResourceSettings Room() {
  return {"/rooms/:id/feed.json", "room-:id", {{"*", "append"}}, std::nullopt, std::nullopt};
}

base::Result<ResourceTable> Make(std::vector<ResourceSettings> settings,
                                 ResourceTable::Origin origin = ResourceTable::Origin::kThere) {
  return ResourceTable::Make(
      settings, 1 << 20, [](std::string_view channel) { return !channel.starts_with("nolog"); },
      origin);
}

ResourceSettings OfOrigin() {
  ResourceSettings settings = Feed();
  settings.from = From::kOrigin;
  settings.key = "id";
  return settings;
}

std::vector<std::string> PathsOf(const ResourceTable& table, std::string_view channel) {
  std::vector<std::string> paths;
  for (const ResourceRef& ref : table.ForChannel(channel)) paths.push_back(ref.path);
  return paths;
}

TEST(ResourceTable, FindsThePathOfAChannelAndTheChannelOfAPath) {
  const auto table = Make({Feed(), Room()}).value();
  EXPECT_EQ(table.ForPath("/feed.json")->channel, "feed");
  EXPECT_EQ(table.ForPath("/rooms/7/feed.json")->channel, "room-7");
  EXPECT_EQ(table.ForPath("/rooms/a-b=@,.;c/feed.json")->channel, "room-a-b=@,.;c");
  EXPECT_THAT(PathsOf(table, "feed"), ElementsAre("/feed.json"));
  EXPECT_THAT(PathsOf(table, "room-7"), ElementsAre("/rooms/7/feed.json"));
  EXPECT_THAT(PathsOf(table, "room-"), ElementsAre());
  EXPECT_THAT(PathsOf(table, "feed2"), ElementsAre());
}

TEST(ResourceTable, TakesNoValueThatIsNotOneSegmentOfAChannelName) {
  const auto table = Make({Room()}).value();
  for (const char* path :
       {"/rooms//feed.json", "/rooms/a/b/feed.json", "/rooms/./feed.json", "/rooms/../feed.json",
        "/rooms/%2e%2e/feed.json", "/rooms/a b/feed.json", "/rooms/a:b/feed.json",
        "/rooms/7/feed.json/", "/rooms/7/feed.jsonx", "/rooms/7", "rooms/7/feed.json", "/", ""}) {
    EXPECT_FALSE(table.ForPath(path)) << path;
  }
  EXPECT_FALSE(table.ForPath("/rooms/" + std::string(196, 'x') + "/feed.json"))
      << "the channel's name would be too long";
  EXPECT_TRUE(table.ForPath("/rooms/" + std::string(195, 'x') + "/feed.json"));
  EXPECT_THAT(PathsOf(table, "room-.."), ElementsAre());
}

TEST(ResourceTable, NeverShowsAPrivateChannelWhateverTheParameterMakesOfItsName) {
  const auto table =
      Make({{"/p/:id/feed.json", "p:id", {{"*", "append"}}, std::nullopt, std::nullopt}}).value();
  EXPECT_EQ(table.ForPath("/p/lain/feed.json")->channel, "plain");
  EXPECT_FALSE(table.ForPath("/p/rivate-orders/feed.json"));
  EXPECT_FALSE(table.ForPath("/p/resence-room/feed.json"));
  EXPECT_THAT(PathsOf(table, "private-orders"), ElementsAre());
}

TEST(ResourceTable, IsInverseInBothDirectionsWithTwoParameters) {
  const auto table =
      Make({{"/:a/:b.json/x/:c", "x", {{"*", "append"}}, std::nullopt, std::nullopt}});
  EXPECT_FALSE(table) << "\":b.json\" is no whole segment";
  const auto two =
      Make({{"/g/:a/:b", "g-:a-:b-end", {{"*", "append"}}, std::nullopt, std::nullopt}}).value();
  EXPECT_THAT(PathsOf(two, "g-1-2-3-end"), ElementsAre("/g/1/2-3"));
  EXPECT_EQ(two.ForPath("/g/1/2-3")->channel, "g-1-2-3-end");
  EXPECT_FALSE(two.ForPath("/g/1-2/3")) << "its channel is that of /g/1/2-3";
  EXPECT_THAT(PathsOf(two, "g-1-end"), ElementsAre());
}

TEST(ResourceTable, GivesAPathToTheFirstDefinitionOnly) {
  auto all = Room();
  all.path = "/rooms/all/feed.json";
  all.channel = "everything";
  const auto table = Make({all, Room()}).value();
  EXPECT_EQ(table.ForPath("/rooms/all/feed.json")->channel, "everything");
  EXPECT_THAT(PathsOf(table, "room-all"), ElementsAre());
  EXPECT_THAT(PathsOf(table, "everything"), ElementsAre("/rooms/all/feed.json"));
}

TEST(ResourceTable, FeedsTwoResourcesFromOneChannel) {
  auto latest = Feed();
  latest.path = "/latest.json";
  latest.apply = {{"*", "replace"}};
  const auto table = Make({Feed(), latest}).value();
  EXPECT_THAT(PathsOf(table, "feed"), ElementsAre("/feed.json", "/latest.json"));
}

TEST(ResourceTable, StartsFromAnArrayIfAnOperationNeedsOneElseFromAnObject) {
  auto patched = Feed();
  patched.apply = {{"*", "merge-patch"}};
  EXPECT_EQ(Make({Feed()})->ForPath("/feed.json")->resource->initial, "[]");
  EXPECT_EQ(Make({patched})->ForPath("/feed.json")->resource->initial, "{}");
  patched.initial = R"( {"n": 1.0} )";
  EXPECT_EQ(Make({patched})->ForPath("/feed.json")->resource->initial, R"({"n":1})");
}

TEST(ResourceTable, HasAnotherFingerprintForOtherRules) {
  const auto fingerprint = [](const ResourceSettings& settings) {
    return Make({settings})->ForPath("/feed.json")->resource->definition;
  };
  auto other = Feed();
  EXPECT_EQ(fingerprint(other), fingerprint(Feed()));
  other.limit = 4;
  EXPECT_NE(fingerprint(other), fingerprint(Feed()));
  other = Feed();
  other.apply = {{"*", "append"}};
  EXPECT_NE(fingerprint(other), fingerprint(Feed()));
  other = Feed();
  other.channel = "feed2";
  EXPECT_NE(fingerprint(other), fingerprint(Feed()));
  other = Feed();
  other.initial = "[0]";
  EXPECT_NE(fingerprint(other), fingerprint(Feed()));
}

TEST(ResourceTable, WritesWhatTheWorkerNeedsToKnow) {
  const auto table = Make({Feed(), Room()}).value();
  const std::string feed = table.ForPath("/feed.json")->resource->definition.substr(0, 8);
  const std::string room = table.ForPath("/rooms/1/feed.json")->resource->definition.substr(0, 8);
  EXPECT_EQ(table.ConfigJson(),
            R"([{"path":"/feed.json","channel":"feed","apply":{"*":"prepend"},"limit":3,)"
            R"("initial":[],"definition":")" +
                feed +
                R"("},{"path":"/rooms/:id/feed.json","channel":"room-:id","apply":{"*":"append"},)"
                R"("initial":[],"definition":")" +
                room + "\"}]");
}

TEST(ResourceTable, TakesFromAnOriginWhatCannotDoubleAnItemOrIsExact) {
  auto exact = Feed();
  exact.from = From::kOrigin;
  exact.exactness = Exactness::kExact;
  exact.apply = {{"*", "prepend"}, {"patch", "json-patch"}};
  auto others = OfOrigin();
  others.path = "/others.json";
  others.key.reset();
  others.apply = {{"a", "upsert:id"},
                  {"b", "remove:id"},
                  {"c", "replace"},
                  {"d", "merge-patch"},
                  {"e", "invalidate"}};
  EXPECT_TRUE(Make({exact, others}));
  const auto table = Make({OfOrigin(), Room()}).value();
  EXPECT_EQ(table.ForPath("/feed.json")->resource->from, From::kOrigin);
  EXPECT_THAT(PathsOf(table, "feed"), ElementsAre()) << "nothing of it is folded here";
}

TEST(ResourceTable, TellsTheWorkerOfTheKeyAndTheOriginAndChangesItsDefinitionWithThem) {
  auto keyed = Feed();
  keyed.key = "id";
  auto exact = OfOrigin();
  exact.exactness = Exactness::kExact;
  EXPECT_THAT(Make({keyed})->ConfigJson(),
              AllOf(HasSubstr(R"("key":"id")"), testing::Not(HasSubstr("origin"))));
  EXPECT_THAT(Make({OfOrigin()})->ConfigJson(),
              HasSubstr(R"("key":"id","origin":true,"exact":false,"definition")"));
  std::vector<std::string> definitions;
  for (const ResourceSettings& one : {Feed(), keyed, OfOrigin(), exact}) {
    definitions.push_back(Make({one})->ForPath("/feed.json")->resource->definition);
  }
  std::ranges::sort(definitions);
  EXPECT_EQ(std::ranges::adjacent_find(definitions), definitions.end());
}

struct Refusal {
  const char* what;
  void (*spoil)(ResourceSettings&);
  const char* says;
};

TEST(ResourceTable, SaysWhichSettingIsWrongAndTheWayOut) {
  const Refusal kRefusals[] = {
      {"no slash", [](auto& s) { s.path = "feed.json"; }, "begins with"},
      {"dots", [](auto& s) { s.path = "/a/../b"; }, "\"..\""},
      {"empty segment", [](auto& s) { s.path = "/a//b"; }, "empty"},
      {"a blank", [](auto& s) { s.path = "/a b"; }, "percent-encoded"},
      {"our path", [](auto& s) { s.path = "/_offing/feed"; }, "the server itself"},
      {"the worker", [](auto& s) { s.path = "/sw.js"; }, "the server itself"},
      {"no channel", [](auto& s) { s.channel = ""; }, "channel = \"\""},
      {"bad channel", [](auto& s) { s.channel = "a b"; }, "channel = \"a b\""},
      {"encrypted", [](auto& s) { s.channel = "private-encrypted-feed"; }, "private-encrypted-"},
      {"presence", [](auto& s) { s.channel = "presence-feed"; }, "presence-"},
      {"no log", [](auto& s) { s.channel = "nolog"; }, "add [[channel]]"},
      {"a parameter too few", [](auto& s) { s.path = "/:a/feed"; }, "same parameters"},
      {"a parameter too many", [](auto& s) { s.channel = "x-:a"; }, "same parameters"},
      {"parameters side by side",
       [](auto& s) {
         s.path = "/:a/:b";
         s.channel = "x-:a:b";
       },
       "text between"},
      {"could be private",
       [](auto& s) {
         s.path = "/:a";
         s.channel = ":a";
       },
       "begins with a parameter"},
      {"no operation", [](auto& s) { s.apply.clear(); }, "apply"},
      {"unknown operation", [](auto& s) { s.apply = {{"x", "push"}}; }, "apply.\"x\" = \"push\""},
      {"twice", [](auto& s) { s.apply = {{"x", "append"}, {"x", "prepend"}}; }, "stands twice"},
      {"limit of nothing", [](auto& s) { s.limit = 0; }, "limit = \"0\""},
      {"initial no JSON", [](auto& s) { s.initial = "[1,"; }, "initial = \"[1,\""},
      {"initial no array", [](auto& s) { s.initial = "{}"; }, "no event could be applied"},
      {"an empty key", [](auto& s) { s.key = ""; }, "name a member"},
      {"a key for nothing",
       [](auto& s) {
         s.key = "id";
         s.apply = {{"*", "upsert:id"}};
       },
       "key = \"id\": it is of prepend and append"},
      {"exact from the log", [](auto& s) { s.exactness = Exactness::kExact; }, "always exact"},
      {"prepend from an origin", [](auto& s) { s.from = From::kOrigin; },
       "apply.\"*\" = \"prepend\": the origin's body may hold an event that comes again after it, "
       "and its item would stand there twice: add key ="},
      {"append of one event from an origin",
       [](auto& s) {
         s.from = From::kOrigin;
         s.apply = {{"a", "replace"}, {"b", "append"}};
       },
       "apply.\"b\" = \"append\""},
      {"json-patch from an origin",
       [](auto& s) {
         s = OfOrigin();
         s.apply.emplace_back("patch", "json-patch");
       },
       "apply.\"patch\" = \"json-patch\": the origin's body"},
      {"initial of an origin",
       [](auto& s) {
         s = OfOrigin();
         s.initial = "[]";
       },
       "the origin makes the body"},
      {"initial too large", [](auto& s) { s.initial = "[\"" + std::string(1 << 20, 'x') + "\"]"; },
       "larger"},
  };
  for (const Refusal& refusal : kRefusals) {
    ResourceSettings settings = Feed();
    refusal.spoil(settings);
    const auto table = Make({settings});
    ASSERT_FALSE(table) << refusal.what;
    EXPECT_EQ(table.error().code, base::Code::kInvalidArgument);
    EXPECT_THAT(table.error().detail,
                AllOf(HasSubstr("[[resource]] path = \"" + settings.path), HasSubstr(refusal.says)))
        << refusal.what;
  }
  const auto nowhere = Make({OfOrigin()}, ResourceTable::Origin::kNone);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().detail, AllOf(HasSubstr("from = \"origin\""), HasSubstr("--origin")));
  const auto twice = Make({Feed(), Feed()});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().detail, HasSubstr("stands twice"));
}

}  // namespace
}  // namespace offing::live
