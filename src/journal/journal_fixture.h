// The fixture of the journal's tests: a journal that is cranked by hand over a store in memory.
//
// Threading: tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/testing.h"

namespace offing::journal {

inline const store::LogKey kFeed{"app", "feed"};
inline const store::LogKey kNews{"app", "news"};

class JournalTest : public testing::Test {
 protected:
  using Outcome = std::optional<base::Result<Receipt>>;

  Journal& journal() {
    if (!journal_) journal_ = Make();
    return *journal_;
  }
  std::unique_ptr<Journal> Make() {
    auto made = std::make_unique<Journal>(
        Journal::Deps{store_, clock_, random_, log_, metrics_,
                      [this](const store::LogKey&) { return std::optional(retention_); }},
        config_);
    made->SetListener(&listener_);
    return made;
  }
  // The outcome is filled in when the answer comes.
  std::shared_ptr<Outcome> Append(Publication publication) {
    auto outcome = std::make_shared<Outcome>();
    journal().Append(std::move(publication),
                     [outcome](base::Result<Receipt> result) { *outcome = std::move(result); });
    return outcome;
  }
  Receipt Publish(Publication publication) {
    auto outcome = Append(std::move(publication));
    journal().Crank();
    EXPECT_TRUE(*outcome && **outcome);
    return *outcome && **outcome ? ***outcome : Receipt{};
  }
  std::vector<store::Event> EventsOf(const store::LogKey& log) {
    auto page = store_.After(log, 0, 1'000'000, ~0ull);
    return *page ? (*page)->events : std::vector<store::Event>{};
  }
  std::vector<uint64_t> SeqsOf(const store::LogKey& log) {
    std::vector<uint64_t> seqs;
    for (const store::Event& event : EventsOf(log)) seqs.push_back(event.seq);
    return seqs;
  }

  FailableStore store_;
  base::FakeClock clock_;
  CountingRandom random_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  store::Retention retention_;
  JournalConfig config_;
  RecordingListener listener_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace offing::journal
