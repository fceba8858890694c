#include "site/hashed_names.h"

#include <gmock/gmock.h>

#include "site/glob.h"
#include "site/site_fixture.h"

namespace offing::site {
namespace {

using testing::HasSubstr;

constexpr std::string_view kScript = "text/javascript";

TEST(HoldsContentHash, KnowsTheNamesThatBundlersMake) {
  for (const char* path :
       {"assets/index-BhJ3k9x1.js", "index-a1B2c3D4.css", "app.3f2a9c1d.css",
        "static/main.0123abcd4567ef89.chunk.js.map", "app.3f2a9c1d.js.map", "runtime.7a8b9cd0.js",
        "chunk-4f3e2d1c0b9a8f7e6d5c.js", "a.b-9f8e7d6c.woff2"}) {
    const bool webpack_chunk = std::string_view(path).find(".chunk.") != std::string_view::npos;
    EXPECT_EQ(HoldsContentHash(path, NameRule::kStrict), !webpack_chunk) << path;
  }
}

TEST(HoldsContentHash, TakesNoNumberedOrDatedNameForOne) {
  for (const char* path : {"index.html",
                           "app.js",
                           "jquery-3.7.1.min.js",
                           "jquery-ui-carousel.js",
                           "photo-IMG12345.jpg",
                           "book-chapter1.mp3",
                           "report-20240101.pdf",
                           "report-2024-01-01.pdf",
                           "DSC01234.jpg",
                           "pic-DSC01234.jpg",
                           "pic.P1010001.jpg",
                           "track-deadbeef.mp3",
                           "disc-12345678.iso",
                           "photo-550e8400-e29b-41d4-a716-446655440000.jpg",
                           "font-v12latin.woff2",
                           "BhJ3k9x1.js",
                           "-BhJ3k9x1.js",
                           "index-BhJ3k9x1",
                           "index-BhJ3k9x1.",
                           "index-BhJ3k9.js",
                           "index-BhJ3k9x1z.js",
                           "app.3F2A9C1D0.css",
                           "name-a1b2c3d4/readme.txt",
                           "x-march2024.png",
                           "lib-ab12cd34.min.js",
                           ""}) {
    EXPECT_FALSE(HoldsContentHash(path, NameRule::kStrict)) << path;
  }
}

TEST(HoldsContentHash, TakesMoreWhereThePatternIsOnesOwn) {
  for (const char* path : {"index-DiwrgTda.js", "index-a_b-c-1d.js", "x-abcdefg1.css"}) {
    EXPECT_FALSE(HoldsContentHash(path, NameRule::kStrict)) << path;
    EXPECT_TRUE(HoldsContentHash(path, NameRule::kTrusted)) << path;
  }
  for (const char* path : {"jquery-ui-carousel.js", "index.js", "in-BhJ3k9x.js"}) {
    EXPECT_FALSE(HoldsContentHash(path, NameRule::kTrusted)) << path;
  }
}

TEST(GlobMatches, TakesAStarForAnyCharacters) {
  for (const auto& [pattern, text] : {std::pair("*", ""),
                                      {"*", "/a/b"},
                                      {"/a/*", "/a/"},
                                      {"/a/*", "/a/b/c"},
                                      {"*.js", "/x/y.js"},
                                      {"/*/z", "/x/y/z"},
                                      {"/a*b*c", "/abbc"},
                                      {"/a", "/a"},
                                      {"**", "x"}}) {
    EXPECT_TRUE(GlobMatches(pattern, text)) << pattern << " " << text;
  }
  for (const auto& [pattern, text] : {std::pair("", "a"),
                                      {"/a/*", "/a"},
                                      {"*.js", "/y.jsx"},
                                      {"/a", "/A"},
                                      {"/a?", "/ab"},
                                      {"/a*b*c", "/acb"}}) {
    EXPECT_FALSE(GlobMatches(pattern, text)) << pattern << " " << text;
  }
}

class HashedNamesTest : public testing::Test {
 protected:
  LogPipe pipe_;
  base::SystemClock clock_;
  base::Log log_{clock_, pipe_.fd(), base::LogLevel::kWarning};
  base::Metrics metrics_;
};

TEST_F(HashedNamesTest, AFileThatChangesUnderItsNameIsNoHashedOneAnyMore) {
  HashedNames names({"*"}, 100, log_, metrics_);
  EXPECT_TRUE(names.MayBeKept("app.3f2a9c1d.js", kScript, "one"));
  EXPECT_TRUE(names.MayBeKept("app.3f2a9c1d.js", kScript, "one"));
  EXPECT_EQ(pipe_.Text(), "");
  EXPECT_FALSE(names.MayBeKept("app.3f2a9c1d.js", kScript, "two"));
  EXPECT_THAT(pipe_.Text(), HasSubstr("app.3f2a9c1d.js looks like a name with a content hash"));
  EXPECT_FALSE(names.MayBeKept("app.3f2a9c1d.js", kScript, "one"));
  EXPECT_EQ(pipe_.Text(), "") << "said once";
}

TEST_F(HashedNamesTest, PagesAndTheWorkerAreNeverKept) {
  HashedNames names({"*", "/*"}, 100, log_, metrics_);
  EXPECT_FALSE(names.MayBeKept("page-BhJ3k9x1.html", "text/html; charset=utf-8", "h"));
  EXPECT_FALSE(names.MayBeKept("page-BhJ3k9x1.xhtml", "application/xhtml+xml", "h"));
  EXPECT_FALSE(names.MayBeKept("sw.js", kScript, "h"));
}

TEST_F(HashedNamesTest, OnlyBelowThePatternsAndUpToTheLimit) {
  HashedNames names({"/assets/*"}, 2, log_, metrics_);
  EXPECT_FALSE(names.MayBeKept("app.3f2a9c1d.js", kScript, "h"));
  EXPECT_TRUE(names.MayBeKept("assets/app.3f2a9c1d.js", kScript, "h"));
  EXPECT_TRUE(names.MayBeKept("assets/index-DiwrgTda.js", kScript, "h"));
  EXPECT_FALSE(names.MayBeKept("assets/third-DiwrgTda.js", kScript, "h"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("offing_site_hashed_forgotten_total 1"));
  HashedNames none({}, 2, log_, metrics_);
  EXPECT_FALSE(none.MayBeKept("app.3f2a9c1d.js", kScript, "h"));
}

}  // namespace
}  // namespace offing::site
