// Commits per second beside the floor: SQLite alone, one table, one row and one key per
// publication, in the same run and on the same disk. Prints events per second and the ratio to the
// floor.
//
//   sqlite_store_bench [FOLDER] [SECONDS]     FOLDER: a place on the disk to measure (default:
//   here)
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "base/check.h"
#include "store/sqlite/sqlite_store.h"

namespace offing {
namespace {

using Clock = std::chrono::steady_clock;

const std::string kData(200, 'x');

// How many times a second `commit` ends, times `events`.
double Measure(double seconds, uint64_t events, const std::function<void()>& commit) {
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>(seconds);
  uint64_t commits = 0;
  while (Clock::now() < end) {
    commit();
    ++commits;
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  return static_cast<double>(commits * events) / took.count();
}

double Floor(const std::string& folder, double seconds, uint64_t events) {
  sqlite3* db = nullptr;
  const auto run = [&](const char* sql) {
    CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(db));
  };
  std::filesystem::create_directories(folder);
  CHECK(sqlite3_open((folder + "/floor.db").c_str(), &db) == SQLITE_OK, "the file opens");
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;"
      "CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER, data TEXT);"
      "CREATE TABLE key (key TEXT PRIMARY KEY, seq INTEGER) WITHOUT ROWID");
  sqlite3_stmt* event = nullptr;
  sqlite3_stmt* key = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO event VALUES (?, ?, ?)", -1, &event, nullptr);
  sqlite3_prepare_v2(db, "INSERT INTO key VALUES (?, ?)", -1, &key, nullptr);
  int64_t seq = 0;
  const double rate = Measure(seconds, events, [&] {
    run("BEGIN IMMEDIATE");
    for (uint64_t i = 0; i < events; ++i) {
      const std::string name = "key-" + std::to_string(++seq);
      sqlite3_bind_int64(event, 1, seq);
      sqlite3_bind_int64(event, 2, seq);
      sqlite3_bind_text(event, 3, kData.data(), static_cast<int>(kData.size()), SQLITE_STATIC);
      sqlite3_bind_text(key, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
      sqlite3_bind_int64(key, 2, seq);
      CHECK(sqlite3_step(event) == SQLITE_DONE && sqlite3_step(key) == SQLITE_DONE, "rows go in");
      sqlite3_reset(event);
      sqlite3_reset(key);
    }
    run("COMMIT");
  });
  sqlite3_finalize(event);
  sqlite3_finalize(key);
  sqlite3_close(db);
  return rate;
}

struct Shape {
  const char* name;
  uint64_t logs;
  bool keys;
  bool trims;
};

double Ours(const std::string& folder, double seconds, uint64_t events, const Shape& shape) {
  auto store = store::OpenSqliteStore(folder);
  CHECK(store, "the store opens");
  uint64_t count = 0;
  return Measure(seconds, events, [&] {
    store::Batch batch;
    for (uint64_t i = 0; i < events; ++i, ++count) {
      const store::LogKey log{"app", "room-" + std::to_string(count % shape.logs)};
      const uint64_t seq = count / shape.logs + 1;
      batch.appends.push_back(
          {log, base::Epoch{1}, {seq, static_cast<int64_t>(count), "message", kData}});
      if (shape.keys) {
        batch.replies.push_back(
            {"app", "", "key-" + std::to_string(count), "fingerprint", 1, "1:1"});
      }
      if (shape.trims && i == 0) batch.trims.push_back({log, {.events = 1'000}, 1});
    }
    CHECK((*store)->Commit(batch), "the batch is committed");
  });
}

int Main(int argc, char** argv) {
  const std::string folder = std::string(argc > 1 ? argv[1] : ".") + "/sqlite_store_bench.tmp";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
  const Shape shapes[] = {{"one log", 1, false, false},
                          {"one log, a key each", 1, true, false},
                          {"one log, a key each, trimmed", 1, true, true},
                          {"1,000 logs, a key each", 1'000, true, false}};
  fmt::print("events/s, 200 bytes each\n{:32}{:>12}{:>12}{:>12}\n", "", "batch of 1", "100",
             "1,000");
  int made = 0;
  const auto fresh = [&] { return folder + "/" + std::to_string(++made); };
  double floor[3] = {};
  const uint64_t sizes[] = {1, 100, 1'000};
  fmt::print("{:32}", "bare SQLite, event and key");
  for (int i = 0; i < 3; ++i) {
    floor[i] = Floor(fresh(), seconds, sizes[i]);
    fmt::print("{:12.0f}", floor[i]);
  }
  for (const Shape& shape : shapes) {
    fmt::print("\n{:32}", shape.name);
    for (int i = 0; i < 3; ++i) {
      const double rate = Ours(fresh(), seconds, sizes[i], shape);
      fmt::print("{:7.0f}{:5.2f}", rate, rate / floor[i]);
    }
  }
  fmt::print("\n");
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace offing

int main(int argc, char** argv) {
  return offing::Main(argc, argv);
}
