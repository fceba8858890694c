#include "journal/committer.h"

#include <algorithm>

#include "base/check.h"

namespace offing::journal {
namespace {

constexpr uint64_t kSweepPage = 100;  // logs in one step of the sweep

bool Keeps(const store::Retention& r) {
  return r.age_ms != 0 || r.events != 0 || r.bytes != 0;
}

}  // namespace

Committer::Committer(const Journal::Deps& deps, const JournalConfig& config)
    : deps_(deps),
      config_(config),
      heads_(deps.store, deps.random),
      keys_(deps.store, config_, deps.metrics),
      next_sweep_ms_(deps.clock.SteadyMs() + config.sweep_every_ms),
      commits_(deps.metrics.AddCounter("offing_journal_commits_total",
                                       "Batches committed to the store.")),
      failed_(deps.metrics.AddCounter("offing_journal_failed_commits_total",
                                      "Batches that the store refused.")),
      events_(deps.metrics.AddCounter("offing_journal_events_total", "Events committed.")),
      open_logs_(
          deps.metrics.AddGauge("offing_journal_open_logs", "Logs whose head is held in memory.")),
      restored_(deps.metrics.AddCounter(
          "offing_restored_total",
          "Times that every log got a new epoch, because the data were restored from a backup.")) {}

void Committer::Commit(std::span<Waiting> waiting) {
  Round round;
  round.now_ms = deps_.clock.WallMs();
  round.steady_ms = deps_.clock.SteadyMs();
  round.answers.reserve(waiting.size());
  keys_.Begin(round.now_ms);
  for (const Waiting& one : waiting) {
    if (!renewed_ && keys_.IsAhead(one.publication)) {
      Renew("a client was told of entries that no mark knows");
    }
  }
  for (Waiting& one : waiting) {
    round.answers.push_back({std::move(one.done), Admit(round, one.publication)});
  }
  DropRepliesIfDue(round);
  keys_.Finish(round.batch);
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
    auto known = keys_.Check(publication);
    if (!known) return std::unexpected(known.error());
    if (*known) return std::move(**known);
  }
  // Everything that can fail comes before the first position is given.
  if (auto opened = OpenHeads(publication); !opened) return std::unexpected(opened.error());

  Receipt receipt{.positions = {}, .answer = std::move(publication.answer)};
  receipt.positions.reserve(publication.events.size());
  const std::string key = publication.key ? publication.key->key : std::string();
  for (NewEvent& event : publication.events) {
    receipt.positions.push_back(Append(round, event, key));
  }
  if (publication.key) keys_.Remember(round.batch, publication, receipt);
  return receipt;
}

base::Result<void> Committer::OpenHeads(const Publication& publication) {
  for (const NewEvent& event : publication.events) {
    if (auto head = heads_.Open(event.log); !head) return std::unexpected(head.error());
  }
  return {};
}

base::Position Committer::Append(Round& round, NewEvent& event, const std::string& key) {
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
       {head.seq, head.at_ms, std::move(event.name), std::move(event.data), key},
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
  if (round.batch.replies.empty() && !keys_.refused()) return;
  if (round.steady_ms < next_drop_ms_) return;
  next_drop_ms_ = round.steady_ms + config_.trim_every_ms;
  keys_.DropOld(round.batch);
}

base::Result<void> Committer::Write(Round& round) {
  for (Projection* projection : projections_) projection->Collect(round.batch);
  auto written = deps_.store.Commit(round.batch);
  if (written) {
    if (!round.batch.empty()) commits_.Add();
    keys_.OnCommitted(round.batch);
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

void Committer::Renew(const std::string& how) {
  if (renewed_) return;
  store::Batch batch;
  batch.renew_epochs = deps_.random.U64() % store::kEpochShifts + 1;
  if (const auto done = deps_.store.Commit(batch); !done) {
    failed_.Add();
    deps_.log.Error("journal: the logs could not be given new epochs: " + done.error().detail);
    return;
  }
  renewed_ = true;
  restored_.Add();
  deps_.log.Warning("the data were restored from a backup (" + how +
                    "): every log has a new epoch, and clients fetch once");
  heads_.ForgetAll();
  for (Projection* projection : projections_) projection->OnRenewed();
  if (listener_ != nullptr) listener_->OnRenewed();
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
  if (ended) {
    keys_.Begin(round.now_ms);
    keys_.DropOld(round.batch);
    keys_.DropOldMarks(round.batch);
  }
  swept_ = ended ? store::LogKey{} : std::move(logs->back());
  const bool written = Write(round).has_value();
  next_sweep_ms_ = steady_ms + (ended || !written ? config_.sweep_every_ms : 0);
  return next_sweep_ms_ - steady_ms;
}

}  // namespace offing::journal
