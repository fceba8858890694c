#include "net/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "net/tls_test_pair.h"

namespace offing::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const int64_t kNow = int64_t{std::time(nullptr)} * 1000;

std::string Refusal(const TlsFiles& files) {
  const auto loaded = LoadTls(files, kNow);
  return loaded ? "loaded" : loaded.error().detail;
}

TEST(TlsFiles, AGoodPairIsTakenWithoutAWord) {
  for (const auto kind : {TestPair::Kind::kEcdsa, TestPair::Kind::kRsa}) {
    const TestPair pair({.name = "example.com", .kind = kind});
    const auto loaded = LoadTls(pair.files(), kNow);
    ASSERT_TRUE(loaded) << loaded.error().detail;
    EXPECT_EQ(loaded->subject, "CN=example.com");
    EXPECT_NEAR(static_cast<double>(loaded->expires_ms), static_cast<double>(kNow + 86'400'000),
                600'000);
    EXPECT_THAT(loaded->warnings, IsEmpty());
  }
}

TEST(TlsFiles, BothMayBeInOneFile) {
  const TestPair pair;
  TestPair::WriteText(pair.key(), TestPair::ReadText(pair.cert()) + TestPair::ReadText(pair.key()));
  EXPECT_EQ(Refusal({pair.key(), pair.key()}), "loaded");
}

TEST(TlsFiles, WhatCannotBeReadIsNamedWithItsSetting) {
  const TestPair pair;
  EXPECT_THAT(Refusal({"/nonexistent/c.pem", pair.key()}),
              HasSubstr("--tls-cert /nonexistent/c.pem: cannot be read: No such file"));
  EXPECT_THAT(Refusal({pair.cert(), "/nonexistent/k.pem"}),
              HasSubstr("--tls-key /nonexistent/k.pem: cannot be read: No such file"));
  EXPECT_THAT(Refusal({"/tmp", pair.key()}), HasSubstr("--tls-cert /tmp: cannot be read"));
}

TEST(TlsFiles, FilesThatWereSwappedAreToldSo) {
  const TestPair pair;
  EXPECT_THAT(Refusal({pair.key(), pair.key()}), HasSubstr("holds a key and no certificate"));
  EXPECT_THAT(Refusal({pair.cert(), pair.cert()}), HasSubstr("holds a certificate and no key"));
}

TEST(TlsFiles, WhatIsNoPemIsToldHowToBecomeIt) {
  const TestPair pair;
  const TestPair other;
  TestPair::WriteText(other.cert(), "\x30\x82 binary");
  TestPair::WriteText(other.key(), "");
  EXPECT_THAT(Refusal({other.cert(), pair.key()}), HasSubstr("openssl x509 -inform DER"));
  EXPECT_THAT(Refusal({pair.cert(), other.key()}), HasSubstr("openssl pkey -inform DER"));
  TestPair::WriteText(other.cert(), std::string((1 << 20) + 1, 'x'));
  EXPECT_THAT(Refusal({other.cert(), pair.key()}), HasSubstr("larger than 1 MiB"));
}

TEST(TlsFiles, DamagedPemIsToldApart) {
  const TestPair pair;
  const TestPair other;
  const std::string cert = TestPair::ReadText(other.cert());
  TestPair::WriteText(other.cert(), cert + std::string(cert).replace(60, 4, "!!!!"));
  EXPECT_THAT(Refusal({other.cert(), other.key()}),
              HasSubstr("certificate 2 in it cannot be read"));
  std::string key = TestPair::ReadText(pair.key());
  TestPair::WriteText(pair.key(), key.replace(40, 4, "!!!!"));
  EXPECT_THAT(Refusal(pair.files()), HasSubstr("the key in it cannot be read"));
}

TEST(TlsFiles, AKeyOfAnotherCertificateNamesBoth) {
  const TestPair pair;
  const TestPair other({.name = "other"});
  const std::string refusal = Refusal({other.cert(), pair.key()});
  EXPECT_THAT(refusal, HasSubstr("--tls-key " + pair.key() + ": does not belong"));
  EXPECT_THAT(refusal, HasSubstr("--tls-cert " + other.cert() + " (CN=other)"));
}

TEST(TlsFiles, AChainInTheWrongOrderIsToldSo) {
  const TestPair pair;
  const TestPair other;
  const std::string first = TestPair::ReadText(other.cert());
  TestPair::WriteText(pair.cert(), first + TestPair::ReadText(pair.cert()));
  EXPECT_THAT(Refusal(pair.files()), HasSubstr("is number 2 in it; it must come first"));
}

TEST(TlsFiles, AnEncryptedKeyIsRefusedWithTheWayOut) {
  const TestPair pair({.password = "secret"});
  const std::string refusal = Refusal(pair.files());
  EXPECT_THAT(refusal, HasSubstr("is encrypted"));
  EXPECT_THAT(refusal, HasSubstr("openssl pkey -in " + pair.key()));
}

TEST(TlsFiles, AnExpiredCertificateIsTakenWithAWarning) {
  const TestPair expired({.from_s = -7200, .until_s = -3600});
  const auto loaded = LoadTls(expired.files(), kNow);
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr(expired.cert() + ": expired on ")));
  const TestPair early({.from_s = 3600, .until_s = 7200});
  EXPECT_THAT(LoadTls(early.files(), kNow)->warnings, ElementsAre(HasSubstr("not valid before ")));
}

TEST(TlsFiles, AKeyThatOthersMayReadIsTakenWithAWarning) {
  const TestPair pair;
  ASSERT_EQ(chmod(pair.key().c_str(), 0644), 0);
  EXPECT_THAT(LoadTls(pair.files(), kNow)->warnings,
              ElementsAre(HasSubstr("(mode 644); chmod 600")));
  ASSERT_EQ(chmod(pair.key().c_str(), 0640), 0);
  EXPECT_THAT(LoadTls(pair.files(), kNow)->warnings, IsEmpty()) << "a group may be meant to";
}

TEST(TlsFiles, TheStampChangesWithTheFilesAndOnlyThen) {
  const TestPair pair;
  const std::string before = StampOf(pair.files());
  EXPECT_EQ(StampOf(pair.files()), before);
  pair.Write({});
  const std::string after = StampOf(pair.files());
  EXPECT_NE(after, before);
  std::filesystem::remove(pair.key());
  EXPECT_NE(StampOf(pair.files()), after);
}

}  // namespace
}  // namespace offing::net
