#include "site/manifest.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "proto/uri.h"
#include "site/site_fixture.h"
#include "site/temp_folder.h"

namespace offing::site {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ManifestTest : public testing::Test {
 protected:
  std::vector<ManifestEntry> Scan(ManifestConfig config = {}) {
    if (!scanner_) {
      folder_.emplace(Folder::Open(temp_.dir()).value());
      scanner_.emplace(ManifestScanner::Deps{*folder_, index_, log_, metrics_}, config);
    }
    return scanner_->Scan();
  }
  std::vector<std::string> Urls(ManifestConfig config = {}) {
    std::vector<std::string> urls;
    for (const ManifestEntry& entry : MakeManifest(Scan(config)).entries) urls.push_back(entry.url);
    return urls;
  }
  uint64_t LeftOut() {
    const std::string text = metrics_.Render();
    const std::string name = "\noffing_site_precache_left_out ";
    return std::stoull(text.substr(text.find(name) + name.size()));
  }

  TempFolder temp_;
  LogPipe pipe_;
  base::SystemClock clock_;
  base::Log log_{clock_, pipe_.fd(), base::LogLevel::kWarning};
  base::Metrics metrics_;
  FileIndex index_{clock_, 1'000};
  std::optional<Folder> folder_;
  std::optional<ManifestScanner> scanner_;
};

TEST_F(ManifestTest, HoldsEveryFileUnderTheUrlThatABrowserAsksFor) {
  temp_.Write("index.html", "<p>");
  temp_.Write("app.js", "1");
  temp_.Write("docs/index.html", "<p>d");
  temp_.Write("docs/a b.txt", "x");
  temp_.Write("docs/100%#?.txt", "x");
  temp_.Write("docs/\xC3\xA9.txt", "x");
  temp_.Write(".well-known/assetlinks.json", "[]");
  EXPECT_THAT(Urls(), ElementsAre("/", "/.well-known/assetlinks.json", "/app.js", "/docs/",
                                  "/docs/%C3%A9.txt", "/docs/100%25%23%3F.txt", "/docs/a%20b.txt"));
  EXPECT_EQ(MakeManifest(Scan()).entries.front().revision, crypto::Sha256Hex("<p>").substr(0, 32));
}

TEST_F(ManifestTest, LeavesOutWhatNobodyMayAskForOrNobodyNeedsOffline) {
  temp_.Write("a.js", "1");
  temp_.Write("a.js.map", "{}");
  temp_.Write("sw.js", "own");
  temp_.Write("sub/sw.js", "a file like any other");
  temp_.Write(".git/config", "secret");
  temp_.Write(".env", "secret");
  temp_.Write("back\\slash", "x");
  temp_.Write("new\nline", "x");
  temp_.Write("_offing/client.js", "never seen");
  temp_.Write("feed.json", "claimed");
  temp_.Link("out.txt", "../outside/secret.txt");
  temp_.Pipe("pipe");
  ManifestConfig config;
  config.claimed_elsewhere = [](std::string_view path) { return path == "/feed.json"; };
  EXPECT_THAT(Urls(config), ElementsAre("/a.js", "/sub/sw.js"));
  EXPECT_EQ(LeftOut(), 0u);
}

TEST_F(ManifestTest, LeavesOutWhatIsTooLargeAndSaysSoOnce) {
  temp_.Write("small", "12345");
  temp_.Write("large.bin", "123456");
  ManifestConfig config;
  config.max_file_bytes = 5;
  EXPECT_THAT(Urls(config), ElementsAre("/small"));
  EXPECT_THAT(pipe_.Text(), HasSubstr("large.bin is not kept for offline use: it has 6 bytes"));
  EXPECT_EQ(LeftOut(), 1u);
  Urls();
  EXPECT_EQ(pipe_.Text(), "");
  temp_.Write("large.bin", "1");
  EXPECT_THAT(Urls(), ElementsAre("/large.bin", "/small"));
  EXPECT_EQ(LeftOut(), 0u);
}

TEST_F(ManifestTest, NamesTenFilesThatAreLeftOutAndCountsTheRest) {
  for (int i = 10; i < 33; ++i) temp_.Write("large" + std::to_string(i), "123456");
  ManifestConfig config;
  config.max_file_bytes = 5;
  EXPECT_THAT(Urls(config), testing::IsEmpty());
  const std::string text = pipe_.Text();
  EXPECT_THAT(text, HasSubstr("large10 is not kept for offline use"));
  EXPECT_THAT(text, HasSubstr("[site] precache_file is 5; raise it, or name the file in"));
  EXPECT_THAT(text, HasSubstr("large19"));
  EXPECT_THAT(text, Not(HasSubstr("large20")));
  EXPECT_THAT(text, HasSubstr("and 13 more files are not kept"));
  EXPECT_EQ(LeftOut(), 23u);
  Urls();
  EXPECT_EQ(pipe_.Text(), "");
}

TEST_F(ManifestTest, LeavesOutWhatIsIgnoredAndCompressedFormsOfWhatIsThere) {
  for (const char* path : {"a.js", "a.js.br", "a.js.gz", "b.js.br", "c.png", "c.png.gz", "d.tar.gz",
                           "drafts/x", "drafts/deep/y", "notes.txt", "notes/z.txt"}) {
    temp_.Write(path, "x");
  }
  ManifestConfig config;
  config.ignore = {"/drafts/*", "*.txt"};
  EXPECT_THAT(Urls(config), ElementsAre("/a.js", "/b.js.br", "/c.png", "/c.png.gz", "/d.tar.gz"));
  EXPECT_EQ(LeftOut(), 0u);
  EXPECT_EQ(pipe_.Text(), "");
}

TEST_F(ManifestTest, NeverLeavesOutWhatSomethingElseCountsOn) {
  temp_.Write("offline.html", "more than five bytes");
  temp_.Write("pics/index.html", "as large");
  temp_.Write("a", "1");
  temp_.Write("b", "1");
  ManifestConfig config;
  config.max_file_bytes = 5;
  config.max_files = 1;
  config.ignore = {"/offline.html"};
  config.always = {"offline.html", "pics/index.html", "none.html"};
  EXPECT_THAT(Urls(config), ElementsAre("/a", "/offline.html", "/pics/"));
}

TEST_F(ManifestTest, KeepsTheShallowestFilesWhenThereAreTooMany) {
  for (const char* path : {"d/e/1", "d/1", "d/2", "a", "z", "b/1"}) temp_.Write(path, path);
  ManifestConfig config;
  config.max_files = 4;
  EXPECT_THAT(Urls(config), ElementsAre("/a", "/b/1", "/d/1", "/z"));
  EXPECT_THAT(pipe_.Text(), HasSubstr("more than 4 files"));
  EXPECT_EQ(LeftOut(), 1u);
}

TEST_F(ManifestTest, EndsInAFolderThatLeadsBackToItself) {
  temp_.Write("a/1", "x");
  temp_.Link("a/again", "..");
  temp_.Link("b", "a");
  EXPECT_THAT(Urls(), ElementsAre("/a/1"));
}

TEST_F(ManifestTest, ChangesItsDigestWithContentAndNamesOnly) {
  temp_.Write("a", "1");
  temp_.Write("b", "2");
  const Manifest first = MakeManifest(Scan());
  EXPECT_EQ(first.digest.size(), 32u);
  temp_.Write("a", "1", 60);
  EXPECT_EQ(MakeManifest(Scan()).digest, first.digest) << "touched, not changed";
  temp_.Write("a", "3");
  const Manifest second = MakeManifest(Scan());
  EXPECT_NE(second.digest, first.digest);
  temp_.Write("a", "1");
  EXPECT_EQ(MakeManifest(Scan()).digest, first.digest);
  std::filesystem::rename(temp_.dir() / "b", temp_.dir() / "c");
  EXPECT_NE(MakeManifest(Scan()).digest, first.digest);
}

TEST_F(ManifestTest, SeesAChangeOfEqualSizeWithinOneTickOfTheClock) {
  temp_.Write("a", "1", 0);
  EXPECT_EQ(MakeManifest(Scan()).entries.front().revision, crypto::Sha256Hex("1").substr(0, 32));
  const auto time = std::filesystem::last_write_time(temp_.dir() / "a");
  temp_.Write("a", "2");
  std::filesystem::last_write_time(temp_.dir() / "a", time);
  EXPECT_EQ(MakeManifest(Scan()).entries.front().revision, crypto::Sha256Hex("2").substr(0, 32));
}

TEST(FileIndex, RemembersHashesUpToItsLimit) {
  TempFolder temp;
  const auto folder = Folder::Open(temp.dir()).value();
  base::SystemClock clock;
  FileIndex index(clock, 2);
  for (const std::string name : {"a", "b", "c"}) {
    temp.Write(name, name);
    const auto file = folder.OpenAt(name).value();
    EXPECT_FALSE(index.Find(name, file.stamp));
    ASSERT_TRUE(index.FindOrHash(name, file));
    EXPECT_TRUE(index.Find(name, file.stamp)) << "the newest stays";
  }
  int known = 0;
  for (const std::string name : {"a", "b", "c"}) {
    if (index.Find(name, folder.OpenAt(name)->stamp)) ++known;
  }
  EXPECT_EQ(known, 2);
}

TEST(Manifest, IsWrittenSorted) {
  const Manifest manifest = MakeManifest({{"/b", "2"}, {"/", "1"}, {"/\"q", "3"}});
  EXPECT_EQ(manifest.precache_json, R"([["/","1"],["/\"q","3"],["/b","2"]])");
  EXPECT_EQ(manifest.digest, crypto::Sha256Hex(manifest.precache_json).substr(0, 32));
}

TEST(UrlOf, IsReadBackAsTheSamePath) {
  for (const std::string path : {"a", "a/b.txt", "100%.txt", "%2e%2e", "a b", "q?x#y", "\xFF\xFE",
                                 "[x]{y}|^`<>\"", "~!$&'()*+,;=:@"}) {
    EXPECT_EQ(proto::FilePath(UrlOf(path)).value(), path);
  }
}

}  // namespace
}  // namespace offing::site
