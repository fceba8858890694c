// What bare SQLite does with the events of a log: the same columns and the same durability, so many
// for each commit, and nothing else. Prints events per second.
//
//   site_floor FOLDER SECONDS BATCH
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

sqlite3* Open(const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  sqlite3* db = nullptr;
  const char* kSetUp =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "CREATE TABLE event (log INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,"
      "  size INTEGER NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (log, seq))"
      "  STRICT, WITHOUT ROWID";
  const bool open = sqlite3_open((folder + "/floor.db").c_str(), &db) == SQLITE_OK &&
                    sqlite3_exec(db, kSetUp, nullptr, nullptr, nullptr) == SQLITE_OK;
  if (!open) {
    std::fprintf(stderr, "site_floor: %s\n", sqlite3_errmsg(db));
    std::exit(1);
  }
  return db;
}

bool Run(sqlite3* db, const char* sql) {
  return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool Insert(sqlite3_stmt* event, int64_t seq, const std::string& data) {
  sqlite3_bind_int64(event, 1, seq);
  sqlite3_bind_int64(event, 2, 1'700'000'000'000 + seq);
  sqlite3_bind_int64(event, 3, static_cast<int64_t>(data.size()));
  sqlite3_bind_text(event, 4, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
  const bool done = sqlite3_step(event) == SQLITE_DONE;
  sqlite3_reset(event);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: site_floor FOLDER SECONDS BATCH\n");
    return 2;
  }
  const std::string data(200, 'x');
  const int64_t batch = std::atoll(argv[3]);
  sqlite3* db = Open(argv[1]);
  sqlite3_stmt* event = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO event VALUES (1, ?, ?, ?, 'message', ?)", -1, &event,
                     nullptr);
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>(std::atof(argv[2]));
  int64_t seq = 0;
  bool good = true;
  while (good && Clock::now() < end) {
    good = Run(db, "BEGIN IMMEDIATE");
    for (int64_t i = 0; good && i < batch; ++i) good = Insert(event, ++seq, data);
    good = good && Run(db, "COMMIT");
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  if (!good) {
    std::fprintf(stderr, "site_floor: %s\n", sqlite3_errmsg(db));
    return 1;
  }
  sqlite3_finalize(event);
  sqlite3_close(db);
  std::filesystem::remove_all(argv[1]);
  std::printf("%.0f\n", static_cast<double>(seq) / took.count());
  return 0;
}
