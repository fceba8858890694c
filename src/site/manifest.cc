#include "site/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "base/json.h"
#include "crypto/digest.h"
#include "proto/uri.h"
#include "site/content_type.h"
#include "site/encode.h"
#include "site/glob.h"

namespace offing::site {

namespace {

constexpr size_t kMaxNames = 100'000;  // in one folder
constexpr size_t kMaxWarnings = 10;    // of one scan
constexpr std::string_view kIndex = "index.html";

// A compressed form of the file that lies beside it, in a folder with these names (sorted).
bool IsCompressedForm(const std::string& name, const std::vector<std::string>& names) {
  if (!name.ends_with(".br") && !name.ends_with(".gz")) return false;
  const std::string original = name.substr(0, name.size() - 3);
  return IsCompressible(ContentType(original)) && std::ranges::binary_search(names, original);
}

bool IsIndex(std::string_view path) {
  return path == kIndex || path.ends_with("/index.html");
}

}  // namespace

struct ManifestScanner::Walk {
  std::vector<ManifestEntry> entries;
  std::deque<std::string> folders;               // still to be looked at
  std::set<std::pair<uint64_t, uint64_t>> seen;  // folders: a symlink may lead back to one
  std::map<std::string, std::string> left_out;   // and why
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

std::string ListedUrl(std::string_view path) {
  const std::string whole = UrlOf(path);
  return IsIndex(path) ? whole.substr(0, whole.size() - kIndex.size()) : whole;
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
  AddAlways(walk);
  left_out_.Sub(left_out_.value());
  left_out_.Add(walk.left_out.size());
  Warn(walk);
  warned_.clear();
  for (const auto& [path, why] : walk.left_out) warned_.insert(path);
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
    if (child == "_offing" || IsCompressedForm(name, *names)) continue;
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
  if (path == "sw.js" || path.ends_with(".map") || IsIgnored(path)) return;
  if (config_.claimed_elsewhere && config_.claimed_elsewhere(ListedUrl(path))) return;
  if (std::ranges::find(config_.always, path) != config_.always.end()) return;  // AddAlways
  if (file.stamp.size > config_.max_file_bytes) {
    LeaveOut(path,
             fmt::format("it has {} bytes and [site] precache_file is {}; raise it, or name the "
                         "file in [site] ignore",
                         file.stamp.size, config_.max_file_bytes),
             walk);
    return;
  }
  if (walk.entries.size() >= config_.max_files) {
    LeaveOut(path + " and what comes after it",
             fmt::format("there are more than {} files; raise [site] precache_files, or name what "
                         "nobody needs offline in [site] ignore",
                         config_.max_files),
             walk);
    walk.full = true;
    return;
  }
  AddFile(path, file, walk);
}

void ManifestScanner::AddFile(const std::string& path, const OpenFile& file, Walk& walk) {
  auto hash = deps_.index.FindOrHash(path, file);
  if (!hash) {
    LeaveOut(path, hash.error().detail, walk);
    return;
  }
  walk.entries.push_back({ListedUrl(path), std::move(*hash)});
}

void ManifestScanner::AddAlways(Walk& walk) {
  for (const std::string& path : config_.always) {
    const auto file = deps_.folder.OpenAt(path);
    if (file && file->kind == FileKind::kFile) AddFile(path, *file, walk);
  }
}

bool ManifestScanner::IsIgnored(const std::string& path) const {
  return std::ranges::any_of(config_.ignore, [&path](const std::string& pattern) {
    return GlobMatches(pattern, "/" + path);
  });
}

void ManifestScanner::LeaveOut(const std::string& path, std::string why, Walk& walk) {
  walk.left_out.emplace(path, std::move(why));
}

void ManifestScanner::Warn(const Walk& walk) const {
  size_t unsaid = 0;
  for (size_t said = 0; const auto& [path, why] : walk.left_out) {
    if (warned_.contains(path)) continue;
    if (said++ < kMaxWarnings) {
      deps_.log.Warning(fmt::format("{} is not kept for offline use: {}", path, why));
    } else {
      ++unsaid;
    }
  }
  if (unsaid == 0) return;
  deps_.log.Warning(
      fmt::format("and {} more files are not kept for offline use: raise [site] precache_file, or "
                  "name them in [site] ignore",
                  unsaid));
}

}  // namespace offing::site
