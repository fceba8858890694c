// Connection and Statement: SQLite's C interface with ownership, lengths and Results. Nothing above
// these two sees sqlite3*.
//
// Every statement is prepared once, when its owner is made, and has a name for people: an error
// says "append event: disk is full", not a line of SQL.
//
// Threading: one thread at a time per connection, and its statements with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace offing::store::sqlite {

// One execution of a statement: bind from left to right, step, read columns. Leaves the statement
// ready for the next one.
class Query;

class Statement {
 public:
  Statement() = default;

 private:
  friend class Connection;
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* stmt) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> stmt_;
  const char* name_ = "";
};

// How a commit reaches the disk. kOff exists for the tests of durability, which must notice it.
enum class Synchronous { kFull, kOff };

enum class Access { kReadWrite, kReadOnly };

class Connection {
 public:
  // Opens or, for kReadWrite, creates the file. kIo, kCorrupt (not a database).
  static base::Result<Connection> Open(const std::string& file, Access access);

  // `name` and `sql` are literals.
  base::Result<Statement> Prepare(const char* name, const char* sql);
  // For what is done once: pragmas, schema. May hold several statements.
  base::Result<void> Execute(const char* name, const std::string& sql);
  // The first column of the first row; the statement is one that always has a row.
  base::Result<int64_t> SelectInt(const char* name, const std::string& sql);
  base::Result<std::string> SelectText(const char* name, const std::string& sql);

  // Rolls back if a transaction is open.
  void Rollback();
  int64_t LastInsertId() const;
  // The rows that the last statement changed.
  uint64_t Changes() const;
  // From now on commits move the write-ahead log into the database when it holds `pages`, and wait
  // for readers to leave it when it holds four times as many, so that its size is bounded whatever
  // is read.
  void CheckpointAt(int pages);

  // What SQLite says went wrong last, as an Error.
  base::Error Failure(const char* name) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  Connection(sqlite3* db, std::string file) : db_(db), file_(std::move(file)) {}

  friend class Query;
  std::unique_ptr<sqlite3, Close> db_;
  std::string file_;
  std::unique_ptr<int> checkpoint_pages_;  // stays where it is when the connection moves
};

class Query {
 public:
  Query(Connection& connection, Statement& statement)
      : connection_(connection), statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // The text must outlive the query.
  Query& Bind(std::string_view text);
  Query& Bind(int64_t number);
  Query& Bind(uint64_t number) { return Bind(static_cast<int64_t>(number)); }

  // true: there is a row to read.
  base::Result<bool> Next();
  // Runs to the end.
  base::Result<void> Run();

  int64_t Int(int column) const;
  uint64_t Uint(int column) const { return static_cast<uint64_t>(Int(column)); }
  std::string Text(int column) const;

 private:
  Connection& connection_;
  Statement& statement_;
  int bound_ = 0;
};

}  // namespace offing::store::sqlite
