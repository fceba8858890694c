#include "store/sqlite/sqlite_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace offing::store::sqlite {
namespace {

constexpr uint64_t kMaxInt = std::numeric_limits<int64_t>::max();

base::Epoch EpochOf(int64_t column) {
  return base::Epoch{static_cast<uint64_t>(column)};
}

}  // namespace

base::Result<std::unique_ptr<SqliteReader>> SqliteReader::Open(Connection connection) {
  std::unique_ptr<SqliteReader> reader(new SqliteReader(std::move(connection)));
  if (auto done = reader->PrepareAll(); !done) return std::unexpected(done.error());
  return reader;
}

base::Result<void> SqliteReader::PrepareAll() {
  struct Named {
    Statement* statement;
    const char* name;
    const char* sql;
  };
  const Named all[] = {
      {&begin_, "begin reading", "BEGIN"},
      {&end_, "end reading", "COMMIT"},
      {&find_log_, "find log",
       "SELECT id, epoch, first, head, bytes FROM log WHERE app = ? AND channel = ?"},
      {&events_after_, "read events",
       "SELECT seq, at, size, name, data, key FROM event WHERE log = ? AND seq > ? ORDER BY seq "
       "LIMIT "
       "?"},
      {&find_snapshot_, "find snapshot",
       "SELECT epoch, seq, definition, body FROM snapshot WHERE app = ? AND path = ?"},
      {&find_reply_, "find reply",
       "SELECT fingerprint, at, body FROM reply WHERE app = ? AND scope = ? AND key = ?"},
      {&find_mark_, "find mark",
       "SELECT seq, at FROM mark WHERE app = ? AND client = ? AND lane = ? AND scope = ?"},
      {&find_setting_, "find setting", "SELECT body FROM setting WHERE app = ? AND name = ?"},
      {&list_logs_, "list logs",
       "SELECT app, channel FROM log WHERE (app, channel) > (?, ?) ORDER BY app, channel LIMIT ?"},
  };
  for (const Named& named : all) {
    auto statement = connection_.Prepare(named.name, named.sql);
    if (!statement) return std::unexpected(statement.error());
    *named.statement = std::move(*statement);
  }
  return {};
}

base::Result<std::optional<LogRow>> SqliteReader::FindLog(const LogKey& log) {
  Query query(connection_, find_log_);
  auto row = query.Bind(log.app).Bind(log.channel).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return LogRow{query.Int(0), {EpochOf(query.Int(1)), query.Uint(2), query.Uint(3), query.Uint(4)}};
}

base::Result<std::optional<LogState>> SqliteReader::State(const LogKey& log) {
  auto row = FindLog(log);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return (*row)->state;
}

base::Result<std::optional<Page>> SqliteReader::After(const LogKey& log, uint64_t after,
                                                      uint64_t max_events, uint64_t max_bytes) {
  // One transaction, so that the state and the events are of one moment.
  if (auto begun = Query(connection_, begin_).Run(); !begun) {
    return std::unexpected(begun.error());
  }
  auto page = ReadPage(log, after, max_events, max_bytes);
  if (auto ended = Query(connection_, end_).Run(); !ended) {
    connection_.Rollback();
    return std::unexpected(ended.error());
  }
  return page;
}

base::Result<std::optional<Page>> SqliteReader::ReadPage(const LogKey& log, uint64_t after,
                                                         uint64_t max_events, uint64_t max_bytes) {
  auto found = FindLog(log);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;

  Page page{(*found)->state, {}};
  Query query(connection_, events_after_);
  query.Bind((*found)->id).Bind(std::min(after, kMaxInt)).Bind(std::min(max_events, kMaxInt));
  uint64_t bytes = 0;
  for (;;) {
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const uint64_t size = query.Uint(2);
    if (!page.events.empty() && bytes + size > max_bytes) break;
    bytes += size;
    page.events.push_back(
        {query.Uint(0), query.Int(1), query.Text(3), query.Text(4), query.Text(5)});
  }
  return page;
}

base::Result<std::optional<Snapshot>> SqliteReader::FindSnapshot(std::string_view app,
                                                                 std::string_view path) {
  Query query(connection_, find_snapshot_);
  auto row = query.Bind(app).Bind(path).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Snapshot{std::string(app),
                  std::string(path),
                  {EpochOf(query.Int(0)), query.Uint(1)},
                  query.Text(2),
                  query.Text(3)};
}

base::Result<std::optional<Reply>> SqliteReader::FindReply(const ReplyName& name) {
  Query query(connection_, find_reply_);
  auto row = query.Bind(name.app).Bind(name.scope).Bind(name.key).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Reply{name.app, name.scope, name.key, query.Text(0), query.Int(1), query.Text(2)};
}

base::Result<std::optional<Mark>> SqliteReader::FindMark(std::string_view app,
                                                         std::string_view scope,
                                                         std::string_view client,
                                                         std::string_view lane) {
  Query query(connection_, find_mark_);
  auto row = query.Bind(app).Bind(client).Bind(lane).Bind(scope).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Mark{std::string(app),  std::string(scope), std::string(client),
              std::string(lane), query.Uint(0),      query.Int(1)};
}

base::Result<std::optional<Setting>> SqliteReader::FindSetting(std::string_view app,
                                                               std::string_view name) {
  Query query(connection_, find_setting_);
  auto row = query.Bind(app).Bind(name).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Setting{std::string(app), std::string(name), query.Text(0)};
}

base::Result<std::vector<LogKey>> SqliteReader::Logs(const LogKey& after, uint64_t max) {
  Query query(connection_, list_logs_);
  query.Bind(after.app).Bind(after.channel).Bind(std::min(max, kMaxInt));
  std::vector<LogKey> logs;
  for (;;) {
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return logs;
    logs.push_back({query.Text(0), query.Text(1)});
  }
}

}  // namespace offing::store::sqlite
