// Answers: what the app's own server said about a cookie, kept for a short while, under a digest of
// what it was shown; and who waits for it to say so. While one is asked for, nobody asks again.
//
// Limits: answers kept (the oldest goes; offing_auth_answers_evicted_total) and questions under way
// (kUnavailable; offing_auth_origin_refused_total). Errors are told to who waits and not kept.
//
// Threading: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auth/identity.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/core.h"

namespace offing::auth {

class Answers {
 public:
  using Who = std::optional<Identity>;
  using Done = std::function<void(base::Result<Who>)>;
  struct Limits {
    size_t kept;
    size_t asking;
    int64_t keep_ms;
  };

  Answers(Limits limits, const base::Clock& clock, base::Metrics& metrics);

  // kTold: `done` was called. kWaiting: it will be, on `core`, because somebody asks already.
  // kAsk: likewise, and it is the caller who must ask and then Tell, whatever comes of it.
  enum class Step : uint8_t { kTold, kWaiting, kAsk };
  Step Find(const std::string& digest, net::Core& core, Done done);
  // Calls back who waits: on this core at once, on others by a post.
  void Tell(const std::string& digest, const base::Result<Who>& answer);
  // Forgets who waits, when nobody will answer any more.
  void Drop();

 private:
  struct Waiter {
    net::Core* core;
    Done done;
  };
  struct Kept {
    Who who;
    int64_t until_ms;
  };
  void Keep(const std::string& digest, const Who& who);  // under the lock

  const Limits limits_;
  const base::Clock& clock_;
  base::Counter& hits_;
  base::Counter& asked_;
  base::Counter& refused_;
  base::Counter& failed_;
  base::Counter& evicted_;
  std::mutex mutex_;
  std::unordered_map<std::string, Kept> kept_;
  std::deque<std::string> order_;  // of kept_, the oldest first
  std::unordered_map<std::string, std::vector<Waiter>> asking_;
};

}  // namespace offing::auth
