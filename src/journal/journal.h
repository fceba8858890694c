// Journal: the one writer. Publications from every core meet here, get their positions, are folded
// by the projections, and are committed together, many publications to one commit (group commit).
// Only then does anybody hear of them: first the listener, which hands the events to subscribers,
// then whoever published.
//
//   core threads --Append--> queue --journal thread--> [positions, projections] --Commit-->
//   listener.OnCommitted --> done()
//
// The order of commits is the order of events in every log, on every core. A position is never
// given twice and never skipped: heads are read from the store when a log is first touched, and a
// failed commit gives its positions back.
//
// A second thread serves Read, so that catching up never waits for a commit nor a commit for
// catching up.
//
// A log is trimmed by the commits that touch it, at most every trim_every_ms; a slow sweep over all
// logs drops what has become too old in those that nobody writes to.
//
// Limits (JournalConfig): publications and bytes waiting, reads waiting; remembered answers, marks.
// Where too much waits Append and
// Read answer kTooMany at once, on the caller's thread, and offing_journal_refused_total or
// offing_journal_reads_refused_total moves.
//
// Threading: any thread, unless a method says otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "crypto/random.h"
#include "store/store.h"

namespace offing::journal {

struct NewEvent {
  store::LogKey log;
  std::string name;
  std::string data;
  uint64_t tag = 0;  // means something to the publisher only; handed on in Committed, never stored
};

// Where a write stands in its client's lane (spec/outbox.md, "Marks").
struct Entry {
  std::string client;
  std::string lane;
  uint64_t seq = 0;    // counts from 1
  uint64_t acked = 0;  // the highest that this server has vouched for, as the client remembers it
};

// What one request publishes: committed whole or not at all. A write whose effect is elsewhere has
// a key and no events.
struct Publication {
  struct Key {
    std::string app;
    std::string scope = {};  // see store::ReplyName
    std::string key;
    std::string fingerprint;          // of the request
    std::optional<Entry> entry = {};  // its lane's mark moves to its seq
  };
  // What becomes of the answer.
  enum class Remember {
    kOnce,     // with the effect; a key that is known is a replay and has none
    kReplace,  // in the place of what is remembered for the key, if anything is; nothing is checked
    kForget    // what is remembered for the key goes; the mark stays
  };
  std::vector<NewEvent> events;  // they carry the key to the subscribers
  std::optional<Key> key;
  std::string answer = {};  // the publisher's own bytes, given back by a replay
  Remember remember = Remember::kOnce;
};

struct Receipt {
  std::vector<base::Position> positions;  // one per event, in order
  // The key was known: nothing was published, the positions and the answer are those of the first
  // time.
  bool replayed = false;
  std::string answer = {};
};

// What is remembered of a write: FindReply.
struct Remembered {
  std::string fingerprint;
  int64_t at_ms = 0;
  Receipt receipt;
};
struct Found {
  std::optional<Remembered> reply;
  uint64_t mark = 0;  // of the key's entry; 0: none
};

// An event as it was committed; `tag` is NewEvent's.
using Committed = store::Batch::Append;

// Hears of every event once, in commit order. Threading: journal thread; must not block.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void OnCommitted(std::span<const Committed> events) = 0;
  // Every log has another epoch (Journal::Restored). What OnCommitted brings next is of it.
  virtual void OnRenewed() = 0;
};

// Folds events into documents that are committed with them. Threading: journal thread.
class Projection {
 public:
  virtual ~Projection() = default;
  // `reader` sees everything committed so far, and not this event.
  virtual void Apply(const Committed& event, store::Reader& reader) = 0;
  // Adds to the batch the documents that Apply has changed since the last call.
  virtual void Collect(store::Batch& batch) = 0;
  // The batch is on disk: the new documents may be shown.
  virtual void OnCommitted() = 0;
  // It is not: forget everything since the last OnCommitted.
  virtual void OnFailed() = 0;
  // Every log has another epoch, and so have the snapshots in the store: forget everything.
  virtual void OnRenewed() = 0;
};

struct JournalConfig {
  size_t max_waiting = 100'000;
  size_t max_waiting_bytes = 64 << 20;
  size_t max_reads = 10'000;      // reads waiting
  size_t max_batch = 1'000;       // publications in one commit
  size_t max_open_logs = 10'000;  // heads held in memory; the least recently used goes
  // Remembered answers. When they are full, writes with a new key are refused with kTooMany
  // (offing_outbox_full_total): an answer is never forgotten before its age.
  int64_t key_age_ms = 14 * 24 * 3600 * 1000ll;
  uint64_t max_answers = 1'000'000;
  uint64_t max_answer_bytes = 1'000'000'000;
  // Marks. When they are full the one that did not move for longest goes
  // (offing_outbox_marks_dropped_total).
  uint64_t max_marks = 1'000'000;
  int64_t mark_age_ms = 365 * 24 * 3600 * 1000ll;
  int64_t trim_every_ms = 1'000;
  int64_t sweep_every_ms = 60'000;  // from the end of one sweep over all logs to the next
};

// Which retention a log has; nullopt: the channel keeps no log, and appending to it is a bug of the
// caller. Pure.
using RetentionOf = std::function<std::optional<store::Retention>(const store::LogKey&)>;

class Journal {
 public:
  struct Deps {
    store::Store& store;
    const base::Clock& clock;
    crypto::Random& random;
    const base::Log& log;
    base::Metrics& metrics;
    RetentionOf retention_of;
  };

  Journal(Deps deps, JournalConfig config);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Before Start only.
  void AddProjection(Projection* projection);
  void SetListener(CommitListener* listener);

  base::Result<void> Start();  // opens the reader, starts both threads
  void Stop();                 // commits what is queued, answers everybody, joins; idempotent

  using Done = std::function<void(base::Result<Receipt>)>;
  // `done` runs on the journal thread once the events are on disk and the listener has them.
  // Errors: kTooMany (full), kUnavailable (stopping), kConflict (the key belongs to another
  // request), kGone (the key is not known, and its entry's lane is past it: it was carried out long
  // ago), kIo (the commit failed; nothing was published).
  void Append(Publication publication, Done done);

  using PageDone = std::function<void(base::Result<store::Page>)>;
  // Reads as store::Reader::After does; an unwritten log is an empty page. `done` runs on the
  // reading thread. Errors: kTooMany, kUnavailable (stopping), kIo, kCorrupt.
  void Read(store::LogKey log, uint64_t after, uint64_t max_events, uint64_t max_bytes,
            PageDone done);

  // What is remembered under the key's app, scope and key, and the mark of its entry; everything
  // that was answered before is seen. `done` and errors: as Read's.
  using FoundDone = std::function<void(base::Result<Found>)>;
  void FindReply(Publication::Key key, FoundDone done);

  // So much is remembered that a write with a new key would be refused. A recent value.
  bool Full() const;

  // A client has shown what this store cannot know: it was restored from a backup, and others may
  // stand where their log is about to go another way. All logs get a new epoch, the listener and
  // the projections hear of it, offing_restored_total moves and the log says so, with `how` it came
  // out. Once in the life of a journal; from then on nothing happens, so that a client that lies
  // costs everybody one fetch, once. Entries whose `acked` is above a mark that is known do the
  // same.
  void Restored(std::string how);

  // Runs `task` on the journal thread between two commits, in the order of Append. What it adds to
  // the batch is committed before anything else, and the projections and the listener hear of that
  // commit as of any other. A task that comes after Stop is dropped.
  void Run(std::function<void(store::Reader&, store::Batch&)> task);

  // Commits what waits, on the caller's thread, instead of the two threads that Start makes. For
  // tests; returns how many publications were committed.
  size_t Crank();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::journal
