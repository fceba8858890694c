#include "journal/heads.h"

#include <utility>

namespace offing::journal {
namespace {

constexpr uint64_t kEpochBits = 48;

base::Epoch NewEpoch(crypto::Random& random) {
  for (;;) {
    const uint64_t bits = random.U64() >> (64 - kEpochBits);
    if (bits != 0) return base::Epoch{bits};
  }
}

}  // namespace

base::Result<Head*> Heads::Open(const store::LogKey& log) {
  if (const auto it = by_log_.find(log); it != by_log_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, it->second);
    return &by_use_.front();
  }
  auto head = Load(log);
  if (!head) return std::unexpected(head.error());
  by_use_.push_front(std::move(*head));
  by_log_.emplace(log, by_use_.begin());
  return &by_use_.front();
}

base::Result<Head> Heads::Load(const store::LogKey& log) {
  Head head{.log = log};
  auto state = reader_.State(log);
  if (!state) return std::unexpected(state.error());
  if (!*state) {
    head.epoch = NewEpoch(random_);
    return head;
  }
  head.epoch = (*state)->epoch;
  head.seq = (*state)->head;
  if (head.seq == 0) return head;
  // The newest event is always kept; its time is the least that the next one may have.
  auto newest = reader_.After(log, head.seq - 1, 1, 0);
  if (!newest) return std::unexpected(newest.error());
  if (!*newest || (*newest)->events.empty()) {
    return base::Fail(base::Code::kCorrupt,
                      "the log of channel " + log.channel + " has lost its newest event");
  }
  head.at_ms = (*newest)->events.front().at_ms;
  return head;
}

void Heads::Forget(const store::LogKey& log) {
  const auto it = by_log_.find(log);
  if (it == by_log_.end()) return;
  by_use_.erase(it->second);
  by_log_.erase(it);
}

void Heads::ForgetAll() {
  by_log_.clear();
  by_use_.clear();
}

void Heads::Shrink(size_t max) {
  while (by_log_.size() > max) {
    by_log_.erase(by_use_.back().log);
    by_use_.pop_back();
  }
}

}  // namespace offing::journal
