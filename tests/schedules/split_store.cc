// The server with its commit seam taken out: events and what has to be true together with them
// (snapshots, remembered replies) are two commits instead of one. Epochs are not renewed either.
// Linked in the place of OpenSqliteStore; tests/schedules and tests/chaos show that their checkers
// see the difference.
#include <chrono>
#include <thread>
#include <utility>

#include "store/sqlite/sqlite_store.h"

namespace offing::store {

namespace {

constexpr auto kBetween = std::chrono::milliseconds(3);

class SplitStore final : public Store {
 public:
  explicit SplitStore(std::unique_ptr<Store> whole) : whole_(std::move(whole)) {}

  base::Result<void> Commit(const Batch& batch) override {
    Batch events;
    events.appends = batch.appends;
    events.trims = batch.trims;
    if (auto done = whole_->Commit(events); !done) return done;
    std::this_thread::sleep_for(kBetween);
    Batch rest = batch;
    rest.appends.clear();
    rest.trims.clear();
    rest.renew_epochs = 0;
    return whole_->Commit(rest);
  }

  base::Result<std::unique_ptr<Reader>> OpenReader() override { return whole_->OpenReader(); }
  base::Result<std::optional<LogState>> State(const LogKey& log) override {
    return whole_->State(log);
  }
  base::Result<std::optional<Page>> After(const LogKey& log, uint64_t after, uint64_t max_events,
                                          uint64_t max_bytes) override {
    return whole_->After(log, after, max_events, max_bytes);
  }
  base::Result<std::optional<Snapshot>> FindSnapshot(std::string_view app,
                                                     std::string_view path) override {
    return whole_->FindSnapshot(app, path);
  }
  base::Result<std::optional<Reply>> FindReply(const ReplyName& name) override {
    return whole_->FindReply(name);
  }
  base::Result<std::optional<Mark>> FindMark(std::string_view app, std::string_view scope,
                                             std::string_view client,
                                             std::string_view lane) override {
    return whole_->FindMark(app, scope, client, lane);
  }
  store::Totals Totals() const override { return whole_->Totals(); }
  base::Result<std::optional<Setting>> FindSetting(std::string_view app,
                                                   std::string_view name) override {
    return whole_->FindSetting(app, name);
  }
  base::Result<std::vector<LogKey>> Logs(const LogKey& after, uint64_t max) override {
    return whole_->Logs(after, max);
  }

 private:
  const std::unique_ptr<Store> whole_;
};

}  // namespace

// The linker's --wrap gives these names (CMakeLists.txt).
base::Result<std::unique_ptr<Store>> OpenWhole(const std::string& data,
                                               const SqliteOptions& options) asm(OFFING_REAL_OPEN);
base::Result<std::unique_ptr<Store>> OpenSplit(const std::string& data,
                                               const SqliteOptions& options) asm(OFFING_WRAP_OPEN);

base::Result<std::unique_ptr<Store>> OpenSplit(const std::string& data,
                                               const SqliteOptions& options) {
  auto whole = OpenWhole(data, options);
  if (!whole) return std::unexpected(whole.error());
  return std::make_unique<SplitStore>(std::move(*whole));
}

}  // namespace offing::store
