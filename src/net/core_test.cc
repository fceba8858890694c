#include "net/core.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/test_peer.h"

namespace offing::net {
namespace {

class CoreTest : public testing::Test {
 protected:
  base::SystemClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  Core core_{0, {log_, metrics_}};
};

TEST_F(CoreTest, RunsPostedFunctionsInOrderAndNeverInsideTheCall) {
  std::string order;
  core_.Post([&] {
    order += '1';
    core_.Post([&] { order += '3'; });
    order += '2';
  });
  EXPECT_EQ(order, "");
  Settle(core_);
  EXPECT_EQ(order, "123");
}

TEST_F(CoreTest, RunsDeferredFunctionsAfterWhatIsReady) {
  std::string order;
  core_.Post([&] {
    core_.Defer([&] { order += 'd'; });
    core_.Defer([&] { order += 'e'; });
    order += 'a';
  });
  core_.Post([&] { order += 'b'; });
  Settle(core_);
  EXPECT_EQ(order, "abde");
}

TEST_F(CoreTest, ADeferredFunctionMayDeferAnother) {
  std::string order;
  core_.Defer([&] { core_.Defer([&] { order += "later"; }); });
  Settle(core_);
  EXPECT_EQ(order, "later");
}

TEST_F(CoreTest, KeepsTheOrderOfEachThreadThatPosts) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  std::vector<std::vector<int>> seen(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) core_.Post([&seen, t, i] { seen[t].push_back(i); });
    });
  }
  const bool all = CrankUntil(core_, [&] {
    size_t count = 0;
    for (const auto& list : seen) count += list.size();
    return count == kThreads * kEach;
  });
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(all);
  for (const auto& list : seen) EXPECT_TRUE(std::ranges::is_sorted(list));
}

TEST_F(CoreTest, RunsOnTheThreadThatCallsRunUntilItIsStopped) {
  bool inside = false;
  std::thread thread([&] { core_.Run(); });
  core_.Post([&] { inside = core_.OnThisThread(); });
  core_.Stop();
  thread.join();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(core_.OnThisThread());
}

TEST_F(CoreTest, ATimerRunsOnceAndARepeatingOneAgain) {
  int once = 0;
  int often = 0;
  const auto a = core_.After(1, [&] { ++once; });
  const auto b = core_.Every(1, [&] { ++often; });
  EXPECT_TRUE(CrankUntil(core_, [&] { return often >= 3; }));
  EXPECT_EQ(once, 1);
}

TEST_F(CoreTest, ATimerThatIsDestroyedDoesNotRunEvenIfItIsDue) {
  int ran = 0;
  std::unique_ptr<Timer> first;
  std::unique_ptr<Timer> second;
  const auto either = [&] {
    ++ran;
    first.reset();
    second.reset();
  };
  first = core_.After(0, either);
  second = core_.After(0, either);
  EXPECT_TRUE(CrankUntil(core_, [&] { return ran > 0; }));
  Settle(core_);
  EXPECT_EQ(ran, 1);
}

TEST_F(CoreTest, FunctionsThatNeverRanAreDestroyedWithTheCore) {
  const auto token = std::make_shared<int>(0);
  {
    Core core(1, {log_, metrics_});
    core.Post([token] {});
    core.Defer([token] {});
    const auto timer = core.After(60'000, [token] {});
    EXPECT_EQ(token.use_count(), 4);
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace offing::net
