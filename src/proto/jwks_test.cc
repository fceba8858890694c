#include "proto/jwks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace offing::proto {
namespace {

using testing::HasSubstr;

constexpr const char* kX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr const char* kY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

std::string Key(std::string_view kid, std::string_view more = "") {
  return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"{}}})", kid, kX, kY,
                     more);
}
std::string Set(std::string_view keys) {
  return fmt::format(R"({{"keys":[{}]}})", keys);
}
std::string ErrorOf(const std::string& text) {
  const auto set = Jwks::Parse(text);
  return set ? "" : set.error().detail;
}

TEST(Jwks, FindsKeysByTheirKid) {
  const auto set = Jwks::Parse(Set(Key("a") + "," + Key("b", R"(,"use":"sig","alg":"ES256")")));
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(set->size(), 2u);
  EXPECT_NE(set->Find("a"), nullptr);
  EXPECT_NE(set->Find("b"), nullptr);
  EXPECT_EQ(set->Find("c"), nullptr);
  EXPECT_EQ(set->Find(""), nullptr);
}

TEST(Jwks, PassesOverKeysThatAreForSomethingElse) {
  const std::string others =
      R"({"kty":"RSA","kid":"r","n":"AQ","e":"AQAB"},{"kty":"EC","crv":"P-384","kid":"p"},7,)" +
      Key("e", R"(,"use":"enc")") + "," + Key("h", R"(,"alg":"ECDH-ES")") + "," + Key("");
  const auto set = Jwks::Parse(Set(others + "," + Key("a")));
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ(set->size(), 1u);
  EXPECT_THAT(ErrorOf(Set(others)), HasSubstr("no key for ES256"));
}

TEST(Jwks, SaysWhatIsWrongWithASet) {
  EXPECT_THAT(ErrorOf("keys"), HasSubstr(""));
  EXPECT_FALSE(Jwks::Parse("keys"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("array \"keys\""));
  EXPECT_THAT(ErrorOf(R"({"keys":{}})"), HasSubstr("array \"keys\""));
  EXPECT_THAT(ErrorOf(Set(Key("a") + "," + Key("a"))), HasSubstr("stands twice"));
  EXPECT_THAT(ErrorOf(Set(Key("a", R"(,"d":"AQ")"))), HasSubstr("a private one"));
  EXPECT_THAT(ErrorOf(Set(R"({"kty":"EC","crv":"P-256","kid":"a","x":"AQ","y":"AQ"})")),
              HasSubstr("no point of the curve"));
  EXPECT_THAT(ErrorOf(Set(Key(std::string(201, 'k')))), HasSubstr("over 200 bytes"));
  EXPECT_THAT(ErrorOf(std::string(kMaxJwksBytes + 1, ' ')), HasSubstr("over 1048576 bytes"));
  std::string many = Key("0");
  for (size_t i = 1; i <= kMaxJwksKeys; ++i) many += "," + Key(std::to_string(i));
  EXPECT_THAT(ErrorOf(Set(many)), HasSubstr("over 100 keys"));
}

}  // namespace
}  // namespace offing::proto
