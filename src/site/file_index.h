// FileIndex: the content hash of each file of the site, as long as the file is what it was when it
// was hashed.
//
// A file written within the last instant is not remembered: its next write could leave size and
// modification time as they are, for the file system's clock is coarse.
//
// Limit: `max_files`; beyond it any other file is forgotten (and hashed again when it is needed).
//
// Threading: any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "site/folder.h"

namespace offing::site {

class FileIndex {
 public:
  FileIndex(const base::Clock& clock, size_t max_files) : clock_(clock), max_files_(max_files) {}

  std::optional<std::string> Find(const std::string& path, const FileStamp& stamp) const;
  // Find, or HashFile and remember.
  base::Result<std::string> FindOrHash(const std::string& path, const OpenFile& file);

 private:
  struct Entry {
    FileStamp stamp;
    std::string hash;
  };
  const base::Clock& clock_;
  const size_t max_files_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace offing::site
