// HashedNames: which files may be kept by browsers for ever, because their name holds a hash of
// their content and so a new content comes under a new name.
//
// A name holds one if it ends, before its extension, in
//   -XXXXXXXX or .XXXXXXXX   exactly 8 letters and digits, with a letter, a digit, and no look of a
//                            word with a number: it changes between small letters, capitals and
//                            digits three times at least (Vite, Rollup: index-BhJ3k9x1.js)
//   -HEX or .HEX             8 to 64 hexadecimal digits, small, under the same conditions (webpack:
//                            app.3f2a9c1d.css)
// A pattern of one's own ("/assets/*") is one's word that such names there are hashed: below it
// also 8 characters with '-' and '_', of which one is a digit or a capital (index-DiwrgTda.js).
//
// Never for HTML, nor /sw.js. A file that changes its content under its name is no hashed file: it
// is remembered as one that may not be kept, with a warning.
//
// Limit: `max_files` are remembered; beyond it a file may not be kept, which is counted.
//
// Threading: any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"

namespace offing::site {

enum class NameRule { kStrict, kTrusted };  // for "*", or below a pattern of one's own
bool HoldsContentHash(std::string_view path, NameRule rule);

class HashedNames {
 public:
  // `patterns`: of paths with their slash; "*" is every path under the strict rule.
  HashedNames(std::vector<std::string> patterns, size_t max_files, const base::Log& log,
              base::Metrics& metrics);

  // True iff the file may be kept for ever. `hash` is its content's now.
  bool MayBeKept(const std::string& path, std::string_view content_type, const std::string& hash);

 private:
  struct Seen {
    std::string hash;
    bool changed = false;
  };
  bool IsHashed(std::string_view path) const;

  const std::vector<std::string> patterns_;
  const size_t max_files_;
  const base::Log& log_;
  base::Counter& forgotten_;
  std::mutex mutex_;
  std::unordered_map<std::string, Seen> seen_;
};

}  // namespace offing::site
