#include "site/hashed_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "site/glob.h"

namespace offing::site {

namespace {

constexpr size_t kShortHash = 8;
constexpr size_t kLongestHash = 64;
constexpr int kLeastChanges = 3;

enum class Kind { kDigit, kSmall, kCapital, kOther };

Kind KindOf(char c) {
  if (c >= '0' && c <= '9') return Kind::kDigit;
  if (c >= 'a' && c <= 'z') return Kind::kSmall;
  if (c >= 'A' && c <= 'Z') return Kind::kCapital;
  return Kind::kOther;
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// "IMG12345" and "chapter1" change once, "BhJ3k9x1" seven times.
bool LooksRandom(std::string_view text) {
  bool digit = false;
  bool letter = false;
  int changes = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const Kind kind = KindOf(text[i]);
    if (kind == Kind::kOther) return false;
    (kind == Kind::kDigit ? digit : letter) = true;
    if (i > 0 && kind != KindOf(text[i - 1])) ++changes;
  }
  return digit && letter && changes >= kLeastChanges;
}

bool IsStrictHash(std::string_view text) {
  const bool hex =
      text.size() >= kShortHash && text.size() <= kLongestHash && std::ranges::all_of(text, IsHex);
  return (hex || text.size() == kShortHash) && LooksRandom(text);
}

// The last eight characters of `stem`, behind '-' or '.', in base64's alphabet for URLs.
bool EndsInTrustedHash(std::string_view stem) {
  if (stem.size() < kShortHash + 2) return false;
  const char separator = stem[stem.size() - kShortHash - 1];
  if (separator != '-' && separator != '.') return false;
  bool telling = false;
  for (const char c : stem.substr(stem.size() - kShortHash)) {
    const Kind kind = KindOf(c);
    if (kind == Kind::kOther && c != '-' && c != '_') return false;
    telling = telling || kind == Kind::kDigit || kind == Kind::kCapital;
  }
  return telling;
}

}  // namespace

bool HoldsContentHash(std::string_view path, NameRule rule) {
  std::string_view stem = path.substr(path.rfind('/') + 1);
  if (stem.ends_with(".map")) stem.remove_suffix(4);
  const size_t dot = stem.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == stem.size()) return false;
  stem = stem.substr(0, dot);
  const size_t separator = stem.find_last_of("-.");
  if (separator != std::string_view::npos && separator > 0 &&
      IsStrictHash(stem.substr(separator + 1))) {
    return true;
  }
  return rule == NameRule::kTrusted && EndsInTrustedHash(stem);
}

HashedNames::HashedNames(std::vector<std::string> patterns, size_t max_files, const base::Log& log,
                         base::Metrics& metrics)
    : patterns_(std::move(patterns)),
      max_files_(max_files),
      log_(log),
      forgotten_(metrics.AddCounter(
          "offing_site_hashed_forgotten_total",
          "Answers without immutable because too many files with hashed names are known.")) {}

bool HashedNames::IsHashed(std::string_view path) const {
  return std::ranges::any_of(patterns_, [path](const std::string& pattern) {
    const NameRule rule = pattern == "*" ? NameRule::kStrict : NameRule::kTrusted;
    return GlobMatches(pattern, path) && HoldsContentHash(path, rule);
  });
}

bool HashedNames::MayBeKept(const std::string& path, std::string_view content_type,
                            const std::string& hash) {
  if (path == "sw.js" || content_type.starts_with("text/html") ||
      content_type.starts_with("application/xhtml")) {
    return false;
  }
  if (!IsHashed("/" + path)) return false;
  const std::lock_guard lock(mutex_);
  auto found = seen_.find(path);
  if (found == seen_.end()) {
    if (seen_.size() >= max_files_) {
      forgotten_.Add();
      return false;
    }
    found = seen_.emplace(path, Seen{hash}).first;
  }
  Seen& seen = found->second;
  if (!seen.changed && seen.hash != hash) {
    seen.changed = true;
    log_.Warning(fmt::format(
        "{} looks like a name with a content hash in it, but its content changed: browsers that "
        "have it may keep the old one for a year; from now on it is sent with no-cache. Leave it "
        "out with [site] hashed",
        path));
  }
  return !seen.changed;
}

}  // namespace offing::site
