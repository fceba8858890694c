#include <gmock/gmock.h>

#include "site/site_fixture.h"

namespace offing::site {
namespace {

using http::Get;
using http::MakeRequest;
using testing::HasSubstr;

class SiteRangesTest : public SiteTest {
 protected:
  std::shared_ptr<http::FakeAnswer> Part(const char* range, http::Headers more = {}) {
    more.emplace_back("range", range);
    return Ask(Get("/data.bin", std::move(more)));
  }
  static size_t OpenFiles() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      ++count;
    return count;
  }
};

TEST_F(SiteRangesTest, SendsSeveralRangesAsOneBodyOfParts) {
  const auto answer = Part("bytes=1-2, -2,100-");
  EXPECT_EQ(answer->status(), 206);
  EXPECT_EQ(answer->Header("content-range"), "");
  EXPECT_EQ(answer->Header("etag"), EtagOf("0123456789"));
  const std::string type = answer->Header("content-type");
  ASSERT_THAT(type, testing::StartsWith("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  const std::string expected =
      "--" + boundary +
      "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 1-2/10\r\n\r\n12\r\n--" +
      boundary +
      "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--" +
      boundary + "--\r\n";
  EXPECT_EQ(answer->response->body_size(), expected.size());
  EXPECT_EQ(answer->Body(), expected);
}

TEST_F(SiteRangesTest, SendsOneRangeWhenOnlyOneOfSeveralIsThere) {
  const auto answer = Part("bytes=50-60,3-4");
  EXPECT_EQ(answer->status(), 206);
  EXPECT_EQ(answer->Header("content-range"), "bytes 3-4/10");
  EXPECT_EQ(answer->Body(), "34");
}

TEST_F(SiteRangesTest, SendsTheWholeForTooManyOrOverlappingRanges) {
  std::string many = "bytes=0-0";
  for (int i = 0; i < 16; ++i) many += ",0-0";
  for (const char* range : {many.c_str(), "bytes=0-,0-", "bytes=0-6,3-9", "bytes=1-2,x"}) {
    const auto answer = Part(range);
    EXPECT_EQ(answer->status(), 200) << range;
    EXPECT_EQ(answer->Body(), "0123456789") << range;
  }
  EXPECT_EQ(Part("bytes=10-,-0")->status(), 416);
  EXPECT_EQ(Part("bytes=10-,-0")->Header("content-range"), "bytes */10");
}

TEST_F(SiteRangesTest, LeavesNoFileOpenBehindAnAnswerThatIsNotSent) {
  Part("bytes=0-0,2-2");
  const size_t before = OpenFiles();
  for (int i = 0; i < 20; ++i) Part("bytes=0-0,2-2,4-4");
  EXPECT_EQ(OpenFiles(), before);
}

TEST_F(SiteRangesTest, ConditionsComeBeforeRanges) {
  const std::string etag = EtagOf("0123456789");
  const std::string date = Part("bytes=0-0")->Header("last-modified");
  EXPECT_EQ(Part("bytes=0-0,2-2", {{"if-range", etag}})->status(), 206);
  EXPECT_EQ(Part("bytes=0-0,2-2", {{"if-range", date}})->status(), 206);
  EXPECT_EQ(Part("bytes=0-0,2-2", {{"if-range", "\"other\""}})->status(), 200);
  EXPECT_EQ(Part("bytes=99-", {{"if-range", "\"other\""}})->status(), 200);
  EXPECT_EQ(Part("bytes=99-", {{"if-none-match", etag}})->status(), 304);
  EXPECT_EQ(Part("bytes=0-0", {{"if-match", etag}})->status(), 206);
  EXPECT_EQ(Part("bytes=0-0", {{"if-match", "\"other\""}})->status(), 412);
}

TEST_F(SiteRangesTest, AnswersPreconditions) {
  const std::string etag = EtagOf("let a;");
  const auto status = [&](const char* name, const std::string& value) {
    return Ask(Get("/app.js", {{name, value}}))->status();
  };
  const std::string date = Ask(Get("/app.js"))->Header("last-modified");
  EXPECT_EQ(status("if-match", etag), 200);
  EXPECT_EQ(status("if-match", "*"), 200);
  EXPECT_EQ(status("if-match", "\"x\", " + etag), 200);
  EXPECT_EQ(status("if-match", "W/" + etag), 412) << "a weak tag is like no other";
  EXPECT_EQ(status("if-match", "\"x\""), 412);
  EXPECT_EQ(status("if-unmodified-since", date), 200);
  EXPECT_EQ(status("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT"), 412);
  EXPECT_EQ(status("if-unmodified-since", "Fri, 01 Jan 2100 00:00:00 GMT"), 200);
  EXPECT_EQ(status("if-unmodified-since", "some day"), 200);
  EXPECT_EQ(status("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT"), 200)
      << "a file may be replaced by an older one";
  EXPECT_EQ(Ask(MakeRequest("HEAD", "/app.js", {{"if-match", "\"x\""}}))->status(), 412);
}

TEST_F(SiteRangesTest, ReadsNothingOfAVeryLargeFileBeforeItAnswers) {
  temp_.Write("huge.bin", "start");
  const auto path = temp_.dir() / "huge.bin";
  constexpr uint64_t kSize = uint64_t{1} << 40;
  std::filesystem::resize_file(path, kSize);
  const auto answer = http::Ask(site(), core_, Get("/huge.bin", {{"range", "bytes=0-4,-3"}}));
  ASSERT_TRUE(answer->over) << "answered at once";
  EXPECT_EQ(answer->status(), 206);
  EXPECT_THAT(answer->Body(), HasSubstr("bytes 0-4/1099511627776\r\n\r\nstart\r\n"));
  const std::string etag = answer->Header("etag");
  EXPECT_EQ(Ask(Get("/huge.bin", {{"if-none-match", etag}}))->status(), 304);
  temp_.Write("huge.bin", "other", 1800);
  std::filesystem::resize_file(path, kSize);
  EXPECT_EQ(Ask(Get("/huge.bin", {{"if-none-match", etag}, {"range", "bytes=0-0"}}))->status(),
            206);
}

}  // namespace
}  // namespace offing::site
