#include "site/encodings.h"

#include <utility>

namespace offing::site {

namespace {

constexpr uint64_t kEntryCost = 256;  // what an entry takes besides its bytes, about

}  // namespace

Encodings::Encodings(EncodingsConfig config, const base::Clock& clock, base::Metrics& metrics)
    : config_(config),
      clock_(clock),
      made_(
          metrics.AddCounter("offing_site_encodings_made_total", "Contents that were compressed.")),
      kept_(metrics.AddGauge("offing_site_encodings_bytes",
                             "Bytes that the compressed contents in memory take.")),
      refused_(metrics.AddCounter(
          "offing_site_encodings_refused_total",
          "Contents sent plain because the memory or the queue for compressed ones was full.")),
      dropped_(metrics.AddCounter("offing_site_encodings_dropped_total",
                                  "Compressed contents that made room for others.")),
      thread_(config.max_waiting) {}

base::SharedBytes Encodings::FindOrMake(const std::string& hash, Coding coding,
                                        uint64_t content_bytes,
                                        const std::function<Source()>& source) {
  const Key key(hash, coding);
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    found->second.used_ms = clock_.SteadyMs();
    by_use_.splice(by_use_.end(), by_use_, found->second.place);
    return found->second.bytes;
  }
  // What is kept in the end is never larger than the content.
  const uint64_t cost = content_bytes + kEntryCost;
  if (!MakeRoom(cost)) {
    refused_.Add();
    return nullptr;
  }
  if (!thread_.Post([this, key, source = source()] { Make(key, source); })) {
    refused_.Add();
    return nullptr;
  }
  entries_.emplace(key,
                   Entry{nullptr, cost, clock_.SteadyMs(), by_use_.insert(by_use_.end(), key)});
  cost_ += cost;
  kept_.Add(cost);
  return nullptr;
}

bool Encodings::MakeRoom(uint64_t cost) {
  if (cost > config_.max_kept_bytes) return false;
  while (cost_ + cost > config_.max_kept_bytes) {
    if (by_use_.empty()) return false;
    const Key oldest = by_use_.front();
    if (clock_.SteadyMs() - entries_.at(oldest).used_ms < config_.keep_ms) return false;
    Remove(oldest);
    dropped_.Add();
  }
  return true;
}

void Encodings::Remove(const Key& key) {
  const auto found = entries_.find(key);
  cost_ -= found->second.cost;
  kept_.Sub(found->second.cost);
  by_use_.erase(found->second.place);
  entries_.erase(found);
}

void Encodings::Make(const Key& key, const Source& source) {
  auto content = source();
  auto encoded = content ? Encode(key.second, *content) : std::move(content);
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;  // it waited too long, and made room
  if (!encoded) return Remove(key);     // the content changed meanwhile: another hash will come
  // Less than a twentieth saved is not worth the reader's work.
  const bool worth = encoded->size() + content->size() / 20 < content->size();
  const uint64_t cost = kEntryCost + (worth ? encoded->size() : 0);
  cost_ -= found->second.cost - cost;
  kept_.Sub(found->second.cost - cost);
  found->second.cost = cost;
  if (!worth) return;
  encoded->shrink_to_fit();
  found->second.bytes = base::MakeShared(std::move(*encoded));
  made_.Add();
}

}  // namespace offing::site
