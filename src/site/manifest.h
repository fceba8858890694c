// Manifest: what the worker keeps for offline use, each URL with its content hash (spec/worker.md).
// It is every file of the folder that a GET would find, except the folder's own sw.js, source maps,
// compressed forms (FILE.br and FILE.gz beside FILE), what `ignore` names, and what the limits
// leave out; and the page library, without which no page opens offline.
//
// Limits (ManifestConfig): a file that is too large is left out with a warning in the log; so are
// files beyond the count, deeper folders first. The log names ten of them at a time, and how many
// more there are. What `always` names is never left out.
//
// Threading: Scan: one thread at a time. Manifest: immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "site/file_index.h"
#include "site/folder.h"

namespace offing::site {

struct ManifestConfig {
  uint64_t max_file_bytes = 2 << 20;
  size_t max_files = 5'000;
  size_t max_folders = 5'000;
  std::vector<std::string> ignore;  // patterns of paths with their slash
  std::vector<std::string> always;  // files, relative to the folder; those that are not there wait
  // Paths that somebody else answers (a live resource), so that the file is never seen.
  std::function<bool(std::string_view path)> claimed_elsewhere;
};

struct ManifestEntry {
  std::string url;       // percent-encoded as a browser asks for it
  std::string revision;  // FindOrHash

  friend auto operator<=>(const ManifestEntry&, const ManifestEntry&) = default;
};

struct Manifest {
  std::vector<ManifestEntry> entries;  // by url
  std::string precache_json;           // [["/", "REV"], ...]
  std::string digest;                  // of precache_json
};

// The URL under which a file of the folder stands in the list: a folder's for its index.html.
std::string ListedUrl(std::string_view path);
// "/" and `path` with what the URL standard encodes in a path, and '%', percent-encoded.
std::string UrlOf(std::string_view path);

Manifest MakeManifest(std::vector<ManifestEntry> entries);

class ManifestScanner {
 public:
  struct Deps {
    const Folder& folder;
    FileIndex& index;
    const base::Log& log;
    base::Metrics& metrics;
  };
  ManifestScanner(Deps deps, ManifestConfig config);

  // Looks at every file, and reads those that changed since the last time. In no order.
  std::vector<ManifestEntry> Scan();

 private:
  struct Walk;
  void ScanFolder(const std::string& path, Walk& walk);
  void ScanFile(const std::string& path, const OpenFile& file, Walk& walk);
  void AddAlways(Walk& walk);
  bool IsIgnored(const std::string& path) const;
  void AddFile(const std::string& path, const OpenFile& file, Walk& walk);
  void LeaveOut(const std::string& path, std::string why, Walk& walk);
  void Warn(const Walk& walk) const;

  const Deps deps_;
  const ManifestConfig config_;
  std::set<std::string> warned_;  // said once, until the reason is gone
  base::Counter& left_out_;
};

}  // namespace offing::site
