// Outstanding: which keys are under way, so that each is so once at a time, whatever core its
// request came to. It is also what `offing outbox` shows of them.
//
// Taking a key gives a Turn, which gives it back when it goes; a request whose client has gone away
// keeps its Turn until the origin has answered and the answer is committed.
//
// Limits: GuardConfig::max_outstanding keys and max_outstanding_bytes of what they hold.
//
// Threading: any thread (a lock for each of 64 parts).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/metrics.h"

namespace offing::outbox {

// What is under way, for people.
struct Errand {
  std::string scope;
  std::string key;
  std::string method;
  std::string target;
  std::string client;  // "": it is nobody's entry
  std::string lane;
  int64_t at_ms = 0;
};

class Outstanding {
 public:
  struct Limits {
    size_t keys;
    size_t bytes;
  };
  Outstanding(Limits limits, base::Counter& gauge) : limits_(limits), gauge_(gauge) {}
  Outstanding(const Outstanding&) = delete;
  Outstanding& operator=(const Outstanding&) = delete;

  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept { *this = std::move(other); }
    Turn& operator=(Turn&& other) noexcept;
    ~Turn() { Give(); }
    void Give();
    // So many bytes more are held under this key, until it is given back; false: there is no room.
    bool Hold(size_t bytes);

   private:
    friend class Outstanding;
    Outstanding* table_ = nullptr;
    std::string name_;
    size_t bytes_ = 0;
  };
  enum class Taken { kYes, kUnderWay, kFull };
  // `bytes`: what the request holds meanwhile.
  Taken Take(Errand errand, size_t bytes, Turn& turn);

  // At most `most` of them, the oldest first.
  std::vector<Errand> List(size_t most) const;
  size_t size() const { return keys_.load(std::memory_order_relaxed); }

 private:
  struct Part {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Errand> errands;
  };
  Part& PartOf(const std::string& name);
  bool TakeBytes(size_t bytes);
  void Give(const std::string& name, size_t bytes);

  const Limits limits_;
  base::Counter& gauge_;
  std::array<Part, 64> parts_;
  std::atomic<size_t> keys_{0};
  std::atomic<size_t> bytes_{0};
};

}  // namespace offing::outbox
