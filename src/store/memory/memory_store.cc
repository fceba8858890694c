#include "store/memory/memory_store.h"

#include <algorithm>
#include <mutex>

#include "base/check.h"

namespace offing::store {
namespace {

// A reader of its own for each thread; the data is one.
class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(MemoryStore& store) : store_(store) {}

  base::Result<std::optional<LogState>> State(const LogKey& log) override {
    return store_.State(log);
  }
  base::Result<std::optional<Page>> After(const LogKey& log, uint64_t after, uint64_t max_events,
                                          uint64_t max_bytes) override {
    return store_.After(log, after, max_events, max_bytes);
  }
  base::Result<std::optional<Snapshot>> FindSnapshot(std::string_view app,
                                                     std::string_view path) override {
    return store_.FindSnapshot(app, path);
  }
  base::Result<std::optional<Reply>> FindReply(const ReplyName& name) override {
    return store_.FindReply(name);
  }
  base::Result<std::optional<Mark>> FindMark(std::string_view app, std::string_view scope,
                                             std::string_view client,
                                             std::string_view lane) override {
    return store_.FindMark(app, scope, client, lane);
  }
  base::Result<std::optional<Setting>> FindSetting(std::string_view app,
                                                   std::string_view name) override {
    return store_.FindSetting(app, name);
  }
  base::Result<std::vector<LogKey>> Logs(const LogKey& after, uint64_t max) override {
    return store_.Logs(after, max);
  }

 private:
  MemoryStore& store_;
};

}  // namespace

base::Result<void> MemoryStore::Commit(const Batch& batch) {
  std::unique_lock lock(mutex_);
  for (const Batch::Append& append : batch.appends) Append(append);
  for (const Batch::Trim& trim : batch.trims) Trim(trim);
  for (const Snapshot& snapshot : batch.snapshots) {
    snapshots_[{snapshot.app, snapshot.path}] = snapshot;
  }
  WriteReplies(batch);
  WriteMarks(batch);
  if (batch.renew_epochs != 0) RenewEpochs(batch.renew_epochs);
  for (const Setting& setting : batch.settings) settings_[{setting.app, setting.name}] = setting;
  return {};
}

void MemoryStore::WriteReplies(const Batch& batch) {
  for (const ReplyName& name : batch.forgotten) replies_.erase(name);
  for (const Reply& reply : batch.replies) {
    replies_[{reply.app, reply.scope, reply.key}] = reply;
  }
  if (batch.drop_replies_before_ms == 0) return;
  std::erase_if(replies_, [&](const auto& entry) {
    return entry.second.at_ms < batch.drop_replies_before_ms;
  });
}

void MemoryStore::WriteMarks(const Batch& batch) {
  for (const Mark& mark : batch.marks) {
    Mark& kept = marks_[{mark.app, mark.client, mark.lane, mark.scope}];
    if (mark.seq > kept.seq) kept = mark;
  }
  if (batch.drop_marks_before_ms != 0) {
    std::erase_if(
        marks_, [&](const auto& entry) { return entry.second.at_ms < batch.drop_marks_before_ms; });
  }
  for (uint64_t i = 0; i < batch.drop_oldest_marks && !marks_.empty(); ++i) {
    marks_.erase(
        std::ranges::min_element(marks_, {}, [](const auto& entry) { return entry.second.at_ms; }));
  }
}

void MemoryStore::RenewEpochs(uint64_t shift) {
  for (auto& [key, log] : logs_) log.state.epoch = RenewedEpoch(log.state.epoch, shift);
  for (auto& [name, snapshot] : snapshots_) {
    base::Epoch& epoch = snapshot.position.epoch;
    if (epoch != base::kNoEpoch) epoch = RenewedEpoch(epoch, shift);
  }
}

store::Totals MemoryStore::Totals() const {
  std::shared_lock lock(mutex_);
  store::Totals totals{replies_.size(), 0, marks_.size()};
  for (const auto& [name, reply] : replies_) totals.reply_bytes += SizeOf(reply);
  return totals;
}

void MemoryStore::Append(const Batch::Append& append) {
  CHECK(append.epoch != base::kNoEpoch, "a log that exists has an epoch");
  KeptLog& log = logs_[append.log];
  if (log.state.epoch == base::kNoEpoch) log.state.epoch = append.epoch;
  CHECK(append.epoch == log.state.epoch, "an append names the epoch of its log");
  CHECK(append.event.seq == log.state.head + 1, "an append continues the head of its log by 1");
  log.events.push_back(append.event);
  log.state.head = append.event.seq;
  log.state.bytes += SizeOf(append.event);
}

void MemoryStore::Trim(const Batch::Trim& trim) {
  const auto it = logs_.find(trim.log);
  if (it == logs_.end()) return;
  KeptLog& log = it->second;
  const Retention& keep = trim.retention;
  while (log.events.size() > 1) {
    const Event& oldest = log.events.front();
    const bool too_old = keep.age_ms > 0 && oldest.at_ms < trim.now_ms - keep.age_ms;
    const bool too_many = keep.events > 0 && log.events.size() > keep.events;
    const bool too_large = keep.bytes > 0 && log.state.bytes > keep.bytes;
    if (!too_old && !too_many && !too_large) break;
    log.state.bytes -= SizeOf(oldest);
    log.state.first = oldest.seq + 1;
    log.events.pop_front();
  }
}

base::Result<std::unique_ptr<Reader>> MemoryStore::OpenReader() {
  return std::make_unique<MemoryReader>(*this);
}

base::Result<std::optional<LogState>> MemoryStore::State(const LogKey& log) {
  std::shared_lock lock(mutex_);
  const auto it = logs_.find(log);
  if (it == logs_.end()) return std::nullopt;
  return it->second.state;
}

base::Result<std::optional<Page>> MemoryStore::After(const LogKey& log, uint64_t after,
                                                     uint64_t max_events, uint64_t max_bytes) {
  std::shared_lock lock(mutex_);
  const auto it = logs_.find(log);
  if (it == logs_.end()) return std::nullopt;
  const KeptLog& kept = it->second;
  Page page{kept.state, {}};
  uint64_t bytes = 0;
  const uint64_t skip = after < kept.state.first ? 0 : after - kept.state.first + 1;
  for (uint64_t i = skip; i < kept.events.size() && page.events.size() < max_events; ++i) {
    const uint64_t size = SizeOf(kept.events[i]);
    if (!page.events.empty() && bytes + size > max_bytes) break;
    bytes += size;
    page.events.push_back(kept.events[i]);
  }
  return page;
}

base::Result<std::optional<Snapshot>> MemoryStore::FindSnapshot(std::string_view app,
                                                                std::string_view path) {
  std::shared_lock lock(mutex_);
  const auto it = snapshots_.find(Name(app, path));
  if (it == snapshots_.end()) return std::nullopt;
  return it->second;
}

base::Result<std::optional<Reply>> MemoryStore::FindReply(const ReplyName& name) {
  std::shared_lock lock(mutex_);
  const auto it = replies_.find(name);
  if (it == replies_.end()) return std::nullopt;
  return it->second;
}

base::Result<std::optional<Mark>> MemoryStore::FindMark(std::string_view app,
                                                        std::string_view scope,
                                                        std::string_view client,
                                                        std::string_view lane) {
  std::shared_lock lock(mutex_);
  const auto it =
      marks_.find({std::string(app), std::string(client), std::string(lane), std::string(scope)});
  if (it == marks_.end()) return std::nullopt;
  return it->second;
}

base::Result<std::optional<Setting>> MemoryStore::FindSetting(std::string_view app,
                                                              std::string_view name) {
  std::shared_lock lock(mutex_);
  const auto it = settings_.find(Name(app, name));
  if (it == settings_.end()) return std::nullopt;
  return it->second;
}

base::Result<std::vector<LogKey>> MemoryStore::Logs(const LogKey& after, uint64_t max) {
  std::shared_lock lock(mutex_);
  std::vector<LogKey> logs;
  for (auto it = logs_.upper_bound(after); it != logs_.end() && logs.size() < max; ++it) {
    logs.push_back(it->first);
  }
  return logs;
}

}  // namespace offing::store
