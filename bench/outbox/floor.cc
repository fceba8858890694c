// What bare SQLite does with the rows of exactly-once writes: the same tables, indexes and
// durability, so many for each commit, and nothing else. Prints writes per second.
//
//   outbox_floor FOLDER SECONDS BATCH key|lane     lane: a mark for each as well
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kSetUp =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;"
    "PRAGMA cache_size = -8192;"
    "CREATE TABLE event (log INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,"
    "  size INTEGER NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, key TEXT NOT NULL,"
    "  PRIMARY KEY (log, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reply (app TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL,"
    "  fingerprint TEXT NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL,"
    "  PRIMARY KEY (app, scope, key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX reply_by_age ON reply (at, size);"
    "CREATE TABLE mark (app TEXT NOT NULL, client TEXT NOT NULL, lane TEXT NOT NULL,"
    "  scope TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,"
    "  PRIMARY KEY (app, client, lane, scope)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX mark_by_age ON mark (at)";

[[noreturn]] void Die(sqlite3* db) {
  std::fprintf(stderr, "outbox_floor: %s\n", sqlite3_errmsg(db));
  std::exit(1);
}

sqlite3* Open(const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  sqlite3* db = nullptr;
  const bool open = sqlite3_open((folder + "/floor.db").c_str(), &db) == SQLITE_OK &&
                    sqlite3_exec(db, kSetUp, nullptr, nullptr, nullptr) == SQLITE_OK;
  if (!open) Die(db);
  return db;
}

void Run(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(db);
}

sqlite3_stmt* Prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK) Die(db);
  return statement;
}

void Text(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void Step(sqlite3* db, sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) Die(db);
  sqlite3_reset(statement);
}

struct Writer {
  explicit Writer(sqlite3* its)
      : db(its),
        event(Prepare(db, "INSERT INTO event VALUES (1, ?, ?, 207, 'message', ?, ?)")),
        reply(Prepare(db, "INSERT INTO reply VALUES ('1', ?, ?, ?, ?, 200, ?)")),
        mark(Prepare(db, "INSERT INTO mark VALUES ('1', ?, 'notes', ?, 1, ?)")) {}
  ~Writer() {
    for (sqlite3_stmt* statement : {event, reply, mark}) sqlite3_finalize(statement);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Write(int64_t seq, bool with_mark) {
    char key[64];
    std::snprintf(key, sizeof key, "65a0b1c2-0000-7000-8000-%012llx",
                  static_cast<unsigned long long>(seq));
    char client[64];
    std::snprintf(client, sizeof client, "%032llx", static_cast<unsigned long long>(seq));
    const std::string of_key(key);
    const std::string of_client(client);
    // As long as ours are: with a lane "c:CLIENT:", otherwise a digest.
    const std::string scope = with_mark ? "c:" + of_client + ":" : "a:" + digest;
    sqlite3_bind_int64(event, 1, seq);
    sqlite3_bind_int64(event, 2, seq / 50);
    Text(event, 3, data);
    Text(event, 4, of_key);
    Step(db, event);
    Text(reply, 1, scope);
    Text(reply, 2, of_key);
    Text(reply, 3, digest);
    sqlite3_bind_int64(reply, 4, seq / 50);
    Text(reply, 5, position);
    Step(db, reply);
    if (!with_mark) return;
    Text(mark, 1, of_client);
    Text(mark, 2, scope);
    sqlite3_bind_int64(mark, 3, seq / 50);
    Step(db, mark);
  }

  const std::string data = std::string(200, 'x');
  const std::string digest = std::string(64, 'd');
  const std::string position = "0123456789ab:1234567";
  sqlite3* const db;
  sqlite3_stmt* const event;
  sqlite3_stmt* const reply;
  sqlite3_stmt* const mark;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: outbox_floor FOLDER SECONDS BATCH key|lane\n");
    return 2;
  }
  const int64_t batch = std::atoll(argv[3]);
  const bool with_mark = std::string(argv[4]) == "lane";
  sqlite3* const db = Open(argv[1]);
  int64_t seq = 0;
  std::chrono::duration<double> took{};
  {
    Writer writer(db);
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration<double>(std::atof(argv[2]));
    while (Clock::now() < end) {
      Run(db, "BEGIN IMMEDIATE");
      for (int64_t i = 0; i < batch; ++i) writer.Write(++seq, with_mark);
      Run(db, "COMMIT");
    }
    took = Clock::now() - begin;
  }
  sqlite3_close(db);
  std::filesystem::remove_all(argv[1]);
  std::printf("%.0f\n", static_cast<double>(seq) / took.count());
  return 0;
}
