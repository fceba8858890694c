#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "base/check.h"
#include "store/sqlite/data_folder.h"
#include "store/sqlite/key_tables.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_reader.h"

namespace offing::store {
namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::DataFolder;
using sqlite::KeyTables;
using sqlite::LogRow;
using sqlite::Query;
using sqlite::SqliteReader;
using sqlite::Statement;
using sqlite::Synchronous;

constexpr uint64_t kPageBytes = 4'096;

class SqliteStore final : public Store {
 public:
  SqliteStore(DataFolder folder, std::string file, std::unique_ptr<SqliteReader> reader)
      : folder_(std::move(folder)),
        file_(std::move(file)),
        reader_(std::move(reader)),
        keys_(reader_->connection()) {}

  base::Result<void> Prepare();

  base::Result<void> Commit(const Batch& batch) override;
  base::Result<std::unique_ptr<Reader>> OpenReader() override;

  base::Result<std::optional<LogState>> State(const LogKey& log) override {
    return reader_->State(log);
  }
  base::Result<std::optional<Page>> After(const LogKey& log, uint64_t after, uint64_t max_events,
                                          uint64_t max_bytes) override {
    return reader_->After(log, after, max_events, max_bytes);
  }
  base::Result<std::optional<Snapshot>> FindSnapshot(std::string_view app,
                                                     std::string_view path) override {
    return reader_->FindSnapshot(app, path);
  }
  base::Result<std::optional<Reply>> FindReply(const ReplyName& name) override {
    return reader_->FindReply(name);
  }
  base::Result<std::optional<Mark>> FindMark(std::string_view app, std::string_view scope,
                                             std::string_view client,
                                             std::string_view lane) override {
    return reader_->FindMark(app, scope, client, lane);
  }
  store::Totals Totals() const override { return keys_.totals(); }
  base::Result<std::optional<Setting>> FindSetting(std::string_view app,
                                                   std::string_view name) override {
    return reader_->FindSetting(app, name);
  }
  base::Result<std::vector<LogKey>> Logs(const LogKey& after, uint64_t max) override {
    return reader_->Logs(after, max);
  }

 private:
  // The logs that a batch touches, as they will be; written back once at its end.
  struct Touched {
    LogRow row;
    bool changed = false;
  };
  using TouchedLogs = std::map<LogKey, Touched>;

  Connection& connection() { return reader_->connection(); }
  base::Result<void> Apply(const Batch& batch);
  base::Result<Touched*> Touch(TouchedLogs& logs, const LogKey& key);
  base::Result<void> Append(TouchedLogs& logs, const Batch::Append& append);
  base::Result<void> CreateLog(const Batch::Append& append, LogRow& row);
  base::Result<void> Trim(TouchedLogs& logs, const Batch::Trim& trim);
  base::Result<void> WriteBack(const TouchedLogs& logs);
  base::Result<void> WriteDocuments(const Batch& batch);
  base::Result<void> RenewEpochs(uint64_t shift);

  DataFolder folder_;  // first in, last out: the lock outlives the connection
  std::string file_;
  std::unique_ptr<SqliteReader> reader_;
  KeyTables keys_;
  Statement begin_;
  Statement commit_;
  Statement create_log_;
  Statement update_log_;
  Statement append_event_;
  Statement walk_events_;
  Statement drop_events_;
  Statement put_snapshot_;
  Statement put_setting_;
};

base::Result<void> SqliteStore::Prepare() {
  struct Named {
    Statement* statement;
    const char* name;
    const char* sql;
  };
  const Named all[] = {
      {&begin_, "begin", "BEGIN IMMEDIATE"},
      {&commit_, "commit", "COMMIT"},
      {&create_log_, "create log",
       "INSERT INTO log (app, channel, epoch, first, head, bytes) VALUES (?, ?, ?, 1, 0, 0)"},
      {&update_log_, "update log", "UPDATE log SET first = ?, head = ?, bytes = ? WHERE id = ?"},
      {&append_event_, "append event",
       "INSERT INTO event (log, seq, at, size, name, data, key) VALUES (?, ?, ?, ?, ?, ?, ?)"},
      {&walk_events_, "walk events",
       "SELECT seq, at, size FROM event WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq"},
      {&drop_events_, "drop events", "DELETE FROM event WHERE log = ? AND seq < ?"},
      {&put_snapshot_, "put snapshot",
       "INSERT INTO snapshot (app, path, epoch, seq, definition, body) VALUES (?, ?, ?, ?, ?, ?) "
       "ON CONFLICT DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, "
       "definition = excluded.definition, body = excluded.body"},
      {&put_setting_, "put setting",
       "INSERT OR REPLACE INTO setting (app, name, body) VALUES (?, ?, ?)"},
  };
  for (const Named& named : all) {
    auto statement = connection().Prepare(named.name, named.sql);
    if (!statement) return std::unexpected(statement.error());
    *named.statement = std::move(*statement);
  }
  return keys_.Open();
}

base::Result<void> SqliteStore::Commit(const Batch& batch) {
  if (batch.empty()) return {};
  auto done = Query(connection(), begin_).Run();
  if (done) done = Apply(batch);
  if (done) done = Query(connection(), commit_).Run();
  if (done) {
    keys_.OnCommitted();
  } else {
    connection().Rollback();
    keys_.OnRolledBack();
  }
  return done;
}

base::Result<void> SqliteStore::Apply(const Batch& batch) {
  TouchedLogs logs;
  for (const Batch::Append& append : batch.appends) {
    if (auto done = Append(logs, append); !done) return done;
  }
  for (const Batch::Trim& trim : batch.trims) {
    if (auto done = Trim(logs, trim); !done) return done;
  }
  if (auto done = WriteBack(logs); !done) return done;
  return WriteDocuments(batch);
}

// nullptr: the log does not exist.
base::Result<SqliteStore::Touched*> SqliteStore::Touch(TouchedLogs& logs, const LogKey& key) {
  if (auto it = logs.find(key); it != logs.end()) return &it->second;
  auto row = reader_->FindLog(key);
  if (!row) return std::unexpected(row.error());
  if (!*row) return nullptr;
  return &logs.emplace(key, Touched{**row}).first->second;
}

base::Result<void> SqliteStore::Append(TouchedLogs& logs, const Batch::Append& append) {
  auto touched = Touch(logs, append.log);
  if (!touched) return std::unexpected(touched.error());
  Touched* log = *touched;
  if (log == nullptr) {
    LogRow row;
    if (auto created = CreateLog(append, row); !created) return created;
    log = &logs.emplace(append.log, Touched{row}).first->second;
  }
  LogState& state = log->row.state;
  CHECK(append.epoch == state.epoch, "an append names the epoch of its log");
  CHECK(append.event.seq == state.head + 1, "an append continues the head of its log by 1");

  const uint64_t size = SizeOf(append.event);
  auto inserted = Query(connection(), append_event_)
                      .Bind(log->row.id)
                      .Bind(append.event.seq)
                      .Bind(append.event.at_ms)
                      .Bind(size)
                      .Bind(append.event.name)
                      .Bind(append.event.data)
                      .Bind(append.event.key)
                      .Run();
  if (!inserted) return inserted;
  state.head = append.event.seq;
  state.bytes += size;
  log->changed = true;
  return {};
}

base::Result<void> SqliteStore::CreateLog(const Batch::Append& append, LogRow& row) {
  CHECK(append.epoch != base::kNoEpoch, "a log that exists has an epoch");
  auto created = Query(connection(), create_log_)
                     .Bind(append.log.app)
                     .Bind(append.log.channel)
                     .Bind(static_cast<uint64_t>(append.epoch))
                     .Run();
  row.id = connection().LastInsertId();
  row.state.epoch = append.epoch;
  return created;
}

base::Result<void> SqliteStore::Trim(TouchedLogs& logs, const Batch::Trim& trim) {
  auto touched = Touch(logs, trim.log);
  if (!touched) return std::unexpected(touched.error());
  if (*touched == nullptr) return {};
  Touched& log = **touched;
  LogState& state = log.row.state;
  const Retention& keep = trim.retention;
  const uint64_t first = state.first;
  {
    // Stops before the head: the newest is always kept.
    Query walk(connection(), walk_events_);
    walk.Bind(log.row.id).Bind(state.first).Bind(state.head);
    for (;;) {
      auto row = walk.Next();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      const uint64_t seq = walk.Uint(0);
      const bool too_old = keep.age_ms > 0 && walk.Int(1) < trim.now_ms - keep.age_ms;
      const bool too_many = keep.events > 0 && state.head - seq + 1 > keep.events;
      const bool too_large = keep.bytes > 0 && state.bytes > keep.bytes;
      if (!too_old && !too_many && !too_large) break;
      state.first = seq + 1;
      state.bytes -= walk.Uint(2);
    }
  }
  if (state.first == first) return {};
  log.changed = true;
  return Query(connection(), drop_events_).Bind(log.row.id).Bind(state.first).Run();
}

base::Result<void> SqliteStore::WriteBack(const TouchedLogs& logs) {
  for (const auto& [key, log] : logs) {
    if (!log.changed) continue;
    const LogState& state = log.row.state;
    auto updated = Query(connection(), update_log_)
                       .Bind(state.first)
                       .Bind(state.head)
                       .Bind(state.bytes)
                       .Bind(log.row.id)
                       .Run();
    if (!updated) return updated;
  }
  return {};
}

base::Result<void> SqliteStore::WriteDocuments(const Batch& batch) {
  for (const Snapshot& snapshot : batch.snapshots) {
    auto put = Query(connection(), put_snapshot_)
                   .Bind(snapshot.app)
                   .Bind(snapshot.path)
                   .Bind(static_cast<uint64_t>(snapshot.position.epoch))
                   .Bind(snapshot.position.seq)
                   .Bind(snapshot.definition)
                   .Bind(snapshot.body)
                   .Run();
    if (!put) return put;
  }
  for (const Setting& setting : batch.settings) {
    auto put = Query(connection(), put_setting_)
                   .Bind(setting.app)
                   .Bind(setting.name)
                   .Bind(setting.body)
                   .Run();
    if (!put) return put;
  }
  if (batch.renew_epochs != 0) {
    if (auto renewed = RenewEpochs(batch.renew_epochs); !renewed) return renewed;
  }
  return keys_.Apply(batch);
}

// As RenewedEpoch.
base::Result<void> SqliteStore::RenewEpochs(uint64_t shift) {
  const std::string renewed = "epoch = (epoch - 1 + " + std::to_string(shift) + ") % " +
                              std::to_string(kEpochShifts + 1) + " + 1";
  return connection().Execute(
      "renew epochs",
      "UPDATE log SET " + renewed + ";UPDATE snapshot SET " + renewed + " WHERE epoch <> 0");
}

base::Result<std::unique_ptr<Reader>> SqliteStore::OpenReader() {
  auto connection = Connection::Open(file_, Access::kReadOnly);
  if (!connection) return std::unexpected(connection.error());
  auto prepared = connection->Execute("prepare a reader",
                                      "PRAGMA query_only = ON; PRAGMA mmap_size = 0;"
                                      "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY");
  if (!prepared) return std::unexpected(prepared.error());
  auto reader = SqliteReader::Open(std::move(*connection));
  if (!reader) return std::unexpected(reader.error());
  return std::unique_ptr<Reader>(std::move(*reader));
}

base::Result<void> Configure(Connection& connection, const std::string& file,
                             const SqliteOptions& options) {
  // Nothing is written before the file is known to be ours.
  auto done = connection.Execute("configure",
                                 "PRAGMA mmap_size = 0; PRAGMA cache_size = -8192;"
                                 "PRAGMA temp_store = MEMORY");
  if (!done) return done;
  done = connection.Execute("set synchronous", options.synchronous == Synchronous::kFull
                                                   ? "PRAGMA synchronous = FULL"
                                                   : "PRAGMA synchronous = OFF");
  if (!done) return done;
  if (done = sqlite::PrepareSchema(connection, file); !done) return done;
  auto mode = connection.SelectText("set the journal", "PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") {
    return base::Fail(base::Code::kUnsupported,
                      file + ": its file system cannot hold a write-ahead log (SQLite says " +
                          *mode + "); name a folder on a local disk with --data");
  }
  done = connection.Execute("limit the journal", "PRAGMA journal_size_limit = 16777216");
  if (!done) return done;
  connection.CheckpointAt(options.checkpoint_pages);
  if (options.max_bytes == 0) return {};
  const uint64_t pages = std::max<uint64_t>(1, options.max_bytes / kPageBytes);
  const uint64_t most = std::numeric_limits<int32_t>::max();
  return connection.Execute("set the greatest size",
                            "PRAGMA max_page_count = " + std::to_string(std::min(pages, most)));
}

}  // namespace

namespace {

base::Result<std::unique_ptr<Store>> OpenIn(DataFolder folder, const SqliteOptions& options) {
  const std::string file = folder.File("offing.db");
  auto connection = Connection::Open(file, Access::kReadWrite);
  if (!connection) return std::unexpected(connection.error());
  if (auto done = Configure(*connection, file, options); !done) {
    return std::unexpected(done.error());
  }
  auto reader = SqliteReader::Open(std::move(*connection));
  if (!reader) return std::unexpected(reader.error());
  auto store = std::make_unique<SqliteStore>(std::move(folder), file, std::move(*reader));
  if (auto done = store->Prepare(); !done) return std::unexpected(done.error());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace

base::Result<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data,
                                                     const SqliteOptions& options) {
  auto folder = DataFolder::Open(data);
  if (!folder) return std::unexpected(folder.error());
  auto store = OpenIn(std::move(*folder), options);
  if (!store && store.error().detail.find("--data") == std::string::npos) {
    store.error().detail +=
        "; make room, give this user write access or restore a backup, or name another folder with "
        "--data";
  }
  return store;
}

}  // namespace offing::store
