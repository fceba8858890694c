#include "channels/publisher.h"

#include <utility>

#include "base/check.h"
#include "proto/pusher_frame.h"
#include "proto/ws_frame.h"

namespace offing::channels {

namespace {

struct Handled {};  // the answer of a core that has only to have been there

base::SharedBytes MakeFrame(std::string_view channel, std::string_view name, std::string_view data,
                            const std::optional<base::Position>& id, std::string_view key = "") {
  return base::MakeShared(proto::EncodeWsFrame(proto::WsOpcode::kText,
                                               proto::EncodeEvent(channel, name, data, id, key)));
}

Handled DeliverAll(Shard& shard, const std::vector<LiveEvent>& events) {
  for (const LiveEvent& event : events) shard.Deliver(event);
  return {};
}

}  // namespace

// A publication on its way. Threading: touched by one thread at a time, handed on by posts.
struct Publisher::Job {
  Shard& from;
  AppIndex app;
  std::vector<std::vector<LiveEvent>> by_owner;  // events without a log, by their owner core
  std::vector<size_t> logged;                    // indexes of the events that are in the journal
  std::vector<std::string> count;
  Published published;
  Done done;
  size_t owners_missing = 0;
};

Publisher::Publisher(const Shards& shards, const Shared& shared)
    : shards_(shards), shared_(shared) {}

void Publisher::Publish(Shard& from, Publication publication, Done done) {
  auto job = std::make_shared<Job>(from, publication.app);
  job->by_owner.resize(shards_.size());
  job->count = std::move(publication.count);
  job->published.positions.resize(publication.events.size());
  job->done = std::move(done);
  journal::Publication logged{.events = {}, .key = std::move(publication.key)};
  for (size_t i = 0; i < publication.events.size(); ++i) {
    Publication::Event& event = publication.events[i];
    if (shared_.config.RetentionOf(event.channel)) {
      const std::string& app = shared_.config.apps[static_cast<size_t>(publication.app)].id;
      job->logged.push_back(i);
      logged.events.push_back({.log = {app, std::move(event.channel)},
                               .name = std::move(event.name),
                               .data = std::move(event.data),
                               .tag = event.except.Pack()});
      continue;
    }
    base::SharedBytes frame = MakeFrame(event.channel, event.name, event.data, std::nullopt);
    const size_t owner = std::hash<std::string_view>()(event.channel) % shards_.size();
    job->by_owner[owner].push_back(
        {publication.app, std::move(event.channel), std::move(frame), {}, event.except});
  }
  if (logged.events.empty()) return HandOut(job);
  Append(job, std::move(logged));
}

void Publisher::Append(const std::shared_ptr<Job>& job, journal::Publication logged) {
  CHECK(shared_.journal != nullptr, "a channel with a log needs a journal");
  shared_.journal->Append(std::move(logged), [this, job](base::Result<journal::Receipt> receipt) {
    if (!receipt) {
      job->from.core.Post([job, error = std::move(receipt.error())]() mutable {
        job->done(std::unexpected(std::move(error)));
      });
      return;
    }
    // What OnCommitted posted to the cores comes before this: when all have answered, all have
    // handed the events out.
    Gather<Handled>(
        shards_, nullptr, job->from, [](Shard&) { return Handled{}; },
        [this, job, receipt = std::move(*receipt)](const std::vector<Handled>&) {
          // Only a key that was used under other rules can bring fewer or more.
          if (receipt.positions.size() != job->logged.size()) {
            job->done(base::Fail(base::Code::kConflict,
                                 "this Idempotency-Key was used while other channels had a log"));
            return;
          }
          for (size_t i = 0; i < job->logged.size(); ++i) {
            job->published.positions[job->logged[i]] = receipt.positions[i];
          }
          job->published.replayed = receipt.replayed;
          receipt.replayed ? Finish(job) : HandOut(job);
        });
  });
}

// On the core of job->from: gives each owner its events, and goes on when all cores have them.
void Publisher::HandOut(const std::shared_ptr<Job>& job) {
  for (const std::vector<LiveEvent>& events : job->by_owner) {
    if (!events.empty()) ++job->owners_missing;
  }
  if (job->owners_missing == 0) return Finish(job);
  for (size_t i = 0; i < job->by_owner.size(); ++i) {
    if (job->by_owner[i].empty()) continue;
    auto events = std::make_shared<const std::vector<LiveEvent>>(std::move(job->by_owner[i]));
    shared_.counters.published.Add(events->size());
    Shard& owner = *shards_[i];
    RunOn(owner, &job->from, [this, job, events, &owner] {
      Gather<Handled>(
          shards_, &owner, job->from, [events](Shard& shard) { return DeliverAll(shard, *events); },
          [this, job](const std::vector<Handled>&) {
            if (--job->owners_missing == 0) Finish(job);
          });
    });
  }
}

void Publisher::Finish(const std::shared_ptr<Job>& job) {
  if (job->count.empty()) return job->done(std::move(job->published));
  Count(job->from, job->app, std::move(job->count), [job](std::vector<size_t> counts) {
    job->published.counts = std::move(counts);
    job->done(std::move(job->published));
  });
}

void Publisher::Count(Shard& from, AppIndex app, std::vector<std::string> channels,
                      std::function<void(std::vector<size_t>)> done) {
  using Counts = std::vector<size_t>;
  const size_t wanted = channels.size();
  Gather<Counts>(
      shards_, &from, from,
      [app, channels = std::move(channels)](Shard& shard) {
        Counts counts;
        for (const std::string& name : channels) {
          counts.push_back(shard.hub.CountSubscribers(app, name));
        }
        return counts;
      },
      [wanted, done = std::move(done)](const std::vector<Counts>& by_core) {
        Counts sums(wanted);
        for (const Counts& counts : by_core) {
          for (size_t i = 0; i < wanted; ++i) sums[i] += counts[i];
        }
        done(std::move(sums));
      });
}

void Publisher::OnCommitted(std::span<const journal::Committed> events) {
  auto frames = std::make_shared<std::vector<LiveEvent>>();
  frames->reserve(events.size());
  for (const journal::Committed& committed : events) {
    const store::LogKey& log = committed.log;
    const base::Position position{committed.epoch, committed.event.seq};
    const std::optional<AppIndex> app = IndexOf(log.app);
    if (!app) continue;
    frames->push_back({*app, log.channel,
                       MakeFrame(log.channel, committed.event.name, committed.event.data, position,
                                 committed.event.key),
                       position, SocketId::Unpack(committed.tag)});
  }
  shared_.counters.published.Add(frames->size());
  for (const std::unique_ptr<Shard>& shard : shards_) {
    shard->core.Post([shard = shard.get(), frames] { DeliverAll(*shard, *frames); });
  }
}

// nullopt: an app that is no longer configured; its logs may still be there.
std::optional<AppIndex> Publisher::IndexOf(const std::string& app) const {
  const std::vector<proto::AppCredentials>& apps = shared_.config.apps;
  for (size_t i = 0; i < apps.size(); ++i) {
    if (apps[i].id == app) return static_cast<AppIndex>(i);
  }
  return std::nullopt;
}

}  // namespace offing::channels
