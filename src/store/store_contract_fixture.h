// The fixture of the contract suite (store_contract.h): a store that the test program made, and
// short ways to fill and ask it.
//
// Threading: tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace offing::store {

// The store under test, and what it needs for its life (a folder, say).
struct StoreUnderTest {
  std::shared_ptr<void> needs;
  std::unique_ptr<Store> store;
};

class StoreContract : public testing::TestWithParam<StoreUnderTest (*)()> {
 protected:
  static constexpr base::Epoch kEpoch{0x0123456789ab};
  static constexpr uint64_t kAll = 1'000'000;
  const LogKey feed_{"app", "feed"};

  Store& store() { return *under_test_.store; }

  static Batch::Append Event1(const LogKey& log, uint64_t seq, int64_t at_ms, std::string data) {
    return {log, kEpoch, {seq, at_ms, "e", std::move(data)}};
  }
  // Appends `count` events of 10 bytes ("e" and 9 of data) after `head`, a second apart.
  void Fill(const LogKey& log, uint64_t head, uint64_t count) {
    Batch batch;
    for (uint64_t seq = head + 1; seq <= head + count; ++seq) {
      batch.appends.push_back(
          Event1(log, seq, static_cast<int64_t>(seq) * 1'000, std::to_string(100'000'000 + seq)));
    }
    ASSERT_TRUE(store().Commit(batch));
  }
  void Trim(const Retention& retention, int64_t now_ms) {
    Batch batch;
    batch.trims.push_back({feed_, retention, now_ms});
    ASSERT_TRUE(store().Commit(batch));
  }
  LogState StateOf(const LogKey& log) { return store().State(log)->value_or(LogState{}); }
  std::vector<uint64_t> SeqsAfter(uint64_t after, uint64_t max_events, uint64_t max_bytes) {
    auto page = store().After(feed_, after, max_events, max_bytes);
    std::vector<uint64_t> seqs;
    if (!page || !*page) return seqs;
    for (const Event& event : (*page)->events) seqs.push_back(event.seq);
    return seqs;
  }

 private:
  StoreUnderTest under_test_ = GetParam()();
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

}  // namespace offing::store
