// KeyTables: the writer's half of the tables `reply` and `mark`, and how much is in them. The sums
// are read once, when the file is opened, and carried along from then on.
//
// Threading: storage thread.
#pragma once

#include "base/result.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace offing::store::sqlite {

class KeyTables {
 public:
  explicit KeyTables(Connection& connection) : connection_(connection) {}

  // Prepares the statements and sums up what is there.
  base::Result<void> Open();
  // Within the batch's transaction.
  base::Result<void> Apply(const Batch& batch);
  // What Apply did since the last of these two is on disk, or is undone.
  void OnCommitted() { committed_ = totals_; }
  void OnRolledBack() { totals_ = committed_; }

  const Totals& totals() const { return totals_; }

 private:
  base::Result<void> Prepare();
  base::Result<void> Forget(const ReplyName& name);
  base::Result<void> Put(const Reply& reply);
  base::Result<void> DropReplies(int64_t before_ms);
  base::Result<void> Move(const Mark& mark);
  base::Result<void> DropMarks(const Batch& batch);

  Connection& connection_;
  Totals totals_;
  Totals committed_;
  Statement size_of_reply_;
  Statement forget_reply_;
  Statement add_reply_;
  Statement sum_old_replies_;
  Statement drop_replies_;
  Statement move_mark_;
  Statement add_mark_;
  Statement drop_marks_;
  Statement drop_oldest_marks_;
};

}  // namespace offing::store::sqlite
