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

void Indexer::RunAtIntervals(std::chrono::milliseconds wait,
                             std::function<std::chrono::milliseconds()> task) {
  {
    const std::lock_guard lock(mutex_);
    at_intervals_ = std::move(task);
    next_ = std::chrono::steady_clock::now() + wait;
  }
  changed_.notify_one();
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

// Until there is a task, or the time for the other has come. False: stopping.
bool Indexer::AwaitWork(std::unique_lock<std::mutex>& lock) {
  const auto awake = [this] { return stopping_ || !waiting_.empty(); };
  while (!awake()) {
    if (!at_intervals_) {
      changed_.wait(lock, [&] { return awake() || at_intervals_; });
    } else if (!changed_.wait_until(lock, next_, awake)) {
      return true;
    }
  }
  return !stopping_;
}

void Indexer::Run() {
  std::unique_lock lock(mutex_);
  while (AwaitWork(lock)) {
    if (!waiting_.empty()) {
      auto task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    } else {
      lock.unlock();
      const auto wait = at_intervals_();
      lock.lock();
      next_ = std::chrono::steady_clock::now() + wait;
    }
  }
}

}  // namespace offing::site
