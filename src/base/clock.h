// Clock: the only way the program learns what time it is, so that a test can turn the hands itself.
#pragma once

#include <atomic>
#include <cstdint>

namespace offing::base {

// Threading: any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC; may jump when somebody sets the machine's clock.
  virtual int64_t WallMs() const = 0;
  // Milliseconds from an arbitrary start; never goes back.
  virtual int64_t SteadyMs() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t WallMs() const override;
  int64_t SteadyMs() const override;
};

// For tests: stands still until Advance() is called.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}
  int64_t WallMs() const override { return wall_ms_.load(); }
  int64_t SteadyMs() const override { return steady_ms_.load(); }
  void Advance(int64_t ms) {
    wall_ms_ += ms;
    steady_ms_ += ms;
  }

 private:
  std::atomic<int64_t> wall_ms_;
  std::atomic<int64_t> steady_ms_{0};
};

}  // namespace offing::base
