// Heads: where every log stands, for giving out positions. Read from the store when a log is first
// touched and kept in memory while it is in use; the least recently used go.
//
// Threading: journal thread.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>

#include "base/position.h"
#include "base/result.h"
#include "crypto/random.h"
#include "store/store.h"

namespace offing::journal {

struct LogKeyHash {
  size_t operator()(const store::LogKey& key) const {
    const std::hash<std::string> hash;
    return hash(key.app) * 31 + hash(key.channel);
  }
};

struct Head {
  store::LogKey log;
  base::Epoch epoch = base::kNoEpoch;
  uint64_t seq = 0;
  int64_t at_ms = 0;       // of the newest event
  int64_t trimmed_ms = 0;  // steady time of the last trim
  bool ever_trimmed = false;
};

class Heads {
 public:
  Heads(store::Reader& reader, crypto::Random& random) : reader_(reader), random_(random) {}

  // A log that was never written gets its epoch here; it is born when its first event is committed.
  // The pointer stays valid until Shrink or Forget.
  base::Result<Head*> Open(const store::LogKey& log);
  // The store is to be asked again.
  void Forget(const store::LogKey& log);
  void ForgetAll();
  // Lets go of the least recently used beyond `max`.
  void Shrink(size_t max);
  size_t size() const { return by_log_.size(); }

 private:
  base::Result<Head> Load(const store::LogKey& log);

  store::Reader& reader_;
  crypto::Random& random_;
  std::list<Head> by_use_;  // the most recently used in front
  std::unordered_map<store::LogKey, std::list<Head>::iterator, LogKeyHash> by_log_;
};

}  // namespace offing::journal
