// Committer: turns what waits into one batch and commits it. It decides positions, answers repeated
// keys, lets the projections fold, adds what is due to be trimmed, and tells everybody how it went.
//
//   Admit each publication  ->  Collect the projections  ->  store.Commit  ->  projections,
//   listener, answers
//
// When a commit fails, everything that was decided since the last one is forgotten: heads are read
// again from the store, projections drop what they folded, and every publication of the batch is
// answered with kIo.
//
// Threading: journal thread (or the only thread, in tests).
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "journal/heads.h"
#include "journal/journal.h"
#include "journal/keys.h"

namespace offing::journal {

struct Waiting {
  Publication publication;
  Journal::Done done;
};

using Task = std::function<void(store::Reader&, store::Batch&)>;

class Committer {
 public:
  Committer(const Journal::Deps& deps, const JournalConfig& config);

  void AddProjection(Projection* projection) { projections_.push_back(projection); }
  void SetListener(CommitListener* listener) { listener_ = listener; }
  const Keys& keys() const { return keys_; }

  // Commits all of them together and answers each.
  void Commit(std::span<Waiting> waiting);
  // Gives every log a new epoch, unless that was done.
  void Renew(const std::string& how);
  bool renewed() const { return renewed_; }  // any thread
  // Runs the task and commits what it leaves in the batch.
  void RunTask(const Task& task);
  // One step of the sweep, if it is due; returns the milliseconds until the next one is.
  int64_t Sweep();

 private:
  // How one publication will be answered, if the commit succeeds.
  struct Answer {
    Journal::Done done;
    base::Result<Receipt> result;
  };
  // The batch under construction.
  struct Round {
    store::Batch batch;
    std::vector<Answer> answers;
    int64_t now_ms = 0;
    int64_t steady_ms = 0;
  };

  base::Result<Receipt> Admit(Round& round, Publication& publication);
  base::Result<void> OpenHeads(const Publication& publication);
  base::Position Append(Round& round, NewEvent& event, const std::string& key);
  void TrimIfDue(Round& round, Head& head, const store::Retention& retention);
  void DropRepliesIfDue(Round& round);
  base::Result<void> Write(Round& round);

  const Journal::Deps deps_;
  const JournalConfig config_;
  Heads heads_;
  Keys keys_;
  std::vector<Projection*> projections_;
  CommitListener* listener_ = nullptr;

  store::LogKey swept_;  // the last log that the sweep looked at
  int64_t next_sweep_ms_;
  int64_t next_drop_ms_ = 0;
  std::atomic<bool> renewed_ = false;

  base::Counter& commits_;
  base::Counter& failed_;
  base::Counter& events_;
  base::Counter& open_logs_;
  base::Counter& restored_;
};

}  // namespace offing::journal
