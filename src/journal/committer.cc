#include "journal/committer.h"

#include <algorithm>

#include "base/check.h"
#include "journal/replies.h"

namespace offing::journal {
namespace {

constexpr uint64_t kSweepPage = 100;  // logs in one step of the sweep

bool Keeps(const store::Retention& r) {
  return r.age_ms != 0 || r.events != 0 || r.bytes != 0;
}

base::Error ConflictOf(const std::string& key) {
  return {base::Code::kConflict, "the Idempotency-Key " + key +
                                     " was used for another request; a key belongs to one request"};
}

}  // namespace

Committer::Committer(const Journal::Deps& deps, const JournalConfig& config)
    : deps_(deps),
      config_(config),
      heads_(deps.store, deps.random),
      next_sweep_ms_(deps.clock.SteadyMs() + config.sweep_every_ms),
      commits_(deps.metrics.AddCounter("offing_journal_commits_total",
                                       "Batches committed to the store.")),
      failed_(deps.metrics.AddCounter("offing_journal_failed_commits_total",
                                      "Batches that the store refused.")),
      events_(deps.metrics.AddCounter("offing_journal_events_total", "Events committed.")),
      open_logs_(deps.metrics.AddGauge("offing_journal_open_logs",
                                       "Logs whose head is held in memory.")) {}

void Committer::Commit(std::span<Waiting> waiting) {
  Round round;
  round.now_ms = deps_.clock.WallMs();
  round.steady_ms = deps_.clock.SteadyMs();
  round.answers.reserve(waiting.size());
  for (Waiting& one : waiting) {
    round.answers.push_back({std::move(one.done), Admit(round, one.publication)});
  }
  DropRepliesIfDue(round);
  const auto written = Write(round);
  for (Answer& answer : round.answers) {
    if (written) {
      answer.done(std::move(answer.result));
    } else {
      answer.done(base::Fail(base::Code::kIo, written.error().detail));
    }
  }
}

base::Result<Receipt> Committer::Admit(Round& round, Publication& publication) {
  if (publication.key) {
    auto known = FindKey(round, *publication.key);
    if (!known) return std::unexpected(known.error());
    if (*known) {
      if ((*known)->fingerprint != publication.key->fingerprint) {
        return std::unexpected(ConflictOf(publication.key->key));
      }
      Receipt again = std::move((*known)->receipt);
      again.replayed = true;
      return again;
    }
  }
  // Everything that can fail comes before the first position is given.
  if (auto opened = OpenHeads(publication); !opened) return std::unexpected(opened.error());

  Receipt receipt;
  receipt.positions.reserve(publication.events.size());
  for (NewEvent& event : publication.events) receipt.positions.push_back(Append(round, event));
  if (publication.key) {
    Publication::Key& key = *publication.key;
    round.keys.emplace(AppAndKey(key.app, key.key), Known{key.fingerprint, receipt});
    round.batch.replies.push_back({std::move(key.app), std::move(key.key),
                                   std::move(key.fingerprint), round.now_ms,
                                   EncodeReceipt(receipt)});
  }
  return receipt;
}

base::Result<std::optional<Committer::Known>> Committer::FindKey(const Round& round,
                                                                 const Publication::Key& key) {
  if (const auto it = round.keys.find({key.app, key.key}); it != round.keys.end()) {
    return it->second;
  }
  auto reply = deps_.store.FindReply(key.app, key.key);
  if (!reply) return std::unexpected(reply.error());
  if (!*reply || (*reply)->at_ms < round.now_ms - config_.key_age_ms) return std::nullopt;
  auto receipt = ParseReceipt((*reply)->body);
  if (!receipt) {
    return base::Fail(base::Code::kCorrupt, "what was answered to a key cannot be read back");
  }
  return Known{std::move((*reply)->fingerprint), std::move(*receipt)};
}

base::Result<void> Committer::OpenHeads(const Publication& publication) {
  for (const NewEvent& event : publication.events) {
    if (auto head = heads_.Open(event.log); !head) return std::unexpected(head.error());
  }
  return {};
}

base::Position Committer::Append(Round& round, NewEvent& event) {
  const auto opened = heads_.Open(event.log);
  CHECK(opened, "a head that is in memory can be had");
  Head& head = **opened;
  const auto retention = deps_.retention_of(event.log);
  CHECK(retention, "only channels with a log are appended to");

  head.seq += 1;
  head.at_ms = std::max(head.at_ms, round.now_ms);
  round.batch.appends.push_back(
      {std::move(event.log),
       head.epoch,
       {head.seq, head.at_ms, std::move(event.name), std::move(event.data)},
       event.tag});
  for (Projection* projection : projections_) {
    projection->Apply(round.batch.appends.back(), deps_.store);
  }
  TrimIfDue(round, head, *retention);
  return {head.epoch, head.seq};
}

void Committer::TrimIfDue(Round& round, Head& head, const store::Retention& retention) {
  if (!Keeps(retention)) return;
  if (head.ever_trimmed && round.steady_ms - head.trimmed_ms < config_.trim_every_ms) return;
  head.ever_trimmed = true;
  head.trimmed_ms = round.steady_ms;
  round.batch.trims.push_back({head.log, retention, round.now_ms});
}

void Committer::DropRepliesIfDue(Round& round) {
  if (round.batch.replies.empty() || round.steady_ms < next_drop_ms_) return;
  next_drop_ms_ = round.steady_ms + config_.trim_every_ms;
  round.batch.drop_replies_before_ms = round.now_ms - config_.key_age_ms;
}

base::Result<void> Committer::Write(Round& round) {
  for (Projection* projection : projections_) projection->Collect(round.batch);
  auto written = deps_.store.Commit(round.batch);
  if (written) {
    if (!round.batch.empty()) commits_.Add();
    events_.Add(round.batch.appends.size());
    for (Projection* projection : projections_) projection->OnCommitted();
    if (listener_ != nullptr && !round.batch.appends.empty()) {
      listener_->OnCommitted(round.batch.appends);
    }
  } else {
    failed_.Add();
    deps_.log.Error("journal: nothing of a batch of " + std::to_string(round.answers.size()) +
                    " publications was committed: " + written.error().detail);
    for (const Committed& append : round.batch.appends) heads_.Forget(append.log);
    for (Projection* projection : projections_) projection->OnFailed();
  }
  heads_.Shrink(config_.max_open_logs);
  open_logs_.Add(heads_.size() - open_logs_.value());
  return written;
}

void Committer::RunTask(const Task& task) {
  Round round;
  task(deps_.store, round.batch);
  // What it may have appended moved heads that are held here.
  for (const Committed& append : round.batch.appends) heads_.Forget(append.log);
  (void)Write(round);
}

int64_t Committer::Sweep() {
  const int64_t steady_ms = deps_.clock.SteadyMs();
  if (steady_ms < next_sweep_ms_) return next_sweep_ms_ - steady_ms;
  Round round;
  round.now_ms = deps_.clock.WallMs();
  auto logs = deps_.store.Logs(swept_, kSweepPage);
  if (!logs) {
    deps_.log.Error("journal: cannot list the logs to trim: " + logs.error().detail);
    next_sweep_ms_ = steady_ms + config_.sweep_every_ms;
    return config_.sweep_every_ms;
  }
  for (store::LogKey& log : *logs) {
    // A log that the configuration does not name any more is left alone: it may come back.
    const auto retention = deps_.retention_of(log);
    if (retention && Keeps(*retention))
      round.batch.trims.push_back({log, *retention, round.now_ms});
  }
  const bool ended = logs->size() < kSweepPage;
  if (ended) round.batch.drop_replies_before_ms = round.now_ms - config_.key_age_ms;
  swept_ = ended ? store::LogKey{} : std::move(logs->back());
  const bool written = Write(round).has_value();
  next_sweep_ms_ = steady_ms + (ended || !written ? config_.sweep_every_ms : 0);
  return next_sweep_ms_ - steady_ms;
}

}  // namespace offing::journal
