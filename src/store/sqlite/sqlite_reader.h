// SqliteReader: the Reader over one connection to the database.
//
// Threading: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace offing::store::sqlite {

// A row of the table `log`.
struct LogRow {
  int64_t id = 0;
  LogState state;
};

class SqliteReader final : public Reader {
 public:
  static base::Result<std::unique_ptr<SqliteReader>> Open(Connection connection);

  base::Result<std::optional<LogState>> State(const LogKey& log) override;
  base::Result<std::optional<Page>> After(const LogKey& log, uint64_t after, uint64_t max_events,
                                          uint64_t max_bytes) override;
  base::Result<std::optional<Snapshot>> FindSnapshot(std::string_view app,
                                                     std::string_view path) override;
  base::Result<std::optional<Reply>> FindReply(const ReplyName& name) override;
  base::Result<std::optional<Mark>> FindMark(std::string_view app, std::string_view scope,
                                             std::string_view client,
                                             std::string_view lane) override;
  base::Result<std::optional<Setting>> FindSetting(std::string_view app,
                                                   std::string_view name) override;
  base::Result<std::vector<LogKey>> Logs(const LogKey& after, uint64_t max) override;

  // For the writer, which works on the same connection.
  Connection& connection() { return connection_; }
  base::Result<std::optional<LogRow>> FindLog(const LogKey& log);

 private:
  explicit SqliteReader(Connection connection) : connection_(std::move(connection)) {}
  base::Result<void> PrepareAll();
  base::Result<std::optional<Page>> ReadPage(const LogKey& log, uint64_t after, uint64_t max_events,
                                             uint64_t max_bytes);

  Connection connection_;
  Statement begin_;
  Statement end_;
  Statement find_log_;
  Statement events_after_;
  Statement find_snapshot_;
  Statement find_reply_;
  Statement find_mark_;
  Statement find_setting_;
  Statement list_logs_;
};

}  // namespace offing::store::sqlite
