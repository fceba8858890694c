#include "site/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/json.h"
#include "crypto/digest.h"
#include "proto/uri.h"

namespace offing::site {

namespace {

constexpr size_t kMaxNames = 100'000;  // in one folder
constexpr std::string_view kIndex = "index.html";

bool IsIndex(std::string_view path) {
  return path == kIndex || path.ends_with("/index.html");
}

}  // namespace

struct ManifestScanner::Walk {
  std::vector<ManifestEntry> entries;
  std::deque<std::string> folders;               // still to be looked at
  std::set<std::pair<uint64_t, uint64_t>> seen;  // folders: a symlink may lead back to one
  std::set<std::string> left_out;
  bool full = false;
};

std::string UrlOf(std::string_view path) {
  std::string url = "/";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte > 0x20 && byte < 0x7F &&
                       std::string_view("\"#%<>?`{}").find(c) == std::string_view::npos;
    if (plain) {
      url += c;
    } else {
      url += fmt::format("%{:02X}", byte);
    }
  }
  return url;
}

Manifest MakeManifest(std::vector<ManifestEntry> entries) {
  std::ranges::sort(entries);
  base::Json list = base::Json::array();
  for (const ManifestEntry& entry : entries) {
    list.push_back(base::Json::array({entry.url, entry.revision}));
  }
  std::string text = base::DumpJson(list);
  std::string digest = crypto::Sha256Hex(text).substr(0, 32);
  return Manifest{std::move(entries), std::move(text), std::move(digest)};
}

ManifestScanner::ManifestScanner(Deps deps, ManifestConfig config)
    : deps_(deps),
      config_(std::move(config)),
      left_out_(deps.metrics.AddGauge(
          "offing_site_precache_left_out",
          "Files that the precache manifest leaves out because of a limit or an error.")) {}

std::vector<ManifestEntry> ManifestScanner::Scan() {
  Walk walk;
  walk.folders.emplace_back();
  if (const auto root = deps_.folder.OpenAt("")) {
    walk.seen.emplace(root->stamp.device, root->stamp.inode);
  }
  // Folders breadth first, so that the limit of count cuts off the deepest.
  for (size_t visited = 0; !walk.folders.empty() && !walk.full; ++visited) {
    const std::string path = std::move(walk.folders.front());
    walk.folders.pop_front();
    if (visited >= config_.max_folders) {
      LeaveOut(path + "/", "there are too many folders", walk);
      break;
    }
    ScanFolder(path, walk);
  }
  left_out_.Sub(left_out_.value());
  left_out_.Add(walk.left_out.size());
  warned_ = std::move(walk.left_out);
  return std::move(walk.entries);
}

void ManifestScanner::ScanFolder(const std::string& path, Walk& walk) {
  auto names = deps_.folder.List(path, kMaxNames);
  if (!names) {
    LeaveOut(path + "/", names.error().detail, walk);
    return;
  }
  for (const std::string& name : *names) {
    if (walk.full) return;
    const std::string child = path.empty() ? name : path + "/" + name;
    // What no GET can ask for is not opened either (".git").
    if (const auto asked = proto::FilePath(UrlOf(child)); !asked || *asked != child) continue;
    if (child == "_offing") continue;
    auto file = deps_.folder.OpenAt(child);
    if (!file) continue;
    if (file->kind == FileKind::kFile) {
      ScanFile(child, *file, walk);
    } else if (file->kind == FileKind::kFolder &&
               walk.seen.emplace(file->stamp.device, file->stamp.inode).second) {
      walk.folders.push_back(child);
    }
  }
}

void ManifestScanner::ScanFile(const std::string& path, const OpenFile& file, Walk& walk) {
  if (path == "sw.js" || path.ends_with(".map")) return;
  const std::string whole = UrlOf(path);
  const std::string url = IsIndex(path) ? whole.substr(0, whole.size() - kIndex.size()) : whole;
  if (config_.claimed_elsewhere && config_.claimed_elsewhere(url)) return;
  if (file.stamp.size > config_.max_file_bytes) {
    LeaveOut(
        path,
        fmt::format("it has {} bytes and the limit is {}", file.stamp.size, config_.max_file_bytes),
        walk);
    return;
  }
  if (walk.entries.size() >= config_.max_files) {
    LeaveOut(path + " and what comes after it",
             fmt::format("there are more than {} files", config_.max_files), walk);
    walk.full = true;
    return;
  }
  auto hash = deps_.index.FindOrHash(path, file);
  if (!hash) {
    LeaveOut(path, hash.error().detail, walk);
    return;
  }
  walk.entries.push_back({url, std::move(*hash)});
}

void ManifestScanner::LeaveOut(const std::string& path, std::string_view why, Walk& walk) {
  if (!warned_.contains(path)) {
    deps_.log.Warning(fmt::format("{} is not kept for offline use: {}", path, why));
  }
  walk.left_out.insert(path);
}

}  // namespace offing::site
