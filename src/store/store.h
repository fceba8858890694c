// Store: what must outlive the process. There is one seam for writing: everything that must be true
// together (an event, the snapshots that it changes, the answer remembered for its key) is one
// Batch, which is committed whole or not at all. Everything else only reads. When Commit has
// returned, the batch survives kill -9 and the loss of power.
//
// Implementations: memory/ (tests), sqlite/ (the embedded default); store_contract.h holds what all
// of them must do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/types.h"

namespace offing::store {

// The parts are carried out in the order of the members.
struct Batch {
  struct Append {
    LogKey log;
    base::Epoch epoch;
    Event event;
    uint64_t tag = 0;  // means something to the publisher only; not stored
  };
  // Drops what retention no longer keeps at `now_ms`, after the appends.
  struct Trim {
    LogKey log;
    Retention retention;
    int64_t now_ms;
  };
  // Appends of one log come in the order of their seq and continue its head by 1; anything else is
  // a bug of the caller (CHECK).
  std::vector<Append> appends;
  std::vector<Trim> trims;
  std::vector<Snapshot> snapshots;     // replace the one of the same app and path
  std::vector<ReplyName> forgotten;    // these replies go
  std::vector<Reply> replies;          // replace the one of the same app, scope and key
  std::vector<Mark> marks;             // replace the one of the same lane if their seq is higher
  std::vector<Setting> settings;       // replace the one of the same app and name
  int64_t drop_replies_before_ms = 0;  // replies older than this go
  int64_t drop_marks_before_ms = 0;    // marks that did not move since then go
  uint64_t drop_oldest_marks = 0;      // so many of those that did not move for longest go
  // Every log gets RenewedEpoch(its epoch, this), and every snapshot's position with it; the events
  // stay. 0: none does. Goes without appends and snapshots.
  uint64_t renew_epochs = 0;

  bool empty() const {
    return appends.empty() && trims.empty() && snapshots.empty() && forgotten.empty() &&
           replies.empty() && marks.empty() && settings.empty() && drop_replies_before_ms == 0 &&
           drop_marks_before_ms == 0 && drop_oldest_marks == 0 && renew_epochs == 0;
  }
};

// Threading: one thread at a time per object; readers and the writer work side by side, and a
// reader sees only whole batches.
class Reader {
 public:
  virtual ~Reader() = default;
  // nullopt: never written.
  virtual base::Result<std::optional<LogState>> State(const LogKey& log) = 0;
  // Events with seq > after, in order, at most max_events and, from the second on, at most
  // max_bytes of names and data. State and events are of one moment.
  virtual base::Result<std::optional<Page>> After(const LogKey& log, uint64_t after,
                                                  uint64_t max_events, uint64_t max_bytes) = 0;
  virtual base::Result<std::optional<Snapshot>> FindSnapshot(std::string_view app,
                                                             std::string_view path) = 0;
  virtual base::Result<std::optional<Reply>> FindReply(const ReplyName& name) = 0;
  // The mark of this lane in this scope.
  virtual base::Result<std::optional<Mark>> FindMark(std::string_view app, std::string_view scope,
                                                     std::string_view client,
                                                     std::string_view lane) = 0;
  virtual base::Result<std::optional<Setting>> FindSetting(std::string_view app,
                                                           std::string_view name) = 0;
  // Every log, for the periodic trim: at most `max` after `after` in the order of the keys.
  virtual base::Result<std::vector<LogKey>> Logs(const LogKey& after, uint64_t max) = 0;
};

// Threading: storage thread. The writer also reads (its own writes at once).
class Store : public Reader {
 public:
  // kIo, kTooLarge (disk full): nothing of the batch was done.
  virtual base::Result<void> Commit(const Batch& batch) = 0;
  virtual store::Totals Totals() const = 0;
  // Another reader, for another thread. Must not outlive the store.
  virtual base::Result<std::unique_ptr<Reader>> OpenReader() = 0;
};

}  // namespace offing::store
