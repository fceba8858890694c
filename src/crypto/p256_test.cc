#include "crypto/p256.h"

#include <gtest/gtest.h>

#include <string>

namespace offing::crypto {
namespace {

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// RFC 7515, A.3: the key, and the signature of the text.
const std::string kX = Bytes("7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445");
const std::string kY = Bytes("c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad");
const std::string kText =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
const std::string kSignature = Bytes(
    "0ed1215379636c483c2f7f155807d402a3b228033af97c7e17819ac3169ea665"
    "c50a07d38c3c70e5d8f12daf084a5480a66590c5f293509a8f3f7f8a83a354d5");

TEST(P256Key, AgreesWithRfc7515) {
  const auto key = P256Key::Make(kX, kY);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_TRUE(key->Verify(kText, kSignature));
}

TEST(P256Key, RefusesAnotherTextAndEverySignatureWithAnotherBit) {
  const P256Key key = P256Key::Make(kX, kY).value();
  EXPECT_FALSE(key.Verify(kText + "x", kSignature));
  EXPECT_FALSE(key.Verify("", kSignature));
  for (size_t i = 0; i < kSignature.size(); ++i) {
    std::string other = kSignature;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(key.Verify(kText, other)) << i;
  }
}

TEST(P256Key, RefusesWhatIsNoSignature) {
  const P256Key key = P256Key::Make(kX, kY).value();
  EXPECT_FALSE(key.Verify(kText, ""));
  EXPECT_FALSE(key.Verify(kText, kSignature.substr(1)));
  EXPECT_FALSE(key.Verify(kText, kSignature + std::string(1, '\0')));
  // CVE-2022-21449 was a library that took these.
  EXPECT_FALSE(key.Verify(kText, std::string(64, '\0')));
  EXPECT_FALSE(key.Verify(kText, std::string(64, '\xff')));
}

TEST(P256Key, IsAPointOfTheCurveOrNothing) {
  EXPECT_FALSE(P256Key::Make(kY, kX));
  EXPECT_FALSE(P256Key::Make(kX, kX));
  EXPECT_FALSE(P256Key::Make(std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(P256Key::Make("", ""));
  EXPECT_FALSE(P256Key::Make(kX.substr(1), kY));
  EXPECT_FALSE(P256Key::Make(std::string(32, '\xff'), kY));
}

}  // namespace
}  // namespace offing::crypto
