#include "crypto/digest.h"

#include <gtest/gtest.h>

namespace offing::crypto {
namespace {

TEST(HmacSha256Hex, AgreesWithRfc4231) {
  EXPECT_EQ(HmacSha256Hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacSha256Hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HmacSha256Hex(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(HmacSha256Hex(std::string(131, '\xaa'),
                          "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256Hex, TakesAnEmptyKeyAndAnEmptyMessage) {
  EXPECT_EQ(HmacSha256Hex({}, {}),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(HmacSha256, IsTheSameInBytes) {
  const std::string mac = HmacSha256("Jefe", "what do ya want for nothing?");
  ASSERT_EQ(mac.size(), 32u);
  EXPECT_EQ(mac[0], '\x5b');
  EXPECT_EQ(mac[31], '\x43');
}

TEST(Md5Hex, AgreesWithRfc1321) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Sha256Hex, AgreesWithFips180) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha1Base64, AgreesWithTheExampleOfRfc6455) {
  EXPECT_EQ(Sha1Base64("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Sha256Stream, GivesTheSameForEveryCut) {
  const std::string text = "the same bytes in any cut have the same digest";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256Stream stream;
    stream.Update(std::string_view(text).substr(0, cut));
    stream.Update(std::string_view(text).substr(cut));
    EXPECT_EQ(stream.FinishHex(), Sha256Hex(text));
  }
  EXPECT_EQ(Sha256Stream().FinishHex(), Sha256Hex(""));
}

TEST(Sha256Stream, DiesWhenUsedAfterItsEnd) {
  Sha256Stream stream;
  stream.FinishHex();
  EXPECT_DEATH(stream.Update("x"), "Update after FinishHex");
  EXPECT_DEATH(stream.FinishHex(), "FinishHex twice");
}

TEST(ConstantTimeEqual, ComparesWhole) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
  EXPECT_FALSE(ConstantTimeEqual("", "a"));
  EXPECT_TRUE(ConstantTimeEqual(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(ConstantTimeEqual(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

}  // namespace
}  // namespace offing::crypto
