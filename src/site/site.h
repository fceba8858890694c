// Site: serves a folder of static files, and with it what makes the folder an offline app: /sw.js,
// /_offing/worker.js, /_offing/client.js and /_offing/manifest.json (spec/worker.md).
//
//   GET /docs/a.js --> FileServer: from the folder, plain or compressed, whole or in parts
//   GET /sw.js     --> rescan on the indexer's thread if the last is older than a second --> 200
//   what neither has --> the page of [site] spa, the origin, or 404
//
// A file's strong ETag is the hash of its content, and the same hash is its revision in the
// manifest (site/file_server.h, site/file_response.h).
//
// Never served from the folder: what lies outside of it, dot files (but .well-known), anything that
// is not a regular file; HTML in answer to a missing script. A folder is answered with its
// index.html. A folder's own /sw.js stands before the composed one, and so does an origin's.
//
// With an origin (SiteConfig.fallback) it gets what the folder has not and every method but GET and
// HEAD, except below /_offing/; without one the folder's own 404.html stands for missing pages.
//
// Limits (SiteConfig and what it holds): what the index, the manifest and the compressed forms
// hold, and what waits for the indexer (beyond: 503, Retry-After); each has a counter.
//
// Threading: any thread; Handle on the exchange's core.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"
#include "site/answers.h"
#include "site/composer.h"
#include "site/encodings.h"
#include "site/file_server.h"

namespace offing::site {

// Asks the origin. Its answer is passed on unless `declined` says of its head that it shall not;
// then, or when the origin cannot be reached, `otherwise` gets the exchange, on its core.
using AskOrigin =
    std::function<void(std::unique_ptr<http::Exchange> exchange,
                       std::function<bool(const http::Response& head)> declined,
                       std::function<void(std::unique_ptr<http::Exchange>)> otherwise)>;

enum class Compress { kNo, kYes };

// A file that something else counts on. Always in the manifest, whatever the limits say.
struct NeededFile {
  std::string url;      // "/offline.html"
  std::string setting;  // for the error if it is not there: "[fallback] document"
};

struct SiteConfig {
  std::filesystem::path dir;  // empty: no files, only what is composed
  std::string config_head;    // CONFIG without manifest and precache, a JSON object
  // Paths that somebody else answers: their files are not in the manifest. May be empty.
  std::function<bool(std::string_view path)> claimed_elsewhere;

  std::string spa;                 // the URL of the page for unknown paths; empty: none
  std::vector<NeededFile> needed;  // have to be in the folder, unless there is an origin
  Compress compress = Compress::kYes;
  std::vector<std::string> hashed = {"*"};  // site/hashed_names.h
  ExtraHeaders headers;                     // of every answer
  std::vector<std::string> ignore;          // patterns of paths that the manifest leaves out

  // The origin; both or none. Must outlive the site's exchanges.
  http::Handler* fallback = nullptr;
  AskOrigin ask_origin;
  // The files have changed and with them the manifest. On the indexer's thread. May be empty.
  std::function<void(const std::string& digest)> on_manifest_changed;

  uint64_t max_precache_file_bytes = 2'000'000;
  size_t max_precache_files = 5'000;
  size_t max_indexed_files = 100'000;
  FileServerConfig files;
  EncodingsConfig encodings;
  int64_t rescan_after_ms = 1'000;
  std::chrono::milliseconds rescan_interval{2'000};
  size_t max_waiting = 1'000;  // tasks for the indexer
};

enum class Killed { kNo, kYes };

class Site final : public http::Handler {
 public:
  struct Deps {
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
    WorkerParts parts;  // must outlive the site
  };

  // Scans the folder before it returns. kNotFound, kIo: the folder, or a file that is needed;
  // kInvalidArgument: config_head, headers, spa.
  static base::Result<std::unique_ptr<Site>> Open(SiteConfig config, Deps deps);
  ~Site() override;

  // Every path is the site's that nobody before it claims.
  bool Claims(const http::Request&) const { return true; }
  void Handle(std::unique_ptr<http::Exchange> exchange) override;
  // The origin's, for what is meant for it.
  http::BodyMode BodyOf(const http::Request& head) const override;

  // While killed, the composed /sw.js is the safety worker, which takes everything down and leaves.
  void SetKilled(Killed killed);
  // Of the manifest that /sw.js has now.
  std::string ManifestDigest() const;

  // Ends the indexer; requests that wait for it are answered 500, later ones that need it 503.
  void Stop();

 private:
  class Impl;
  explicit Site(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::site
