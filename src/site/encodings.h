// Encodings: compressed forms of the site's contents, made once, on a thread of their own, and kept
// in memory by content hash. A request never waits for one: it is answered plain until it is there.
//
// Limits (EncodingsConfig): the bytes that are kept (what was not asked for within keep_ms makes
// room, the longest unused first; if nothing can, nothing is made), the size of what is compressed,
// and how much waits to be. Each has a counter. What compression does not make smaller is
// remembered, and counts too.
//
// Threading: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "site/encode.h"
#include "site/indexer.h"

namespace offing::site {

struct EncodingsConfig {
  uint64_t max_kept_bytes = 64 << 20;
  uint64_t min_content_bytes = 1 << 10;
  uint64_t max_content_bytes = 4 << 20;
  size_t max_waiting = 256;
  int64_t keep_ms = 60'000;
};

class Encodings {
 public:
  // Gives the content, on the thread of the encodings.
  using Source = std::function<base::Result<std::string>()>;

  Encodings(EncodingsConfig config, const base::Clock& clock, base::Metrics& metrics);

  bool Fits(uint64_t content_bytes) const {
    return content_bytes >= config_.min_content_bytes && content_bytes <= config_.max_content_bytes;
  }
  // The content with `hash`, of a size that Fits, in `coding`. nullptr: not there; then it is being
  // made from `source`, unless it was found not to be worth it or a limit forbids it.
  base::SharedBytes FindOrMake(const std::string& hash, Coding coding, uint64_t content_bytes,
                               const std::function<Source()>& source);

  // Finishes what is being made; nothing is made after it. Idempotent.
  void Stop() { thread_.Stop(); }

 private:
  using Key = std::pair<std::string, Coding>;
  struct Entry {
    base::SharedBytes bytes;  // null: on its way, or not worth it
    uint64_t cost;
    int64_t used_ms;
    std::list<Key>::iterator place;
  };
  bool MakeRoom(uint64_t cost);
  void Remove(const Key& key);
  void Make(const Key& key, const Source& source);

  const EncodingsConfig config_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::list<Key> by_use_;  // the longest unused first
  uint64_t cost_ = 0;
  base::Counter& made_;
  base::Counter& kept_;
  base::Counter& refused_;
  base::Counter& dropped_;
  Indexer thread_;  // last: it ends before the rest goes
};

}  // namespace offing::site
