#include "proto/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace offing::proto {
namespace {

// By definition (RFC 3629): every code point but surrogates, in its shortest form.
std::string Encoded(uint32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)};
}

TEST(IsUtf8, TakesEveryCharacterAndNoSurrogate) {
  for (uint32_t c = 0; c < 0x120000; ++c) {
    const bool is_character = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
    ASSERT_EQ(IsUtf8(Encoded(c)), is_character) << c;
  }
}

TEST(IsUtf8, RefusesOverlongFormsAndStrayBytes) {
  for (const char* bytes :
       {"\x80", "\xBF", "\xC0\x80", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2\xC2", "\xE0\x80\x80",
        "\xE0\x9F\xBF", "\xE1\x80", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF1\x80\x80",
        "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "a\x80", "\xC3\xA9\xA9"}) {
    for (size_t before = 0; before < 70; ++before) {
      const std::string text = std::string(before, 'x') + bytes;
      EXPECT_FALSE(IsUtf8(text)) << text;
      EXPECT_FALSE(IsUtf8(text + std::string(40, 'y'))) << text;
    }
  }
}

TEST(Utf8Checker, GivesTheSameForEveryCut) {
  const std::string text =
      "ascii ascii \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 ascii ascii \xF4\x8F\xBF\xBF";
  for (size_t a = 0; a <= text.size(); ++a) {
    for (size_t b = a; b <= text.size(); ++b) {
      Utf8Checker checker;
      EXPECT_TRUE(checker.Feed(std::string_view(text).substr(0, a)));
      EXPECT_TRUE(checker.Feed(std::string_view(text).substr(a, b - a)));
      EXPECT_TRUE(checker.Feed(std::string_view(text).substr(b)));
      EXPECT_TRUE(checker.Complete());
    }
  }
}

TEST(Utf8Checker, FailsAtTheByteThatCannotBeRight) {
  Utf8Checker checker;
  EXPECT_TRUE(checker.Feed("\xED"));
  EXPECT_FALSE(checker.Complete());
  EXPECT_FALSE(checker.Feed("\xA0"));
}

TEST(ToUtf8, TextThatIsUtf8StaysAsItIs) {
  for (const char* text : {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xF0\x9F\x8C\x8A waves"}) {
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(ToUtf8, BytesThatAreNoCharacterAreReplacedOneByOne) {
  EXPECT_EQ(ToUtf8("caf\xE9!"), "caf\xEF\xBF\xBD!");
  EXPECT_EQ(ToUtf8("\xFF\xC3\xBC\x80"), "\xEF\xBF\xBD\xC3\xBC\xEF\xBF\xBD");
  EXPECT_EQ(ToUtf8("cut \xF0\x9F\x8C"), "cut \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace offing::proto
