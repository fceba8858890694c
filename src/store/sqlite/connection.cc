#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace offing::store::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr int kRestartFactor = 4;

base::Code CodeOf(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
      return base::Code::kTooLarge;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return base::Code::kCorrupt;
    default:
      return base::Code::kIo;
  }
}

// A checkpoint that fails is no failed commit: the commit stands in the write-ahead log, and the
// next one tries again.
int OnWal(void* context, sqlite3* db, const char* schema, int pages) {
  const int at = *static_cast<const int*>(context);
  if (pages >= at * kRestartFactor) {
    sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  } else if (pages >= at) {
    sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  return SQLITE_OK;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* stmt) const {
  sqlite3_finalize(stmt);
}

void Connection::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

base::Result<Connection> Connection::Open(const std::string& file, Access access) {
  sqlite3* db = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (access == Access::kReadWrite) {
    flags |= SQLITE_OPEN_CREATE;
    // SQLite would make it as readable as the umask allows; its -wal and -shm follow its mode.
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
  }
  const int code = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  Connection connection(db, file);
  if (code != SQLITE_OK) return std::unexpected(connection.Failure("open"));
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  return connection;
}

base::Result<Statement> Connection::Prepare(const char* name, const char* sql) {
  sqlite3_stmt* stmt = nullptr;
  const int code =
      sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
  Statement statement;
  statement.stmt_.reset(stmt);
  statement.name_ = name;
  if (code != SQLITE_OK) return std::unexpected(Failure(name));
  return statement;
}

base::Result<void> Connection::Execute(const char* name, const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(Failure(name));
  }
  return {};
}

base::Result<int64_t> Connection::SelectInt(const char* name, const std::string& sql) {
  auto statement = Prepare(name, sql.c_str());
  if (!statement) return std::unexpected(statement.error());
  Query query(*this, *statement);
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  CHECK(*row, "the statement is one that always has a row");
  return query.Int(0);
}

base::Result<std::string> Connection::SelectText(const char* name, const std::string& sql) {
  auto statement = Prepare(name, sql.c_str());
  if (!statement) return std::unexpected(statement.error());
  Query query(*this, *statement);
  auto row = query.Next();
  if (!row) return std::unexpected(row.error());
  CHECK(*row, "the statement is one that always has a row");
  return query.Text(0);
}

void Connection::Rollback() {
  if (sqlite3_get_autocommit(db_.get()) != 0) return;
  const int code = sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  CHECK(code == SQLITE_OK || sqlite3_get_autocommit(db_.get()) != 0,
        "a transaction that cannot be left would swallow every later commit");
}

uint64_t Connection::Changes() const {
  return static_cast<uint64_t>(sqlite3_changes64(db_.get()));
}

int64_t Connection::LastInsertId() const {
  return sqlite3_last_insert_rowid(db_.get());
}

void Connection::CheckpointAt(int pages) {
  checkpoint_pages_ = std::make_unique<int>(pages);
  sqlite3_wal_hook(db_.get(), OnWal, checkpoint_pages_.get());
}

base::Error Connection::Failure(const char* name) const {
  const int code = sqlite3_extended_errcode(db_.get());
  return {CodeOf(code), file_ + ": " + name + ": " + sqlite3_errmsg(db_.get()) + " (SQLite code " +
                            std::to_string(code) + ")"};
}

Query::~Query() {
  sqlite3_reset(statement_.stmt_.get());
  if (bound_ > 0) sqlite3_clear_bindings(statement_.stmt_.get());
}

Query& Query::Bind(std::string_view text) {
  // A null pointer would bind NULL, an empty view may hold one.
  const char* data = text.empty() ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.stmt_.get(), ++bound_, data, text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  CHECK(code == SQLITE_OK || code == SQLITE_TOOBIG, "the statement has that many parameters");
  return *this;
}

Query& Query::Bind(int64_t number) {
  const int code = sqlite3_bind_int64(statement_.stmt_.get(), ++bound_, number);
  CHECK(code == SQLITE_OK, "the statement has that many parameters");
  return *this;
}

base::Result<bool> Query::Next() {
  switch (sqlite3_step(statement_.stmt_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return std::unexpected(connection_.Failure(statement_.name_));
  }
}

base::Result<void> Query::Run() {
  for (;;) {
    auto row = Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

int64_t Query::Int(int column) const {
  return sqlite3_column_int64(statement_.stmt_.get(), column);
}

std::string Query::Text(int column) const {
  const auto* text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.stmt_.get(), column));
  const int size = sqlite3_column_bytes(statement_.stmt_.get(), column);
  return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(size));
}

}  // namespace offing::store::sqlite
