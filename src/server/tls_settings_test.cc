#include "server/tls_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/config.h"
#include "server/exposure.h"

namespace offing::server {
namespace {

using testing::HasSubstr;

constexpr const char* kSettings = R"(
access_log_format = "text"
[tls]
cert = "cert.pem"
key = "key.pem"
redirect = ":8080"
hsts = "1y"
port = 443
handshake_time = "3s"
handshakes = 7
)";

std::string Mistake(const std::string& text, const Overrides& overrides = {}) {
  const auto config = ParseConfig(text, "f", overrides);
  return config ? "none" : config.error().detail;
}

TEST(TlsSettings, AreReadFromTheirTable) {
  const auto config = ParseConfig(kSettings, "f", {});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->access_log_format, http::AccessLog::Format::kText);
  const TlsSettings& tls = config->tls;
  EXPECT_TRUE(tls.on());
  EXPECT_EQ(tls.redirect, ":8080");
  EXPECT_EQ(tls.port, 443);
  EXPECT_EQ(tls.StrictTransport(), "max-age=31536000");
  const net::TlsConfig net = tls.ForNet();
  EXPECT_EQ(net.cert_file, "cert.pem");
  EXPECT_EQ(net.key_file, "key.pem");
  EXPECT_EQ(net.handshake_timeout_ms, 3'000);
  EXPECT_EQ(net.max_handshakes, 7u);
}

TEST(TlsSettings, AnAnswerInTheClearIsAsLongAsItSays) {
  const std::string answer = TlsSettings().ForNet().plain_http_answer;
  const size_t body = answer.find("\r\n\r\n") + 4;
  EXPECT_THAT(answer,
              HasSubstr("Content-Length: " + std::to_string(answer.size() - body) + "\r\n"));
}

TEST(TlsSettings, WithoutThemThereIsNone) {
  const auto config = ParseConfig("", "f", {});
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->tls.on());
  EXPECT_EQ(config->tls.StrictTransport(), "");
}

TEST(TlsSettings, TheCommandLineWins) {
  Overrides overrides;
  overrides.tls_cert = "other.pem";
  overrides.tls_key = "other.key";
  overrides.access_log_format = "json";
  const auto config = ParseConfig(kSettings, "f", overrides);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->tls.cert, "other.pem");
  EXPECT_EQ(config->tls.key, "other.key");
  EXPECT_EQ(config->access_log_format, http::AccessLog::Format::kJson);
}

TEST(TlsSettings, StrictTransportCanBeTakenBack) {
  const auto config = ParseConfig("[tls]\ncert = \"c\"\nkey = \"k\"\nhsts = \"0s\"", "f", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->tls.StrictTransport(), "max-age=0");
}

TEST(TlsSettings, WhatNeedsEachOtherIsTold) {
  EXPECT_THAT(Mistake("[tls]\ncert = \"c\""), HasSubstr("--tls-cert c: needs its key"));
  EXPECT_THAT(Mistake("[tls]\nkey = \"k\""), HasSubstr("--tls-key k: needs its certificate"));
  EXPECT_THAT(Mistake("[tls]\nredirect = \":80\""),
              HasSubstr("[tls] redirect: needs a certificate"));
  EXPECT_THAT(Mistake("[tls]\nhsts = \"1y\""), HasSubstr("[tls] hsts: needs a certificate"));
  EXPECT_THAT(Mistake("[tls]\nhsts = \"1 year\""), HasSubstr("f:2"));
  EXPECT_THAT(Mistake("access_log_format = \"xml\""), HasSubstr("f:1: access_log_format: \"xml\""));
  Overrides overrides;
  overrides.access_log_format = "xml";
  EXPECT_THAT(Mistake("", overrides), HasSubstr("--access-log-format \"xml\": \"json\""));
}

TEST(TlsSettings, AKeyThatTheSiteWouldServeIsRefused) {
  Config config;
  config.dir = "/srv/site";
  config.tls.key = "/srv/site/key.pem";
  const auto checked = CheckNothingPrivateIsServed(config);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().detail, HasSubstr("--tls-key /srv/site/key.pem"));
}

}  // namespace
}  // namespace offing::server
