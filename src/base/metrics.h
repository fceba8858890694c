// Metrics: named counters. Everything that is fed from outside has a limit, and each time a limit
// bites a counter moves; GET /_offing/metrics prints them all in Prometheus' text format.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace offing::base {

// Threading: any thread (relaxed atomics; a reader sees a recent value).
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void Sub(uint64_t n = 1) { value_.fetch_sub(n, std::memory_order_relaxed); }  // gauges only
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Modules add their counters while the server is put together, and keep the references; they stay
// valid for the life of the Metrics. Threading: Add* at start-up only; Render any thread.
class Metrics {
 public:
  // `name` in Prometheus' style, e.g. "offing_http_requests_total"; `help` is one sentence. Adding
  // a name again gives the same counter: cores share theirs.
  Counter& AddCounter(std::string name, std::string help);
  Counter& AddGauge(std::string name, std::string help);
  std::string Render() const;

 private:
  struct Entry {
    std::string name;
    std::string help;
    std::string_view type;
    Counter counter;
  };
  Counter& Add(std::string name, std::string help, std::string_view type);
  std::deque<Entry> entries_;
};

}  // namespace offing::base
