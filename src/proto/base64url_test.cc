#include "proto/base64url.h"

#include <gtest/gtest.h>

namespace offing::proto {
namespace {

TEST(Base64Url, AgreesWithRfc4648WithoutPadding) {
  const std::pair<const char*, const char*> kPairs[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kPairs) {
    EXPECT_EQ(EncodeBase64Url(bytes), text);
    EXPECT_EQ(DecodeBase64Url(text), bytes);
  }
  EXPECT_EQ(EncodeBase64Url("\xfb\xff\xbf"), "-_-_");
  EXPECT_EQ(DecodeBase64Url("-_-_"), "\xfb\xff\xbf");
}

TEST(Base64Url, RefusesWhatHasAnotherSpellingOrNone) {
  for (const char* text :
       {"Zg==", "Zg=", "Z", "Zm9vY", "Z g", "Zg\n", "+/+/", "Zh", "Zm9", "Zm8="}) {
    EXPECT_FALSE(DecodeBase64Url(text)) << text;
  }
}

}  // namespace
}  // namespace offing::proto
