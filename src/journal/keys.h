// Keys: what writes with an Idempotency-Key have to do with one another (spec/outbox.md): whether
// one is new, what is remembered of it, how far its lane has come, and how much may be remembered.
// Works on the batch under construction: what was admitted to it counts as if it were committed.
//
//   Begin  ->  Check, Remember each  ->  Finish  ->  commit  ->  OnCommitted
//
// Limits: JournalConfig's answers and marks, with their counters. Gauges say how much is kept.
//
// Threading: journal thread; Full any thread.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "base/result.h"
#include "journal/journal.h"

namespace offing::journal {

class Keys {
 public:
  Keys(store::Store& store, const JournalConfig& config, base::Metrics& metrics);

  // A new batch.
  void Begin(int64_t now_ms);
  // Its client was told more of its lane than the mark knows, which is there: the store is older
  // than the client. A lane without a mark proves nothing, it may have been dropped.
  bool IsAhead(const Publication& publication);
  // For a publication with a key. The receipt of the first time, or nullopt: go on. Errors: those
  // of Journal::Append that speak of keys, and the store's.
  base::Result<std::optional<Receipt>> Check(const Publication& publication);
  // What was checked is in the batch.
  void Remember(store::Batch& batch, const Publication& publication, const Receipt& receipt);
  // Nothing more comes: makes room among the marks.
  void Finish(store::Batch& batch);
  void OnCommitted(const store::Batch& batch);

  // What is too old goes with this batch.
  void DropOld(store::Batch& batch) const;
  void DropOldMarks(store::Batch& batch) const;
  // Something was refused since Begin, because too much is remembered.
  bool refused() const { return refused_; }
  // A write with a new key would be refused.
  bool Full() const;

 private:
  using Lane = std::array<std::string, 4>;  // app, scope, client, lane
  static Lane LaneOf(const Publication::Key& key);

  base::Result<std::optional<Remembered>> FindReply(const Publication::Key& key) const;
  // 0: none.
  base::Result<uint64_t> FindMark(const Publication::Key& key);
  bool HasRoomFor(const Publication& publication) const;

  store::Store& store_;
  const JournalConfig& config_;

  int64_t now_ms_ = 0;
  bool refused_ = false;
  // Of the batch. nullopt: forgotten in it.
  std::map<store::ReplyName, std::optional<Remembered>> replies_;
  std::map<Lane, uint64_t> marks_;
  uint64_t added_replies_ = 0;
  uint64_t added_bytes_ = 0;
  uint64_t added_marks_ = 0;

  base::Counter& answers_;
  base::Counter& answer_bytes_;
  base::Counter& mark_count_;
  base::Counter& replayed_;
  base::Counter& decided_;
  base::Counter& full_;
  base::Counter& marks_dropped_;
};

}  // namespace offing::journal
