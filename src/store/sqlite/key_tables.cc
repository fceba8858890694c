#include "store/sqlite/key_tables.h"

#include <algorithm>
#include <limits>

namespace offing::store::sqlite {
namespace {

constexpr uint64_t kMaxInt = std::numeric_limits<int64_t>::max();

}  // namespace

base::Result<void> KeyTables::Open() {
  if (auto done = Prepare(); !done) return done;
  auto replies = connection_.SelectInt("count replies", "SELECT count(*) FROM reply");
  if (!replies) return std::unexpected(replies.error());
  auto bytes = connection_.SelectInt("sum up replies", "SELECT ifnull(sum(size), 0) FROM reply");
  if (!bytes) return std::unexpected(bytes.error());
  auto marks = connection_.SelectInt("count marks", "SELECT count(*) FROM mark");
  if (!marks) return std::unexpected(marks.error());
  totals_ = {static_cast<uint64_t>(*replies), static_cast<uint64_t>(*bytes),
             static_cast<uint64_t>(*marks)};
  committed_ = totals_;
  return {};
}

base::Result<void> KeyTables::Prepare() {
  struct Named {
    Statement* statement;
    const char* name;
    const char* sql;
  };
  const Named all[] = {
      {&size_of_reply_, "measure reply",
       "SELECT size FROM reply WHERE app = ? AND scope = ? AND key = ?"},
      {&forget_reply_, "forget reply", "DELETE FROM reply WHERE app = ? AND scope = ? AND key = ?"},
      {&add_reply_, "put reply",
       "INSERT INTO reply (app, scope, key, fingerprint, at, size, body) "
       "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
      {&sum_old_replies_, "sum up old replies",
       "SELECT count(*), ifnull(sum(size), 0) FROM reply WHERE at < ?"},
      {&drop_replies_, "drop replies", "DELETE FROM reply WHERE at < ?"},
      {&move_mark_, "move mark",
       "UPDATE mark SET seq = max(seq, ?1), at = iif(seq < ?1, ?2, at) "
       "WHERE app = ?3 AND client = ?4 AND lane = ?5 AND scope = ?6"},
      {&add_mark_, "add mark",
       "INSERT INTO mark (seq, at, app, client, lane, scope) VALUES (?, ?, ?, ?, ?, ?)"},
      {&drop_marks_, "drop marks", "DELETE FROM mark WHERE at < ?"},
      {&drop_oldest_marks_, "drop oldest marks",
       "DELETE FROM mark WHERE (app, client, lane, scope) IN "
       "(SELECT app, client, lane, scope FROM mark ORDER BY at LIMIT ?)"},
  };
  for (const Named& named : all) {
    auto statement = connection_.Prepare(named.name, named.sql);
    if (!statement) return std::unexpected(statement.error());
    *named.statement = std::move(*statement);
  }
  return {};
}

base::Result<void> KeyTables::Apply(const Batch& batch) {
  for (const ReplyName& name : batch.forgotten) {
    if (auto done = Forget(name); !done) return done;
  }
  for (const Reply& reply : batch.replies) {
    if (auto done = Put(reply); !done) return done;
  }
  for (const Mark& mark : batch.marks) {
    if (auto done = Move(mark); !done) return done;
  }
  if (auto done = DropReplies(batch.drop_replies_before_ms); !done) return done;
  return DropMarks(batch);
}

base::Result<void> KeyTables::Forget(const ReplyName& name) {
  uint64_t size = 0;
  {
    Query query(connection_, size_of_reply_);
    auto row = query.Bind(name.app).Bind(name.scope).Bind(name.key).Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    size = query.Uint(0);
  }
  totals_.replies -= 1;
  totals_.reply_bytes -= size;
  return Query(connection_, forget_reply_).Bind(name.app).Bind(name.scope).Bind(name.key).Run();
}

base::Result<void> KeyTables::Put(const Reply& reply) {
  const auto add = [&] {
    return Query(connection_, add_reply_)
        .Bind(reply.app)
        .Bind(reply.scope)
        .Bind(reply.key)
        .Bind(reply.fingerprint)
        .Bind(reply.at_ms)
        .Bind(SizeOf(reply))
        .Bind(reply.body)
        .Run();
  };
  if (auto done = add(); !done) return done;
  if (connection_.Changes() == 0) {
    if (auto done = Forget({reply.app, reply.scope, reply.key}); !done) return done;
    if (auto done = add(); !done) return done;
  }
  totals_.replies += 1;
  totals_.reply_bytes += SizeOf(reply);
  return {};
}

base::Result<void> KeyTables::DropReplies(int64_t before_ms) {
  if (before_ms == 0) return {};
  {
    Query query(connection_, sum_old_replies_);
    auto row = query.Bind(before_ms).Next();
    if (!row) return std::unexpected(row.error());
    totals_.replies -= query.Uint(0);
    totals_.reply_bytes -= query.Uint(1);
  }
  return Query(connection_, drop_replies_).Bind(before_ms).Run();
}

base::Result<void> KeyTables::Move(const Mark& mark) {
  const auto run = [&](Statement& statement) {
    return Query(connection_, statement)
        .Bind(mark.seq)
        .Bind(mark.at_ms)
        .Bind(mark.app)
        .Bind(mark.client)
        .Bind(mark.lane)
        .Bind(mark.scope)
        .Run();
  };
  if (auto done = run(move_mark_); !done) return done;
  if (connection_.Changes() > 0) return {};
  totals_.marks += 1;
  return run(add_mark_);
}

base::Result<void> KeyTables::DropMarks(const Batch& batch) {
  if (batch.drop_marks_before_ms != 0) {
    auto done = Query(connection_, drop_marks_).Bind(batch.drop_marks_before_ms).Run();
    if (!done) return done;
    totals_.marks -= connection_.Changes();
  }
  if (batch.drop_oldest_marks == 0) return {};
  const uint64_t most = std::min(batch.drop_oldest_marks, kMaxInt);
  auto done = Query(connection_, drop_oldest_marks_).Bind(most).Run();
  totals_.marks -= connection_.Changes();
  return done;
}

}  // namespace offing::store::sqlite
