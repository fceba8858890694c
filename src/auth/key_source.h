// KeySource: the set of public keys that [auth] jwks names, a file or an https URL. One thread
// reads it: at the start, every jwks_refresh_ms, and when a token names a key that is not there,
// at most once in jwks_least_ms. What cannot be read leaves the keys as they were, and a warning.
//
// Limits: kMaxJwksBytes of text, 1,000 who wait for a refresh (then they do not).
//
// Threading: any thread; the keys are immutable, and a new set replaces them whole.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "auth/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "proto/jwks.h"

namespace offing::auth {

class KeySource {
 public:
  struct Deps {
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
  };
  // kInvalidArgument and kIo name [auth] jwks: a URL that is not https, a file that cannot be read
  // or is no set of keys. A URL is read later, by the thread.
  static base::Result<std::unique_ptr<KeySource>> Open(const AuthConfig& config, const Deps& deps);
  ~KeySource();

  std::shared_ptr<const proto::Jwks> keys() const;

  // False: not now, and `then` is dropped. Otherwise it runs on the thread of this object, once the
  // keys were read anew, or could not be.
  bool Refresh(std::function<void()> then);

  // Ends the thread; who waits is dropped.
  void Stop();

 private:
  KeySource(AuthConfig config, const Deps& deps);
  base::Result<proto::Jwks> Read() const;
  void Set(proto::Jwks keys);
  void Run();
  void ReadOnce();
  bool MayAsk() const;

  const AuthConfig config_;
  const Deps deps_;
  base::Counter& read_;
  base::Counter& failed_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const proto::Jwks> keys_ = std::make_shared<const proto::Jwks>();
  std::vector<std::function<void()>> waiting_;
  bool due_ = false;      // a read was asked for, or is the first
  bool reading_ = false;  // one is under way
  int64_t asked_ms_;      // when a token last asked
  std::thread thread_;
};

}  // namespace offing::auth
