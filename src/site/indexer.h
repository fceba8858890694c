// Indexer: the site's own thread, for what may take long: scanning the folder and hashing large
// files. Tasks run one after the other in the order of Post.
//
// Limit: `max_waiting` tasks; beyond it Post refuses. What runs at intervals waits behind tasks.
//
// Threading: any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"

namespace offing::site {

class Indexer {
 public:
  explicit Indexer(size_t max_waiting);
  ~Indexer();
  Indexer(const Indexer&) = delete;
  Indexer& operator=(const Indexer&) = delete;

  // kTooMany: nothing was taken; kClosed: after Stop.
  base::Result<void> Post(std::function<void()> task);
  // Calls `task` after `wait`, and then again after what it answered. Once, before the first Post.
  void RunAtIntervals(std::chrono::milliseconds wait,
                      std::function<std::chrono::milliseconds()> task);
  // Finishes the task that runs, drops the others, joins. Idempotent.
  void Stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  void Run();
  bool AwaitWork(std::unique_lock<std::mutex>& lock);

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::function<std::chrono::milliseconds()> at_intervals_;
  Time next_{};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace offing::site
