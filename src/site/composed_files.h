// ComposedFiles: what the site makes out of its folder: the worker, the manifest; and the watch
// over the folder that they follow.
//
// The folder is scanned when one of them is asked for and the last scan is older than a moment, and
// besides that at intervals, so that open pages hear of a new version soon. The intervals grow with
// what a scan costs: scanning takes two hundredths of the thread's time at most.
//
// Threading: any thread; Rescan on the indexer's thread, or before it has anything to do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "site/composer.h"
#include "site/manifest.h"

namespace offing::site {

class ComposedFiles {
 public:
  struct Deps {
    const base::Clock& clock;
    WorkerParts parts;
    std::string config_head;  // has passed CheckConfigHead
    int64_t fresh_ms;         // how long a scan counts
    // URLs that stand in the list without a revision while the folder does not have them.
    std::vector<std::string> from_origin;
    std::function<void(const std::string& digest)> on_manifest_changed;  // may be empty
  };

  // `scanner`: none without a folder.
  ComposedFiles(Deps deps, std::optional<ManifestScanner> scanner);

  // Scans and composes. Not for the first time it says if the manifest has changed.
  void Rescan();
  // The same, measured: how long to wait until the next time, at least `least`.
  std::chrono::milliseconds RescanAtInterval(std::chrono::milliseconds least);
  bool Stale() const { return deps_.clock.SteadyMs() - scanned_at_ms_ > deps_.fresh_ms; }

  std::shared_ptr<const Composed> Now() const;
  const ComposedFile& client() const { return client_; }
  // What pages may load besides; nullptr: there is no such path.
  const ComposedFile* FindScript(std::string_view path) const;
  const ComposedFile& safety_worker() const { return safety_; }
  // What /_offing/state says where no worker answers it.
  const ComposedFile& state_page() const { return state_; }
  // Of the manifest now.
  std::string Digest() const;

 private:
  const Deps deps_;
  const ComposedFile client_;
  std::vector<std::pair<PageScript, ComposedFile>> scripts_;
  const ComposedFile state_;
  const ComposedFile safety_;
  std::optional<ManifestScanner> scanner_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Composed> composed_;  // guarded by mutex_
  std::string digest_;                        // of its manifest; written with mutex_ held
  std::atomic<int64_t> scanned_at_ms_{0};
};

}  // namespace offing::site
