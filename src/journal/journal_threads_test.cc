#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "journal/journal.h"
#include "journal/testing.h"

namespace offing::journal {
namespace {

constexpr int kPublishers = 4;
constexpr int kPublications = 500;
const store::LogKey kShared{"app", "shared"};

class JournalThreads : public testing::Test {
 protected:
  FailableStore store_;
  base::SystemClock clock_;
  crypto::SystemRandom random_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  RecordingListener listener_;
  CountingProjection projection_;
  Journal journal_{{store_, clock_, random_, log_, metrics_,
                    [](const store::LogKey&) { return std::optional(store::Retention{}); }},
                   {}};
};

// Every publisher writes to the log that all share and to one of its own.
TEST_F(JournalThreads, ManyPublishersMakeLogsWithoutHolesInEachOnesOrder) {
  journal_.SetListener(&listener_);
  journal_.AddProjection(&projection_);
  ASSERT_TRUE(journal_.Start());
  std::latch answered(kPublishers * kPublications);
  std::atomic<int> failed = 0;
  std::atomic<int> pages = 0;
  std::vector<std::thread> publishers;
  for (int p = 0; p < kPublishers; ++p) {
    publishers.emplace_back([&, p] {
      const store::LogKey own{"app", "own-" + std::to_string(p)};
      for (int i = 0; i < kPublications; ++i) {
        const std::string data = std::to_string(p) + ":" + std::to_string(i);
        journal_.Append(Events({{kShared, data}, {own, data}}), [&](base::Result<Receipt> result) {
          if (!result || result->positions.size() != 2) failed += 1;
          answered.count_down();
        });
        if (i % 10 == 0) {
          journal_.Read(kShared, 0, 5, 1'000,
                        [&](base::Result<store::Page> page) { pages += page ? 1 : 0; });
        }
      }
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  answered.wait();
  journal_.Stop();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(pages, kPublishers * kPublications / 10);

  std::map<store::LogKey, uint64_t> heads;
  std::map<std::string, int> next;
  for (const Committed& event : listener_.events()) {
    EXPECT_EQ(event.event.seq, ++heads[event.log]);
    if (event.log != kShared) continue;
    const size_t colon = event.event.data.find(':');
    EXPECT_EQ(std::stoi(event.event.data.substr(colon + 1)),
              next[event.event.data.substr(0, colon)]++);
  }
  EXPECT_EQ(heads[kShared], uint64_t{kPublishers * kPublications});
  EXPECT_EQ(heads.size(), size_t{kPublishers + 1});
  EXPECT_EQ(projection_.shown(), 2 * kPublishers * kPublications);
  EXPECT_LE(store_.commits(), size_t{kPublishers * kPublications});
}

TEST_F(JournalThreads, StopAnswersEverybodyWhoWasTaken) {
  ASSERT_TRUE(journal_.Start());
  std::atomic<int> committed = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> publishers;
  std::latch under_way(kPublishers);
  for (int p = 0; p < kPublishers; ++p) {
    publishers.emplace_back([&] {
      for (int i = 0; i < kPublications; ++i) {
        if (i == kPublications / 2) under_way.count_down();
        journal_.Append(Events({{kShared, "x"}}), [&](const base::Result<Receipt>& result) {
          (result ? committed : refused) += 1;
        });
      }
    });
  }
  under_way.wait();
  journal_.Stop();
  for (std::thread& publisher : publishers) publisher.join();
  EXPECT_EQ(committed + refused, kPublishers * kPublications);
  EXPECT_EQ(store_.State(kShared)->value().head, static_cast<uint64_t>(committed.load()));
}

}  // namespace
}  // namespace offing::journal
