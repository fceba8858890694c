// What the journal's tests share: a store that can be told to fail, a listener that remembers, a
// projection that counts.
//
// Threading: tests; the listener is fed by the journal thread and read after Stop.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "journal/journal.h"
#include "store/memory/memory_store.h"

namespace offing::journal {

class FailableStore final : public store::Store {
 public:
  void FailNext(int commits) { failing_ = commits; }
  void FailReadsOf(store::LogKey log) { unreadable_ = std::move(log); }
  size_t commits() const { return commits_; }

  base::Result<void> Commit(const store::Batch& batch) override {
    if (batch.empty()) return {};
    if (failing_ > 0) {
      failing_ -= 1;
      return base::Fail(base::Code::kTooLarge, "the disk is full");
    }
    commits_ += 1;
    return kept_.Commit(batch);
  }
  base::Result<std::unique_ptr<store::Reader>> OpenReader() override { return kept_.OpenReader(); }
  base::Result<std::optional<store::LogState>> State(const store::LogKey& log) override {
    if (log == unreadable_) return base::Fail(base::Code::kIo, "a sector cannot be read");
    return kept_.State(log);
  }
  base::Result<std::optional<store::Page>> After(const store::LogKey& log, uint64_t after,
                                                 uint64_t max_events, uint64_t max_bytes) override {
    return kept_.After(log, after, max_events, max_bytes);
  }
  base::Result<std::optional<store::Snapshot>> FindSnapshot(std::string_view app,
                                                            std::string_view path) override {
    return kept_.FindSnapshot(app, path);
  }
  base::Result<std::optional<store::Reply>> FindReply(const store::ReplyName& name) override {
    return kept_.FindReply(name);
  }
  base::Result<std::optional<store::Mark>> FindMark(std::string_view app, std::string_view scope,
                                                    std::string_view client,
                                                    std::string_view lane) override {
    return kept_.FindMark(app, scope, client, lane);
  }
  store::Totals Totals() const override { return kept_.Totals(); }
  base::Result<std::optional<store::Setting>> FindSetting(std::string_view app,
                                                          std::string_view name) override {
    return kept_.FindSetting(app, name);
  }
  base::Result<std::vector<store::LogKey>> Logs(const store::LogKey& after, uint64_t max) override {
    return kept_.Logs(after, max);
  }

 private:
  store::MemoryStore kept_;
  int failing_ = 0;
  size_t commits_ = 0;
  store::LogKey unreadable_{"", "none"};
};

class CountingRandom final : public crypto::Random {
 public:
  uint64_t U64() override { return next_++ << 16; }

 private:
  uint64_t next_ = 0;  // the first draw is no epoch, and has to be drawn again
};

class RecordingListener final : public CommitListener {
 public:
  void OnCommitted(std::span<const Committed> events) override {
    calls_ += 1;
    events_.insert(events_.end(), events.begin(), events.end());
  }
  void OnRenewed() override { renewals_ += 1; }
  size_t renewals() const { return renewals_; }
  const std::vector<Committed>& events() const { return events_; }
  size_t calls() const { return calls_; }

 private:
  std::vector<Committed> events_;
  size_t calls_ = 0;
  size_t renewals_ = 0;
};

// Its document is the number of events, in every log.
class CountingProjection final : public Projection {
 public:
  void Apply(const Committed&, store::Reader&) override { folded_ += 1; }
  void Collect(store::Batch& batch) override {
    if (folded_ == shown_) return;
    batch.snapshots.push_back({"app", "/count", {}, "count", std::to_string(folded_)});
  }
  void OnCommitted() override { shown_ = folded_; }
  void OnFailed() override { folded_ = shown_; }
  void OnRenewed() override { renewals_ += 1; }
  int renewals() const { return renewals_; }
  int shown() const { return shown_; }

 private:
  int folded_ = 0;
  int shown_ = 0;
  int renewals_ = 0;
};

using LogAndData = std::pair<store::LogKey, std::string>;

inline Publication Events(const std::vector<LogAndData>& events, uint64_t tag = 0) {
  Publication publication;
  for (const auto& [log, data] : events) publication.events.push_back({log, "e", data, tag});
  return publication;
}

inline Publication Keyed(std::string key, std::string fingerprint,
                         const std::vector<LogAndData>& events) {
  Publication publication = Events(events);
  publication.key = {"app", "", std::move(key), std::move(fingerprint)};
  return publication;
}

}  // namespace offing::journal
