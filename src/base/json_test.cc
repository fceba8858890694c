#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace offing::base {
namespace {

std::string Nested(char open, size_t depth, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

std::string NestedObjects(size_t depth) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += R"({"a":)";
  return text + "1" + std::string(depth, '}');
}

std::string Refusal(std::string_view text) {
  const Result<Json> value = ParseJson(text);
  EXPECT_FALSE(value) << text.substr(0, 80);
  if (value) return "";
  EXPECT_EQ(value.error().code, Code::kInvalidArgument);
  return value.error().detail;
}

TEST(ParseJson, KeepsTheOrderAndTheValuesOfMembers) {
  const std::string text =
      R"({"z":1,"a":[true,false,null,-1,18446744073709551615,-9223372036854775808,0.5,"x"],)"
      R"("m":{},"b":[],"":{"z":[[]],"y":{"x":{}}}})";
  const Result<Json> value = ParseJson(text);
  ASSERT_TRUE(value) << value.error().detail;
  EXPECT_EQ(DumpJson(*value), text);
}

TEST(ParseJson, ReadsScalarsAtTheTop) {
  EXPECT_EQ(ParseJson("null").value(), Json(nullptr));
  EXPECT_EQ(ParseJson(" 12 ").value(), Json(12));
  EXPECT_EQ(ParseJson(R"("\ud83d\ude00\u0000")").value(),
            Json(std::string("\xF0\x9F\x98\x80\0", 5)));
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "[1 2]",
                           "nul",
                           "tru",
                           "True",
                           "NaN",
                           "Infinity",
                           "-",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "0x1",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"a\nb\"",
                           "\"\t\"",
                           "[] []",
                           "{}x",
                           "1 1",
                           "// c\n1",
                           "[1]//c"}) {
    EXPECT_NE(Refusal(text).find("not JSON: mistake at byte"), std::string::npos) << text;
  }
  EXPECT_EQ(Refusal(std::string_view("[1]\0", 4)), "not JSON: mistake at byte 4");
  EXPECT_EQ(Refusal(std::string_view("[1]\0,2]", 7)), "not JSON: mistake at byte 4");
  EXPECT_NE(Refusal(std::string_view("\"a\0b\"", 5)), "");
}

TEST(ParseJson, SaysWhereTheMistakeStandsAndDoesNotQuoteTheInput) {
  EXPECT_EQ(Refusal(R"({"a":x})"), "not JSON: mistake at byte 6");
  EXPECT_EQ(Refusal(R"(["secret)" + std::string(100'000, 's')).find("secret"), std::string::npos);
}

TEST(ParseJson, RefusesTextThatIsNotUtf8) {
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\xAF", "\xED\xA0\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82"}) {
    Refusal(std::string("\"") + bytes + "\"");
    Refusal(std::string("{\"") + bytes + "\":1}");
  }
  EXPECT_TRUE(ParseJson("\"\xC3\xA9\xE2\x82\xAC\xF4\x8F\xBF\xBF\""));
}

TEST(ParseJson, RefusesNumbersBeyondADouble) {
  EXPECT_EQ(Refusal("1e400"), "JSON number beyond a double's range");
  EXPECT_EQ(Refusal("[-1e400]"), "JSON number beyond a double's range");
  EXPECT_EQ(ParseJson("1e-400").value().get<double>(), 0.0);
  EXPECT_DOUBLE_EQ(ParseJson("36893488147419103232").value().get<double>(), std::pow(2.0, 65));
}

TEST(ParseJson, TakesTheGreatestDepthAndNotOneMore) {
  EXPECT_TRUE(ParseJson(Nested('[', kMaxJsonDepth, ']')));
  EXPECT_TRUE(ParseJson(NestedObjects(kMaxJsonDepth)));
  EXPECT_EQ(Refusal(Nested('[', kMaxJsonDepth + 1, ']')), "JSON nested deeper than 64 levels");
  EXPECT_EQ(Refusal(NestedObjects(kMaxJsonDepth + 1)), "JSON nested deeper than 64 levels");
  // Depth is of what is open, not of what was.
  std::string wide = "[";
  for (int i = 0; i < 1000; ++i) wide += "[[]],{\"a\":[]},";
  EXPECT_TRUE(ParseJson(wide + "1]"));
}

TEST(ParseJson, StopsAtAMegabyteOfOpenBracketsBeforeTheStackFeelsIt) {
  EXPECT_EQ(Refusal(std::string(1 << 20, '[')), "JSON nested deeper than 64 levels");
  std::string objects;
  while (objects.size() < 1 << 20) objects += R"({"a":)";
  EXPECT_EQ(Refusal(objects), "JSON nested deeper than 64 levels");
  EXPECT_EQ(Refusal(std::string(1 << 20, '{')), "not JSON: mistake at byte 2");
}

TEST(ParseJson, RefusesAMemberThatStandsTwice) {
  for (const char* text :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"([{"x":{"a":1,"a":2}}])", R"({"":1,"":2})",
        R"({"a":1,"\u0061":2})", R"({"a":{"b":1},"a":{"b":1}})", R"({"a":[{"c":1,"c":1}]})"}) {
    EXPECT_EQ(Refusal(text), "JSON object with the same member twice") << text;
  }
  EXPECT_TRUE(ParseJson(R"({"a":{"a":{"a":1}},"b":{"a":1},"A":2})"));
  EXPECT_TRUE(ParseJson(R"([{"a":1},{"a":1}])"));
}

TEST(ParseJson, FindsADuplicateInObjectsOfAnySize) {
  for (const int members : {2, 15, 16, 17, 18, 500}) {
    std::string text = "{";
    for (int i = 0; i < members; ++i)
      text += "\"member number " + std::to_string(i) + "\":" + std::to_string(i) + ",";
    const Result<Json> value = ParseJson(text + "\"last\":0}");
    ASSERT_TRUE(value) << members;
    EXPECT_EQ(value->size(), members + 1U);
    EXPECT_EQ((*value)["member number 1"], Json(1));
    EXPECT_EQ(Refusal(text + "\"member number 1\":0}"), "JSON object with the same member twice");
  }
}

TEST(DumpJson, NeverFails) {
  EXPECT_EQ(DumpJson(Json("\xFF")), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(DumpJson(Json(std::nan(""))), "null");
}

TEST(AppendQuoted, WritesWhatAParserReadsBack) {
  std::string every;
  for (int c = 0; c < 0x80; ++c) every += static_cast<char>(c);
  every += "\xC3\xA9\xE2\x80\xA8\xF0\x9F\x98\x80\"\\\"";
  for (const std::string& text :
       {std::string(), every, every + every, std::string("plain"), std::string("\"")}) {
    std::string quoted = "[";
    AppendQuoted(quoted, text);
    const Result<Json> value = ParseJson(quoted + "]");
    ASSERT_TRUE(value) << value.error().detail;
    EXPECT_EQ((*value)[0].get<std::string>(), text);
  }
}

TEST(AppendQuoted, EscapesOnlyWhatItMust) {
  std::string out = "x";
  AppendQuoted(out, std::string_view("a\"b\\c\n\r\t\x01\x1F\x7F/\0\xC3\xA9", 15));
  EXPECT_EQ(out, "x\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\x7F/\\u0000\xC3\xA9\"");
}

}  // namespace
}  // namespace offing::base
