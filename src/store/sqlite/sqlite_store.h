// The embedded store: one SQLite file, DATA/offing.db, in write-ahead mode with synchronous=FULL,
// so a commit that returned is on the disk. One process holds a data folder at a time.
//
// Many publications to one commit is what makes it fast (journal/): a commit costs one fsync
// however much is in it.
//
// Threading: see store/store.h. The store and each of its readers have a connection of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace offing::store {

struct SqliteOptions {
  // The database's greatest size; a commit beyond it fails with kTooLarge, as on a full disk. 0: as
  // much as the disk has.
  uint64_t max_bytes = 0;
  // The pages (4 KiB) at which the write-ahead log is moved into the database; it never holds much
  // more than four times as many.
  int checkpoint_pages = 2'000;
  // Leave it. No setting of the server reaches it: with kOff a loss of power loses commits.
  sqlite::Synchronous synchronous = sqlite::Synchronous::kFull;
};

// Opens the store in the folder `data`, which is made if it is missing. The error is one line for
// the operator that names the folder and the way out: kConflict (in use by another process, or not
// ours), kForbidden (permissions), kUnsupported (made by a newer version), kCorrupt, kIo.
base::Result<std::unique_ptr<Store>> OpenSqliteStore(const std::string& data,
                                                     const SqliteOptions& options = {});

}  // namespace offing::store
