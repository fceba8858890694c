// Publisher: carries events from whoever publishes to the subscribers on every core, in one order
// per channel.
//
// A channel without a log has an owner: one core, chosen by the channel's name. What is published
// goes to the owner first, and the owner posts it to every core, so all cores see the owner's
// order. Nothing touches the journal.
//
//   API core --Post--> owner core --Post--> every core: Shard::Deliver
//
// A channel with a log gets its order from the journal, which is one thread. It commits, then calls
// OnCommitted here, which makes each event's frame once and posts one task per core and batch; only
// then the publication is done.
//
//   API core --Append--> journal thread: commit, OnCommitted --Post--> every core: Shard::Deliver
//
// A publication to channels of both kinds is committed first; the rest is handed out when it is on
// disk. `done` is called when every core has handed the events to its subscribers' sockets, so a
// publisher that waits for answers can never be far ahead of the cores: that bounds their
// mailboxes.
//
// Threading: Publish on the core of `from`; OnCommitted on the journal thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "channels/gather.h"
#include "channels/hub.h"
#include "journal/journal.h"

namespace offing::channels {

// One request's events. Threading: values.
struct Publication {
  struct Event {
    std::string channel;
    std::string name;
    std::string data;
    SocketId except;
  };
  AppIndex app;
  std::vector<Event> events;
  std::optional<journal::Publication::Key> key;  // used if an event's channel has a log
  std::vector<std::string> count;                // channels whose subscribers are to be counted
};

struct Published {
  std::vector<std::optional<base::Position>> positions;  // one per event; nullopt without a log
  std::vector<size_t> counts;                            // one per channel of Publication::count
  bool replayed = false;                                 // the key was known: nothing was published
};

class Publisher {
 public:
  Publisher(const Shards& shards, const Shared& shared);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  using Done = std::function<void(base::Result<Published>)>;
  // `done` runs on the core of `from`, at once if nothing has to be waited for. Errors: the
  // journal's; then nothing was published.
  void Publish(Shard& from, Publication publication, Done done);

  // The subscribers of each channel, over all cores. Runs `done` as Publish does.
  void Count(Shard& from, AppIndex app, std::vector<std::string> channels,
             std::function<void(std::vector<size_t>)> done);

  // See journal::CommitListener.
  void OnCommitted(std::span<const journal::Committed> events);

 private:
  struct Job;

  void Append(const std::shared_ptr<Job>& job, journal::Publication logged);
  void HandOut(const std::shared_ptr<Job>& job);
  void Finish(const std::shared_ptr<Job>& job);
  std::optional<AppIndex> IndexOf(const std::string& app) const;

  const Shards& shards_;
  const Shared shared_;
};

}  // namespace offing::channels
