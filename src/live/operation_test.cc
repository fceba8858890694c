#include "live/operation.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>

#include "live/fold.h"
#include "live/json_patch.h"
#include "live/value.h"

namespace offing::live {
namespace {

using base::Json;

Json Vectors(const std::string& name) {
  std::ifstream in(std::string(OFFING_SOURCE_DIR) + "/spec/vectors/" + name);
  std::stringstream text;
  text << in.rdbuf();
  // Not base::ParseJson: a vector may hold what that refuses.
  return Json::parse(text.str()).at("cases");
}

ValueLimits LimitsOf(const Json& one) {
  ValueLimits limits;
  if (one.contains("limit")) limits.items = one["limit"].get<uint64_t>();
  limits.max_bytes = one.value("maxBytes", size_t{1} << 40);
  return limits;
}

Value Parsed(std::string_view text) {
  return MakeValue(base::ParseJson(text).value());
}

// As the property `key` of a resource makes it.
Operation ParseKeyed(const Json& one, const std::string& text) {
  Operation operation = ParseOperation(text).value();
  const bool keyed =
      operation.kind == Operation::Kind::kPrepend || operation.kind == Operation::Kind::kAppend;
  if (keyed) operation.key = one.value("key", "");
  return operation;
}

Effect Do(Value& value, std::string_view operation, std::string_view data,
          const ValueLimits& limits = {}) {
  return Apply(value, ParseOperation(operation).value(), data, limits);
}

TEST(Operation, DoesWhatEveryVectorSays) {
  const Json cases = Vectors("operations.json");
  ASSERT_GT(cases.size(), 100u);
  for (const Json& one : cases) {
    const std::string name = one["name"];
    SCOPED_TRACE(name);
    const Operation operation = ParseKeyed(one, one["operation"]);
    Value value = MakeValue(one["value"]);
    const Effect effect = Apply(value, operation, one["data"].get<std::string>(), LimitsOf(one));
    EXPECT_EQ(effect == Effect::kApplied, one["applied"].get<bool>());
    EXPECT_TRUE(JsonEqual(value.json, one["result"])) << DumpValue(value.json);
    EXPECT_EQ(value.bytes, DumpValue(value.json).size());
  }
}

TEST(Fold, DoesWhatEveryVectorSays) {
  const Json cases = Vectors("fold.json");
  ASSERT_GT(cases.size(), 20u);
  for (const Json& one : cases) {
    SCOPED_TRACE(one["name"].get<std::string>());
    FoldRules rules{.limits = LimitsOf(one)};
    for (const auto& [name, text] : one["apply"].items()) {
      rules.apply.emplace_back(name, ParseKeyed(one, text));
    }
    Copy copy{base::ParsePosition(one["position"].get<std::string>()).value_or(base::Position{}),
              MakeValue(one["value"])};
    // "EPOCH:0" is no position on the wire, but a copy may stand there.
    const std::string start = one["position"];
    if (start.ends_with(":0") && start != "0:0") {
      copy.position = {base::Epoch{std::stoull(start.substr(0, 12), nullptr, 16)}, 0};
    }
    bool gap = false;
    for (const Json& event : one["events"]) {
      const auto id = base::ParsePosition(event["id"].get<std::string>()).value();
      const Step step = Fold(copy, rules, id.epoch,
                             {.seq = id.seq, .name = event["event"], .data = event["data"]});
      if (step == Step::kGap) {
        gap = true;
        break;
      }
    }
    EXPECT_EQ(gap, one.value("gap", false));
    EXPECT_EQ(base::FormatPosition(copy.position), one["endPosition"].get<std::string>());
    EXPECT_TRUE(JsonEqual(copy.value.json, one["result"])) << DumpValue(copy.value.json);
  }
}

TEST(Operation, NamesWhatItCannotRead) {
  for (const char* text : {"", "Prepend", "upsert", "upsert:", "remove:", "delete", "replace "}) {
    const auto operation = ParseOperation(text);
    ASSERT_FALSE(operation) << text;
    EXPECT_THAT(operation.error().detail, testing::HasSubstr(std::string("\"") + text + "\""));
    EXPECT_THAT(operation.error().detail, testing::HasSubstr("merge-patch"));
  }
  EXPECT_EQ(ParseOperation("upsert:a:b")->key, "a:b");
}

TEST(Operation, KeepsTheOrderInWhichMembersWereFirstWritten) {
  Value value = Parsed(R"({"z":1,"a":2})");
  EXPECT_EQ(Do(value, "merge-patch", R"({"m":3,"z":4})"), Effect::kApplied);
  EXPECT_EQ(DumpValue(value.json), R"({"z":4,"a":2,"m":3})");
}

TEST(Operation, RefusesTextThatIsNotUtf8) {
  Value value = Parsed("[]");
  EXPECT_EQ(Do(value, "append", "\xFF"), Effect::kNone);
  EXPECT_EQ(Do(value, "append", "\"\xC0\x80\""), Effect::kNone);
  EXPECT_EQ(DumpValue(value.json), "[]");
}

TEST(Operation, LeavesTheValueAloneWhenAPatchFailsAtItsEnd) {
  Value value = Parsed(R"({"a":[1,2]})");
  EXPECT_EQ(Do(value, "json-patch",
               R"([{"op":"remove","path":"/a/0"},{"op":"test","path":"/a/0","value":3}])"),
            Effect::kNone);
  EXPECT_EQ(DumpValue(value.json), R"({"a":[1,2]})");
}

TEST(Operation, StopsAPatchThatDoublesItsValueAgainAndAgain) {
  std::string patch = "[";
  for (int i = 0; i < 40; ++i) {
    patch += R"({"op":"copy","from":"/a","path":"/a/-"},)";
  }
  patch += R"({"op":"replace","path":"/a","value":[]}])";
  Value value = Parsed(R"({"a":[1]})");
  EXPECT_EQ(Do(value, "json-patch", patch, {.max_bytes = 100'000}), Effect::kNone);
  EXPECT_EQ(DumpValue(value.json), R"({"a":[1]})");
}

TEST(Operation, CountsBytesWithoutWritingTheText) {
  Value value = Parsed("[]");
  const ValueLimits limits{.items = 5, .max_bytes = 200};
  for (int i = 0; i < 100; ++i) {
    const std::string item = R"({"id":)" + std::to_string(i % 7) + R"(,"text":")" +
                             std::string(static_cast<size_t>(i * 37 % 60), 'x') + "\"}";
    Do(value, i % 3 == 0 ? "prepend" : i % 3 == 1 ? "append" : "upsert:id", item, limits);
    if (i % 11 == 0) Do(value, "remove:id", std::to_string(i % 7), limits);
    ASSERT_EQ(value.bytes, DumpValue(value.json).size()) << "after event " << i;
    ASSERT_LE(value.bytes, 200u);
  }
  EXPECT_GT(value.json.size(), 0u);
}

TEST(Value, IsWrittenAsABrowserWritesIt) {
  const std::pair<const char*, const char*> kCases[] = {
      {"1.0", "1"},
      {"-0.0", "0"},
      {"1e21", "1e+21"},
      {"123456789012345680000", "123456789012345680000"},
      {"1e-6", "0.000001"},
      {"1e-7", "1e-7"},
      {"1.5e-10", "1.5e-10"},
      {"0.1", "0.1"},
      {"-12.5e1", "-125"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"9007199254740993", "9007199254740992"},
      {"-9007199254740993", "-9007199254740992"},
      {"18446744073709551615", "18446744073709552000"},
      {R"("\u0001\b\f\n\r\t\"\\\/é")", R"("\u0001\b\f\n\r\t\"\\/é")"},
      {R"([{"b":1,"a":[]},null,true,false])", R"([{"b":1,"a":[]},null,true,false])"},
  };
  for (const auto& [text, written] : kCases) {
    const Json value = base::ParseJson(text).value();
    EXPECT_EQ(DumpValue(value), written);
    EXPECT_EQ(ValueBytes(value), std::string_view(written).size());
  }
}

TEST(Value, IsEqualByItsMembersInAnyOrder) {
  const auto equal = [](const char* a, const char* b) {
    return JsonEqual(base::ParseJson(a).value(), base::ParseJson(b).value());
  };
  EXPECT_TRUE(equal(R"({"a":1,"b":{"c":2.0,"d":[]}})", R"({"b":{"d":[],"c":2},"a":1.0})"));
  EXPECT_TRUE(equal("-0", "0.0"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"a":1,"b":null})"));
  EXPECT_FALSE(equal(R"({"a":1})", R"({"b":1})"));
  EXPECT_FALSE(equal("[1,2]", "[2,1]"));
  EXPECT_FALSE(equal("1", "\"1\""));
  EXPECT_FALSE(equal("0", "false"));
  EXPECT_FALSE(equal("null", "false"));
}

}  // namespace
}  // namespace offing::live
