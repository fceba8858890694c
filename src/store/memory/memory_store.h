// The store in memory: for tests, and the reference for what the contract means. It survives
// nothing.
//
// Threading: see store/store.h. Readers must not outlive the store.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace offing::store {

class MemoryStore final : public Store {
 public:
  base::Result<void> Commit(const Batch& batch) override;
  base::Result<std::unique_ptr<Reader>> OpenReader() override;
  store::Totals Totals() const override;

  base::Result<std::optional<LogState>> State(const LogKey& log) override;
  base::Result<std::optional<Page>> After(const LogKey& log, uint64_t after, uint64_t max_events,
                                          uint64_t max_bytes) override;
  base::Result<std::optional<Snapshot>> FindSnapshot(std::string_view app,
                                                     std::string_view path) override;
  base::Result<std::optional<Reply>> FindReply(const ReplyName& name) override;
  base::Result<std::optional<Mark>> FindMark(std::string_view app, std::string_view scope,
                                             std::string_view client,
                                             std::string_view lane) override;
  base::Result<std::optional<Setting>> FindSetting(std::string_view app,
                                                   std::string_view name) override;
  base::Result<std::vector<LogKey>> Logs(const LogKey& after, uint64_t max) override;

 private:
  struct KeptLog {
    LogState state;
    std::deque<Event> events;
  };
  using Name = std::pair<std::string, std::string>;  // app, and path or name
  using Lane = std::array<std::string, 4>;           // app, client, lane, scope

  void Append(const Batch::Append& append);
  void Trim(const Batch::Trim& trim);
  void WriteReplies(const Batch& batch);
  void WriteMarks(const Batch& batch);
  void RenewEpochs(uint64_t shift);

  mutable std::shared_mutex
      mutex_;  // a commit excludes every read, so a reader sees only whole batches
  std::map<LogKey, KeptLog> logs_;
  std::map<Name, Snapshot> snapshots_;
  std::map<ReplyName, Reply> replies_;
  std::map<Lane, Mark> marks_;
  std::map<Name, Setting> settings_;
};

}  // namespace offing::store
