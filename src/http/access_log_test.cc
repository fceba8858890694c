#include "http/access_log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"

namespace offing::http {
namespace {

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~AccessLogTest() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/access.log"; }
  std::string Content() const {
    std::ifstream in(path());
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_ = "/tmp/offing-access-log-XXXXXX";
};

TEST_F(AccessLogTest, WritesOneJsonObjectALine) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log) << log.error().detail;
  EXPECT_TRUE((*log)->Write({.at_ms = 1'700'000'000'042,
                             .peer = "127.0.0.1",
                             .method = "GET",
                             .target = "/a\"b?x=1",
                             .status = 200,
                             .bytes = 12,
                             .ms = 3}));
  EXPECT_EQ(Content(),
            "{\"time\":\"2023-11-14T22:13:20.042Z\",\"peer\":\"127.0.0.1\",\"method\":\"GET\","
            "\"target\":\"/a\\\"b?x=1\",\"status\":200,\"bytes\":12,\"ms\":3}\n");
}

TEST_F(AccessLogTest, SaysWhenAWebSocketOpensAndCloses) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->Write({.target = "/app/key", .status = 101, .ws = "open"}));
  EXPECT_NE(Content().find(",\"ws\":\"open\"}\n"), std::string::npos);
}

TEST_F(AccessLogTest, LeavesOutTheValuesOfAuthParameters) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log);
  for (const char* target : {"/apps/1/events?auth_key=KEY&body_md5=5&auth_signature=SIG&x=y",
                             "/a?auth_x", "/a?", "/a?&&auth_s=SIG", "/auth_key=shown"}) {
    EXPECT_TRUE((*log)->Write({.target = target}));
  }
  const std::string content = Content();
  EXPECT_NE(content.find("\"/apps/1/events?auth_key=&body_md5=5&auth_signature=&x=y\""),
            std::string::npos);
  EXPECT_NE(content.find("\"/a?auth_x\""), std::string::npos);
  EXPECT_NE(content.find("\"/a?&&auth_s=\""), std::string::npos);
  EXPECT_NE(content.find("\"/auth_key=shown\""), std::string::npos);
  EXPECT_EQ(content.find("SIG"), std::string::npos);
}

TEST_F(AccessLogTest, AnyByteOfATargetGivesALineOfJson) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log);
  std::string target;
  for (int c = 1; c < 256; ++c) target += static_cast<char>(c);
  EXPECT_TRUE((*log)->Write({.target = target}));
  std::string line = Content();
  ASSERT_TRUE(line.ends_with("\n"));
  line.pop_back();
  EXPECT_TRUE(base::ParseJson(line));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST_F(AccessLogTest, AppendsAndKeepsLinesOfManyThreadsWhole) {
  for (int run = 0; run < 2; ++run) {
    auto log = AccessLog::Open(path());
    ASSERT_TRUE(log);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) (*log)->Write({.target = std::string(300, 'x')});
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::ifstream in(path());
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) EXPECT_TRUE(base::ParseJson(line));
  EXPECT_EQ(lines, 2 * 4 * 200);
}

TEST_F(AccessLogTest, SaysWhyAFileCannotBeOpened) {
  const auto log = AccessLog::Open(folder_ + "/no/such/folder.log");
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, base::Code::kIo);
  EXPECT_TRUE(log.error().detail.starts_with("--access-log " + folder_ + "/no/such/folder.log: "));
}

TEST_F(AccessLogTest, TellsThatALineCouldNotBeWritten) {
  auto full = AccessLog::Open("/dev/full");
  ASSERT_TRUE(full);
  EXPECT_FALSE((*full)->Write({.target = "/"}));
}

TEST_F(AccessLogTest, SaysWhichTlsItWas) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->Write({.target = "/", .status = 200, .tls = "TLSv1.3"}));
  EXPECT_NE(Content().find(",\"ms\":0,\"tls\":\"TLSv1.3\"}\n"), std::string::npos);
}

TEST_F(AccessLogTest, TextIsTheCombinedLogFormat) {
  auto log = AccessLog::Open(path(), AccessLog::Format::kText);
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->Write({.at_ms = 1'700'000'000'042,
                             .peer = "127.0.0.1",
                             .method = "GET",
                             .target = "/a?auth_key=K&x=1",
                             .status = 200,
                             .bytes = 12,
                             .version = 10,
                             .referer = "http://a/",
                             .user_agent = "curl/8"}));
  EXPECT_TRUE((*log)->Write({.peer = "::1", .status = 400}));
  EXPECT_EQ(Content(),
            "127.0.0.1 - - [14/Nov/2023:22:13:20 +0000] \"GET /a?auth_key=&x=1 HTTP/1.0\" 200 12 "
            "\"http://a/\" \"curl/8\"\n"
            "::1 - - [01/Jan/1970:00:00:00 +0000] \"-\" 400 0 \"-\" \"-\"\n");
}

TEST_F(AccessLogTest, NobodyWritesALineIntoTheText) {
  auto log = AccessLog::Open(path(), AccessLog::Format::kText);
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->Write({.method = "GET",
                             .target = "/\"\\",
                             .status = 200,
                             .referer = "a\"\n1.2.3.4 - - \"",
                             .user_agent = "\x1b[31m\xff\t\x7f"}));
  const std::string content = Content();
  EXPECT_NE(content.find(R"("GET /\"\\ HTTP/1.1" 200 0 "a\"\x0A1.2.3.4 - - \"" )"
                         R"("\x1B[31m\xFF\x09\x7F")"),
            std::string::npos)
      << content;
  EXPECT_EQ(std::ranges::count(content, '\n'), 1);
}

TEST_F(AccessLogTest, TextHasOneLineForAWebSocket) {
  auto log = AccessLog::Open(path(), AccessLog::Format::kText);
  ASSERT_TRUE(log);
  EXPECT_TRUE((*log)->Write({.method = "GET", .target = "/app/k", .status = 101, .ws = "open"}));
  EXPECT_TRUE((*log)->Write({.method = "GET", .target = "/app/k", .status = 101, .ws = "close"}));
  const std::string content = Content();
  EXPECT_EQ(std::ranges::count(content, '\n'), 1);
}

TEST_F(AccessLogTest, ReopeningLeavesTheMovedFileAndLosesNoLine) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log);
  constexpr int kLines = 2'000;
  std::thread writer([&] {
    for (int i = 0; i < kLines; ++i) EXPECT_TRUE((*log)->Write({.target = "/"}));
  });
  size_t lines = 0;
  for (int turn = 0; turn < 20; ++turn) {
    std::filesystem::rename(path(), path() + std::to_string(turn));
    EXPECT_TRUE((*log)->Reopen());
  }
  writer.join();
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    std::ifstream in(file.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    lines += static_cast<size_t>(std::ranges::count(text, '\n'));
  }
  EXPECT_EQ(lines, static_cast<size_t>(kLines));
}

TEST_F(AccessLogTest, WhatCannotBeReopenedIsWrittenOn) {
  auto log = AccessLog::Open(path());
  ASSERT_TRUE(log);
  std::filesystem::rename(path(), folder_ + "/moved");
  std::filesystem::create_directory(path());
  const auto reopened = (*log)->Reopen();
  ASSERT_FALSE(reopened);
  EXPECT_NE(reopened.error().detail.find("--access-log " + path()), std::string::npos);
  EXPECT_TRUE((*log)->Write({.target = "/"}));
  EXPECT_GT(std::filesystem::file_size(folder_ + "/moved"), 0u);
  EXPECT_TRUE((*AccessLog::Open("-"))->Reopen());
}

}  // namespace
}  // namespace offing::http
