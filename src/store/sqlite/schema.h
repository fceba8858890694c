// Schema: what stands in the database file, and how a file of an older version becomes one of ours.
//
// Threading: storage thread.
#pragma once

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace offing::store::sqlite {

// "Offg": marks the file as ours in its header.
inline constexpr int64_t kApplicationId = 0x4f666667;

// The version of the schema that this program writes.
int64_t SchemaVersion();

// Makes the tables in an empty file and migrates an older one, each step in a transaction of its
// own. kConflict: the file is another program's. kUnsupported: a newer Offing made it. In both
// cases nothing was changed.
base::Result<void> PrepareSchema(Connection& connection, const std::string& file);

}  // namespace offing::store::sqlite
