// Site: serves a folder of static files, and with it what makes the folder an offline app: /sw.js,
// /_offing/worker.js, /_offing/client.js and /_offing/manifest.json (spec/worker.md).
//
//   GET /docs/a.js --> FilePath --> Folder (beneath, or refused) --> FileIndex --> 200, ETag = hash
//   GET /sw.js     --> rescan on the indexer's thread if the last is older than a second --> 200
//
// A file's strong ETag is the hash of its content, and the same hash is its revision in the
// manifest. The bytes that are sent are those of the descriptor that was hashed. Small files are
// hashed where they are asked for, large ones by the indexer while the request waits.
//
// Never served: what lies outside of the folder, dot files (but .well-known), anything that is not
// a regular file; HTML in answer to a missing script. A folder is answered with its index.html, and
// its own 404.html stands for missing pages. A folder's own /sw.js stands before the composed one.
//
// Limits (SiteConfig): what the index and the manifest hold, and what waits for the indexer
// (beyond: 503, Retry-After); each has a counter.
//
// Threading: any thread; Handle on the exchange's core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"
#include "site/composer.h"
#include "site/folder.h"

namespace offing::site {

struct SiteConfig {
  std::filesystem::path dir;  // empty: no files, only what is composed
  std::string config_head;    // CONFIG without manifest and precache, a JSON object
  // Paths that somebody else answers: their files are not in the manifest. May be empty.
  std::function<bool(std::string_view path)> claimed_elsewhere;

  uint64_t max_precache_file_bytes = 2 << 20;
  size_t max_precache_files = 5'000;
  size_t max_indexed_files = 100'000;
  uint64_t small_file_bytes = 256 << 10;  // hashed on the core
  int64_t rescan_after_ms = 1'000;
  size_t max_waiting = 1'000;  // tasks for the indexer
};

class Site final : public http::Handler {
 public:
  struct Deps {
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
    WorkerParts parts;  // must outlive the site
  };

  // Scans the folder before it returns. kNotFound, kIo: the folder; kInvalidArgument: config_head.
  static base::Result<std::unique_ptr<Site>> Open(SiteConfig config, Deps deps);
  ~Site() override;

  // Every path is the site's that nobody before it claims.
  bool Claims(const http::Request&) const { return true; }
  void Handle(std::unique_ptr<http::Exchange> exchange) override;

  // Ends the indexer; requests that wait for it are answered 500, later ones that need it 503.
  void Stop();

 private:
  class Impl;
  explicit Site(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::site
