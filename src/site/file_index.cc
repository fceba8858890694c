#include "site/file_index.h"

namespace offing::site {

namespace {

constexpr int64_t kSettledMs = 50;  // more than a file system's clock tick

}  // namespace

std::optional<std::string> FileIndex::Find(const std::string& path, const FileStamp& stamp) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(path);
  if (found == entries_.end() || found->second.stamp != stamp) return std::nullopt;
  return found->second.hash;
}

base::Result<std::string> FileIndex::FindOrHash(const std::string& path, const OpenFile& file) {
  if (auto known = Find(path, file.stamp)) return std::move(*known);
  const int64_t began_ms = clock_.WallMs();
  auto hash = HashFile(file);
  const bool settled = file.stamp.mtime_ns / 1'000'000 + kSettledMs < began_ms;
  if (hash && settled) {
    const std::lock_guard lock(mutex_);
    entries_.insert_or_assign(path, Entry{file.stamp, *hash});
    if (entries_.size() > max_files_) {
      const auto any = entries_.begin();
      entries_.erase(any->first == path ? std::next(any) : any);
    }
  }
  return hash;
}

}  // namespace offing::site
