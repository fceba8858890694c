#include "site/indexer.h"

#include <utility>

namespace offing::site {

Indexer::Indexer(size_t max_waiting) : max_waiting_(max_waiting), thread_([this] { Run(); }) {}

Indexer::~Indexer() {
  Stop();
}

base::Result<void> Indexer::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return base::Fail(base::Code::kClosed, "the site is stopping");
    if (waiting_.size() >= max_waiting_) {
      return base::Fail(base::Code::kTooMany, "too much waits for the site's thread");
    }
    waiting_.push_back(std::move(task));
  }
  changed_.notify_one();
  return {};
}

void Indexer::Stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Indexer::Run() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    task();
  }
}

}  // namespace offing::site
