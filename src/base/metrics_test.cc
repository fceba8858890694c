#include "base/metrics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace offing::base {
namespace {

TEST(Metrics, RendersCountersAndGaugesInTheOrderOfTheirAddition) {
  Metrics metrics;
  Counter& requests = metrics.AddCounter("offing_requests_total", "Requests that came.");
  Counter& open = metrics.AddGauge("offing_open", "Connections open now.");
  requests.Add();
  requests.Add(41);
  open.Add(3);
  open.Sub();
  EXPECT_EQ(metrics.Render(),
            "# HELP offing_requests_total Requests that came.\n"
            "# TYPE offing_requests_total counter\n"
            "offing_requests_total 42\n"
            "# HELP offing_open Connections open now.\n"
            "# TYPE offing_open gauge\n"
            "offing_open 2\n");
}

TEST(Metrics, KeepsReferencesValidWhileMoreAreAdded) {
  Metrics metrics;
  Counter& first = metrics.AddCounter("first", "First.");
  for (int i = 0; i < 1000; ++i) metrics.AddCounter("c" + std::to_string(i), "More.");
  first.Add(7);
  EXPECT_TRUE(metrics.Render().starts_with("# HELP first First.\n# TYPE first counter\nfirst 7\n"));
}

TEST(Counter, LosesNothingBetweenThreads) {
  Counter counter;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10'000; ++n) counter.Add();
      });
    }
  }
  EXPECT_EQ(counter.value(), 40'000U);
}

}  // namespace
}  // namespace offing::base
