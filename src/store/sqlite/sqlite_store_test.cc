#include "store/sqlite/sqlite_store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "store/store_contract.h"

namespace offing::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = testing::TempDir() + "offing-store-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

StoreUnderTest MakeSqliteStore() {
  auto folder = std::make_shared<TemporaryFolder>();
  auto store = OpenSqliteStore(folder->path());
  EXPECT_TRUE(store);
  return {folder, std::move(*store)};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(MakeSqliteStore));

const LogKey kFeed{"app", "feed"};
constexpr base::Epoch kEpoch{42};

Batch OneEvent(uint64_t seq, std::string data) {
  Batch batch;
  batch.appends.push_back({kFeed, kEpoch, {seq, 1, "e", std::move(data)}});
  return batch;
}

// Runs SQL on the file as any other program could.
void Sql(const std::string& file, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(SqliteStore, KeepsEverythingWhenItIsClosedAndOpenedAgain) {
  TemporaryFolder folder;
  Batch batch = OneEvent(1, "hello");
  batch.snapshots.push_back({"app", "/f", {kEpoch, 1}, "rules", "[1]"});
  batch.replies.push_back({"app", "ada", "key", "print", 5, "body"});
  batch.marks.push_back({"app", "ada", "client", "lane", 7, 5});
  batch.settings.push_back({"app", "control", "{}"});
  ASSERT_TRUE((*OpenSqliteStore(folder.path()))->Commit(batch));

  auto store = OpenSqliteStore(folder.path());
  ASSERT_TRUE(store);
  const auto page = (*store)->After(kFeed, 0, 10, 100);
  EXPECT_EQ((*page)->state, (LogState{kEpoch, 1, 1, 6}));
  EXPECT_EQ((*page)->events, (std::vector<Event>{{1, 1, "e", "hello"}}));
  EXPECT_EQ(*(*store)->FindSnapshot("app", "/f"), batch.snapshots[0]);
  EXPECT_EQ(*(*store)->FindReply({"app", "ada", "key"}), batch.replies[0]);
  EXPECT_EQ(*(*store)->FindMark("app", "ada", "client", "lane"), batch.marks[0]);
  EXPECT_EQ((*store)->Totals(), (Totals{1, 18, 1}));
  EXPECT_EQ(*(*store)->FindSetting("app", "control"), batch.settings[0]);
}

// What a server of the first schema wrote.
constexpr const char* kFirstSchema = R"sql(
CREATE TABLE log (id INTEGER PRIMARY KEY, app TEXT NOT NULL, channel TEXT NOT NULL,
  epoch INTEGER NOT NULL, first INTEGER NOT NULL, head INTEGER NOT NULL, bytes INTEGER NOT NULL,
  UNIQUE (app, channel)) STRICT;
CREATE TABLE event (log INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  size INTEGER NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (log, seq)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot (app TEXT NOT NULL, path TEXT NOT NULL, epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL, definition TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (app, path)
  ) STRICT;
CREATE TABLE reply (app TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
  at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (app, key)) STRICT, WITHOUT ROWID;
CREATE INDEX reply_by_age ON reply (at);
INSERT INTO log VALUES (1, 'app', 'feed', 42, 1, 1, 4);
INSERT INTO event VALUES (1, 1, 1, 4, 'e', 'old');
INSERT INTO reply VALUES ('app', 'key', 'print', 5, '1:1');
PRAGMA application_id = 0x4f666667;
PRAGMA user_version = 1;
)sql";

TEST(SqliteStore, BringsAFileOfTheFirstSchemaUpToDateAndKeepsWhatIsInIt) {
  TemporaryFolder folder;
  Sql(folder.path() + "/offing.db", kFirstSchema);
  auto store = OpenSqliteStore(folder.path());
  ASSERT_TRUE(store) << store.error().detail;
  EXPECT_EQ((*store)->After(kFeed, 0, 10, 100)->value().events,
            (std::vector<Event>{{1, 1, "e", "old"}}));
  EXPECT_EQ((*store)->FindReply({"app", "", "key"})->value(),
            (Reply{"app", "", "key", "print", 5, "1:1"}));
  EXPECT_EQ((*store)->Totals(), (Totals{1, 14, 0}));
  Batch batch = OneEvent(2, "new");
  batch.appends[0].event.key = "key 2";
  batch.settings.push_back({"app", "control", "{}"});
  ASSERT_TRUE((*store)->Commit(batch));
  EXPECT_EQ(*(*store)->FindSetting("app", "control"), batch.settings[0]);
  EXPECT_EQ((*store)->After(kFeed, 1, 10, 100)->value().events[0].key, "key 2");
}

TEST(SqliteStore, MakesTheFolderAndItsParentsForItsUserAlone) {
  TemporaryFolder folder;
  const std::string data = folder.path() + "/a/b";
  ASSERT_TRUE(OpenSqliteStore(data + "/"));
  struct stat info{};
  ASSERT_EQ(::stat(data.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(SqliteStore, RefusesAFolderThatIsInUseAndNamesItAndTheProcess) {
  TemporaryFolder folder;
  auto first = OpenSqliteStore(folder.path());
  ASSERT_TRUE(first);
  const auto second = OpenSqliteStore(folder.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::Code::kConflict);
  EXPECT_EQ(second.error().detail, "the data folder " + folder.path() + " is in use by process " +
                                       std::to_string(::getpid()) +
                                       "; stop it, or name another folder with --data");
  first->reset();
  EXPECT_TRUE(OpenSqliteStore(folder.path()));
}

TEST(SqliteStore, RefusesAFolderThatAnotherProcessHoldsUntilItDies) {
  TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto held = OpenSqliteStore(folder.path());
    const char byte = held ? 'y' : 'n';
    (void)!::write(ready[1], &byte, 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const auto refused = OpenSqliteStore(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(OpenSqliteStore(folder.path()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(SqliteStore, RefusesAFolderThatItMayNotWriteAndNamesTheWayOut) {
  TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0500), 0);
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);
  const auto inside = OpenSqliteStore(folder.path());
  const auto below = OpenSqliteStore(folder.path() + "/data");
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  for (const auto* refused : {&inside, &below}) {
    ASSERT_FALSE(*refused);
    EXPECT_EQ(refused->error().code, base::Code::kForbidden);
    EXPECT_THAT(refused->error().detail, AllOf(HasSubstr(folder.path()), HasSubstr("--data")));
  }
}

TEST(SqliteStore, RefusesAPathThatIsAFile) {
  TemporaryFolder folder;
  const std::string file = folder.path() + "/file";
  std::ofstream(file) << "x";
  for (const std::string& path : {file, file + "/below"}) {
    const auto refused = OpenSqliteStore(path);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, AllOf(HasSubstr(file), HasSubstr("--data")));
  }
  EXPECT_EQ(OpenSqliteStore("").error().code, base::Code::kInvalidArgument);
}

TEST(SqliteStore, RefusesADatabaseOfAnotherProgramAndLeavesItAlone) {
  TemporaryFolder folder;
  Sql(folder.path() + "/offing.db", "CREATE TABLE theirs (x)");
  const auto refused = OpenSqliteStore(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kConflict);
  EXPECT_THAT(refused.error().detail, HasSubstr("another program"));
  Sql(folder.path() + "/offing.db", "INSERT INTO theirs VALUES (1)");
}

TEST(SqliteStore, RefusesADatabaseOfANewerVersion) {
  TemporaryFolder folder;
  ASSERT_TRUE(OpenSqliteStore(folder.path()));
  Sql(folder.path() + "/offing.db", "PRAGMA user_version = 999");
  const auto refused = OpenSqliteStore(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kUnsupported);
  EXPECT_THAT(refused.error().detail, AllOf(HasSubstr("999"), HasSubstr(folder.path())));
}

TEST(SqliteStore, RefusesAFileThatIsNoDatabase) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/offing.db") << std::string(4'096, 'x');
  const auto refused = OpenSqliteStore(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kCorrupt);
}

TEST(SqliteStore, ACommitThatDoesNotFitIsRefusedWhole) {
  TemporaryFolder folder;
  auto store = OpenSqliteStore(folder.path(), {.max_bytes = 64 << 10});
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->Commit(OneEvent(1, "small")));
  Batch large = OneEvent(2, "fits");
  large.appends.push_back({kFeed, kEpoch, {3, 1, "e", std::string(100'000, 'x')}});
  const auto refused = (*store)->Commit(large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::kTooLarge);
  EXPECT_THAT(refused.error().detail, AllOf(HasSubstr("append event"), HasSubstr("full")));
  EXPECT_EQ((*store)->State(kFeed)->value().head, 1u);
  Batch keyed = OneEvent(2, "goes on");
  keyed.replies.push_back({"app", "", "key", "", 1, std::string(100'000, 'x')});
  EXPECT_FALSE((*store)->Commit(keyed));
  EXPECT_EQ((*store)->Totals(), Totals{}) << "what was not committed does not count";
  EXPECT_TRUE((*store)->Commit(OneEvent(2, "goes on")));
}

TEST(SqliteStore, TheWriteAheadLogStaysBoundedWhileItIsReadAllTheTime) {
  TemporaryFolder folder;
  auto store = OpenSqliteStore(folder.path(), {.checkpoint_pages = 100});
  ASSERT_TRUE(store);
  auto reader = (*store)->OpenReader();
  const std::string data(50'000, 'x');
  uint64_t largest = 0;
  for (uint64_t seq = 1; seq <= 300; ++seq) {
    Batch batch = OneEvent(seq, data);
    batch.trims.push_back({kFeed, {.events = 10}, 1});
    ASSERT_TRUE((*store)->Commit(batch));
    ASSERT_TRUE((*reader)->After(kFeed, 0, 2, 100));
    largest =
        std::max<uint64_t>(largest, std::filesystem::file_size(folder.path() + "/offing.db-wal"));
  }
  EXPECT_LT(largest, 3u << 20);
}

}  // namespace
}  // namespace offing::store
