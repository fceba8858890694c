// RateTable: how much each of many may still do. Everyone has a bucket that holds `burst` and is
// refilled with `per_second`; each Take takes one out.
//
// Limits: `max` buckets; beyond, the one that was asked for least recently goes, and whoever it was
// of begins anew with a full one.
//
// Threading: any thread (a lock).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace offing::base {

class RateTable {
 public:
  struct Limits {
    uint32_t per_second;
    uint32_t burst;
    size_t max;
  };
  explicit RateTable(const Limits& limits) : limits_(limits) {}

  // Whether `who` may, at `now_ms` of the steady clock.
  bool Take(std::string_view who, int64_t now_ms);
  size_t size() const;

 private:
  struct Bucket {
    std::string who;
    uint64_t thousandths;  // of one
    int64_t at_ms;
  };
  using Order = std::list<Bucket>;  // asked for most recently first

  const Limits limits_;
  mutable std::mutex mutex_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> by_name_;  // keys live in the buckets
};

}  // namespace offing::base
