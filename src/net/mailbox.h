// Mailbox: functions on their way to a core, from any thread. One lock to put one in, one wake-up
// for as many as come before the core looks; the core takes them all at once.
//
// Threading: any thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace offing::net {

class Mailbox {
 public:
  using Task = std::function<void()>;

  enum class Wake { kNeeded, kUnderWay };
  // kNeeded: this is the first since TakeAll, so the core must be woken.
  Wake Put(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    return tasks_.size() == 1 ? Wake::kNeeded : Wake::kUnderWay;
  }
  std::vector<Task> TakeAll() {
    const std::lock_guard lock(mutex_);
    return std::exchange(tasks_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Task> tasks_;
};

}  // namespace offing::net
