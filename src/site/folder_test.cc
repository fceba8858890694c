#include "site/folder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "crypto/digest.h"
#include "site/temp_folder.h"

namespace offing::site {
namespace {

using base::Code;
using Lookup = Folder::Lookup;

class FolderBothWays : public testing::TestWithParam<Lookup> {
 protected:
  FolderBothWays() {
    temp_.Write("a.txt", "hello");
    temp_.Write("docs/b.txt", "b");
    folder_.emplace(Folder::Open(temp_.dir(), GetParam()).value());
  }
  Code CodeFor(const std::string& path) {
    const auto file = folder_->OpenAt(path);
    return file ? Code::kClosed : file.error().code;  // kClosed: it was opened
  }
  TempFolder temp_;
  std::optional<Folder> folder_;
};

INSTANTIATE_TEST_SUITE_P(Lookups, FolderBothWays,
                         testing::Values(Lookup::kOpenat2, Lookup::kByComponent));

TEST_P(FolderBothWays, OpensFilesAndFoldersBelow) {
  const auto file = folder_->OpenAt("a.txt");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->kind, FileKind::kFile);
  EXPECT_EQ(file->stamp.size, 5u);
  EXPECT_EQ(HashFile(*file).value(), crypto::Sha256Hex("hello").substr(0, 32));
  EXPECT_EQ(folder_->OpenAt("docs/b.txt")->kind, FileKind::kFile);
  EXPECT_EQ(folder_->OpenAt("docs")->kind, FileKind::kFolder);
  EXPECT_EQ(folder_->OpenAt("")->kind, FileKind::kFolder);
  EXPECT_EQ(CodeFor("none"), Code::kNotFound);
  EXPECT_EQ(CodeFor("a.txt/b"), Code::kNotFound);
  EXPECT_EQ(CodeFor(std::string(300, 'x')), Code::kNotFound);
}

TEST_P(FolderBothWays, RefusesEveryWayOut) {
  temp_.Link("out.txt", "../outside/secret.txt");
  temp_.Link("out", "../outside");
  temp_.Link("absolute.txt", (temp_.outside() / "secret.txt").string());
  temp_.Link("root", "/");
  temp_.Link("docs/up", "../..");
  temp_.Link("proc", "/proc/self/root");
  temp_.Link("loop", "loop");
  const std::string kPaths[] = {"..",
                                "../outside/secret.txt",
                                "docs/../../outside/secret.txt",
                                "out.txt",
                                "out/secret.txt",
                                "absolute.txt",
                                "root/etc/passwd",
                                "docs/up/outside/secret.txt",
                                "proc/etc/passwd",
                                "loop",
                                "/etc/passwd",
                                std::string("a.txt\0.png", 10)};
  for (const std::string& path : kPaths) {
    const Code code = CodeFor(path);
    EXPECT_NE(code, Code::kClosed) << path << " was opened";
    EXPECT_NE(code, Code::kIo) << path;
  }
  EXPECT_EQ(CodeFor("out.txt"), Code::kForbidden);
}

TEST_P(FolderBothWays, OpensAPipeWithoutWaitingForItsOtherEnd) {
  temp_.Pipe("pipe");
  EXPECT_EQ(folder_->OpenAt("pipe")->kind, FileKind::kOther);
}

TEST_P(FolderBothWays, ListsNamesInOrder) {
  temp_.Write("B", "");
  EXPECT_THAT(folder_->List("", 10).value(), testing::ElementsAre("B", "a.txt", "docs"));
  EXPECT_EQ(folder_->List("", 2)->size(), 2u);
  EXPECT_FALSE(folder_->List("a.txt", 10));
}

TEST(Folder, FollowsSymlinksThatStayInside) {
  TempFolder temp;
  temp.Write("v2/app.js", "x");
  temp.Link("current", "v2");
  temp.Link("v2/same.js", "../v2/app.js");
  const auto beneath = Folder::Open(temp.dir(), Lookup::kOpenat2).value();
  EXPECT_EQ(beneath.OpenAt("current/app.js")->kind, FileKind::kFile);
  EXPECT_EQ(beneath.OpenAt("current/same.js")->kind, FileKind::kFile);
  const auto by_component = Folder::Open(temp.dir(), Lookup::kByComponent).value();
  EXPECT_FALSE(by_component.OpenAt("current/app.js"));
  EXPECT_FALSE(by_component.OpenAt("v2/same.js"));
}

TEST(Folder, SaysWhichFolderCannotBeOpened) {
  const auto folder = Folder::Open("/no/such/folder");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Code::kNotFound);
  EXPECT_THAT(folder.error().detail, testing::HasSubstr("/no/such/folder"));
}

TEST(Folder, TellsAReplacedFileFromTheOldOneOfTheSameSizeAndTime) {
  TempFolder temp;
  const auto folder = Folder::Open(temp.dir()).value();
  temp.Write("a", "one");
  const auto time = std::filesystem::last_write_time(temp.dir() / "a");
  const FileStamp before = folder.OpenAt("a")->stamp;
  FileStamp after = before;
  while (after.ctime_ns == before.ctime_ns) {  // the file system's clock is coarse
    temp.Write("a", "two");
    std::filesystem::last_write_time(temp.dir() / "a", time);
    after = folder.OpenAt("a")->stamp;
  }
  EXPECT_EQ(after.mtime_ns, before.mtime_ns);
  EXPECT_EQ(after.size, before.size);
  EXPECT_NE(after, before);
}

TEST(Folder, NoticesAFileThatChangesWhileItIsHashed) {
  TempFolder temp;
  temp.Write("a", "one");
  const auto folder = Folder::Open(temp.dir()).value();
  const auto file = folder.OpenAt("a").value();
  temp.Write("a", "longer");
  const auto hash = HashFile(file);
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, Code::kConflict);
}

}  // namespace
}  // namespace offing::site
