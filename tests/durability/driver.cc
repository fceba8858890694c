// The journal over the SQLite store, driven by lines: what tests/durability kills.
//
//   driver DATA [--synchronous-off]     publishes what it reads:   ID KEY|- CHANNEL=DATA
//   [CHANNEL=DATA...]
//                                       and answers:               ack ID POSITION... | nack ID WHY
//                                       after `ready`
//   driver DATA --dump                  prints everything that is stored:
//                                       log CHANNEL EPOCH FIRST HEAD, event CHANNEL SEQ DATA,
//                                       snapshot CHANNEL POSITION FOLD
//
// A channel whose name begins with "short" keeps 20 events, every other one all. Every channel has
// a snapshot, a running hash of the data of its events, committed with them.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "base/check.h"
#include "journal/journal.h"
#include "store/sqlite/sqlite_store.h"

namespace offing {
namespace {

constexpr uint64_t kFirstFold = 0xcbf29ce484222325;
constexpr uint64_t kPrime = 0x100000001b3;

// FNV-1a over each event's data and a newline.
uint64_t Fold(uint64_t fold, const std::string& data) {
  for (const unsigned char byte : data + "\n") fold = (fold ^ byte) * kPrime;
  return fold;
}

class FoldProjection final : public journal::Projection {
 public:
  void Apply(const journal::Committed& event, store::Reader& reader) override {
    auto it = folds_.find(event.log);
    if (it == folds_.end()) {
      auto stored = reader.FindSnapshot(event.log.app, event.log.channel);
      CHECK(stored, "a snapshot that cannot be read ends the run");
      const uint64_t fold = *stored ? std::stoull((*stored)->body, nullptr, 16) : kFirstFold;
      it = folds_.emplace(event.log, fold).first;
    }
    it->second = Fold(it->second, event.event.data);
    changed_[event.log] = {event.epoch, event.event.seq};
  }
  void Collect(store::Batch& batch) override {
    for (const auto& [log, position] : changed_) {
      batch.snapshots.push_back(
          {log.app, log.channel, position, "fold", fmt::format("{:016x}", folds_.at(log))});
    }
  }
  void OnCommitted() override { changed_.clear(); }
  void OnFailed() override {
    changed_.clear();
    folds_.clear();
  }
  void OnRenewed() override { OnFailed(); }

 private:
  std::map<store::LogKey, uint64_t> folds_;
  std::map<store::LogKey, base::Position> changed_;
};

// One write(2) for a line, so that a kill leaves no half of it behind.
void Say(const std::string& line) {
  const std::string whole = line + "\n";
  CHECK(::write(STDOUT_FILENO, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size()),
        "whoever drives this reads what it says");
}

int Fail(const base::Error& error) {
  std::cerr << error.detail << "\n";
  return 1;
}

std::optional<store::Retention> RetentionOf(const store::LogKey& log) {
  return store::Retention{.events = log.channel.starts_with("short") ? 20u : 0u};
}

journal::Publication ParsePublication(std::istringstream& words) {
  journal::Publication publication;
  std::string key, event;
  words >> key;
  if (key != "-") publication.key = {"1", "", key, "the only fingerprint"};
  while (words >> event) {
    const size_t equals = event.find('=');
    publication.events.push_back({{"1", event.substr(0, equals)}, "e", event.substr(equals + 1)});
  }
  return publication;
}

void Answer(const std::string& id, const base::Result<journal::Receipt>& result) {
  if (!result) return Say("nack " + id + " " + result.error().detail);
  std::string line = "ack " + id;
  for (const base::Position& position : result->positions) {
    line += " " + base::FormatPosition(position);
  }
  Say(line);
}

int Publish(store::Store& store) {
  base::SystemClock clock;
  crypto::SystemRandom random;
  base::Metrics metrics;
  const base::Log log(clock, STDERR_FILENO, base::LogLevel::kInfo);
  FoldProjection projection;
  // Trimming at every chance makes as much happen in a short life as possible.
  journal::Journal journal({store, clock, random, log, metrics, RetentionOf}, {.trim_every_ms = 0});
  journal.AddProjection(&projection);
  if (auto started = journal.Start(); !started) return Fail(started.error());
  Say("ready");
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string id;
    words >> id;
    journal.Append(ParsePublication(words),
                   [id](const base::Result<journal::Receipt>& result) { Answer(id, result); });
  }
  journal.Stop();
  return 0;
}

int Dump(store::Store& store) {
  auto logs = store.Logs({}, 1'000'000);
  if (!logs) return Fail(logs.error());
  for (const store::LogKey& log : *logs) {
    auto page = store.After(log, 0, 1'000'000, ~0ull);
    auto snapshot = store.FindSnapshot(log.app, log.channel);
    if (!page) return Fail(page.error());
    if (!snapshot) return Fail(snapshot.error());
    const store::LogState& state = (*page)->state;
    fmt::print("log {} {} {} {}\n", log.channel, base::FormatEpoch(state.epoch), state.first,
               state.head);
    for (const store::Event& event : (*page)->events) {
      fmt::print("event {} {} {}\n", log.channel, event.seq, event.data);
    }
    if (!*snapshot) continue;
    fmt::print("snapshot {} {} {}\n", log.channel, base::FormatPosition((*snapshot)->position),
               (*snapshot)->body);
  }
  return 0;
}

int Main(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[2] : "";
  // So small that a short life has many checkpoints.
  store::SqliteOptions options{.checkpoint_pages = 60};
  if (mode == "--synchronous-off") options.synchronous = store::sqlite::Synchronous::kOff;
  auto store = store::OpenSqliteStore(argv[1], options);
  if (!store) return Fail(store.error());
  return mode == "--dump" ? Dump(**store) : Publish(**store);
}

}  // namespace
}  // namespace offing

int main(int argc, char** argv) {
  return offing::Main(argc, argv);
}
