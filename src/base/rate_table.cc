#include "base/rate_table.h"

#include <algorithm>
#include <iterator>

namespace offing::base {
namespace {

constexpr uint64_t kOne = 1'000;

}  // namespace

bool RateTable::Take(std::string_view who, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const uint64_t full = limits_.burst * kOne;
  if (const auto found = by_name_.find(who); found != by_name_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    Bucket& bucket = order_.front();
    const auto passed = static_cast<uint64_t>(std::max<int64_t>(0, now_ms - bucket.at_ms));
    bucket.thousandths = std::min(full, bucket.thousandths + passed * limits_.per_second);
    bucket.at_ms = now_ms;
  } else {
    order_.push_front({std::string(who), full, now_ms});
    by_name_.emplace(order_.front().who, order_.begin());
    if (order_.size() > limits_.max) {
      by_name_.erase(order_.back().who);
      order_.pop_back();
    }
  }
  if (order_.empty() || order_.front().thousandths < kOne) return false;
  order_.front().thousandths -= kOne;
  return true;
}

size_t RateTable::size() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace offing::base
