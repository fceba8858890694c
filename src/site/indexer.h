// Indexer: the site's own thread, for what may take long: scanning the folder and hashing large
// files. Tasks run one after the other in the order of Post.
//
// Limit: `max_waiting` tasks; beyond it Post refuses.
//
// Threading: any thread.
#pragma once

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
  // Finishes the task that runs, drops the others, joins. Idempotent.
  void Stop();

 private:
  void Run();

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace offing::site
