#include "store/sqlite/schema.h"

#include <iterator>
#include <string>

namespace offing::store::sqlite {
namespace {

// One entry per version; entry i brings a file from version i to i + 1. Entries are never edited
// once released.
//
// log.bytes is the sum of event.size over the events kept, so trimming by bytes walks only what it
// drops. The narrow columns of an event stand before its data, so the walk reads no overflow page.
// reply.size is that of all its texts; the index by age holds it, so that what is kept is summed up
// without reading the answers.
constexpr const char* kMigrations[] = {R"sql(
CREATE TABLE log (
  id      INTEGER PRIMARY KEY,
  app     TEXT NOT NULL,
  channel TEXT NOT NULL,
  epoch   INTEGER NOT NULL,
  first   INTEGER NOT NULL,
  head    INTEGER NOT NULL,
  bytes   INTEGER NOT NULL,
  UNIQUE (app, channel)
) STRICT;

CREATE TABLE event (
  log  INTEGER NOT NULL,
  seq  INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  size INTEGER NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot (
  app        TEXT NOT NULL,
  path       TEXT NOT NULL,
  epoch      INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  definition TEXT NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (app, path)
) STRICT;

CREATE TABLE reply (
  app         TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  at          INTEGER NOT NULL,
  body        TEXT NOT NULL,
  PRIMARY KEY (app, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX reply_by_age ON reply (at);
)sql",
                                       R"sql(
CREATE TABLE setting (
  app  TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;
)sql",
                                       R"sql(
ALTER TABLE event ADD COLUMN key TEXT NOT NULL DEFAULT '';

CREATE TABLE answer (
  app         TEXT NOT NULL,
  scope       TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  at          INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  body        TEXT NOT NULL,
  PRIMARY KEY (app, scope, key)
) STRICT, WITHOUT ROWID;

INSERT INTO answer SELECT app, '', key, fingerprint, at,
  length(CAST(app AS BLOB)) + length(CAST(key AS BLOB)) + length(CAST(fingerprint AS BLOB)) +
  length(CAST(body AS BLOB)), body FROM reply;
DROP TABLE reply;
ALTER TABLE answer RENAME TO reply;
CREATE INDEX reply_by_age ON reply (at, size);

CREATE TABLE mark (
  app    TEXT NOT NULL,
  client TEXT NOT NULL,
  lane   TEXT NOT NULL,
  scope  TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (app, client, lane, scope)
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_by_age ON mark (at);
)sql"};

base::Result<void> Migrate(Connection& connection, int64_t version) {
  const std::string sql = std::string("BEGIN IMMEDIATE;") + kMigrations[version] +
                          "PRAGMA application_id = " + std::to_string(kApplicationId) +
                          ";PRAGMA user_version = " + std::to_string(version + 1) + ";COMMIT";
  auto done = connection.Execute("migrate the schema", sql);
  if (!done) connection.Rollback();
  return done;
}

}  // namespace

int64_t SchemaVersion() {
  return std::size(kMigrations);
}

base::Result<void> PrepareSchema(Connection& connection, const std::string& file) {
  auto id = connection.SelectInt("read the application id", "PRAGMA application_id");
  if (!id) return std::unexpected(id.error());
  auto version = connection.SelectInt("read the schema version", "PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  auto objects = connection.SelectInt("read the schema", "SELECT count(*) FROM sqlite_schema");
  if (!objects) return std::unexpected(objects.error());

  const bool fresh = *id == 0 && *version == 0 && *objects == 0;
  if (!fresh && *id != kApplicationId) {
    return base::Fail(base::Code::kConflict,
                      file + " is a database of another program; name another folder with --data");
  }
  if (*version > SchemaVersion()) {
    return base::Fail(base::Code::kUnsupported,
                      file + " was written by a newer Offing (schema " + std::to_string(*version) +
                          ", this one knows up to " + std::to_string(SchemaVersion()) +
                          "); run that version, or name another folder with --data");
  }
  for (int64_t v = *version; v < SchemaVersion(); ++v) {
    if (auto done = Migrate(connection, v); !done) return done;
  }
  return {};
}

}  // namespace offing::store::sqlite
