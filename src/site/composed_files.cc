#include "site/composed_files.h"

#include <algorithm>
#include <utility>

namespace offing::site {

namespace {

constexpr int kRestPerWork = 50;  // so many times as long as a scan took, the next one waits

constexpr std::string_view kStatePage =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content=\"width=device-width\">"
    "<meta name=color-scheme content=\"light dark\"><title>Offing</title><h1>Offing</h1>"
    "<p>The server is here, but no worker answers for this page: open a page of the app first, "
    "by https or on localhost, and do not reload this one with Shift.</p>\n";

ComposedFile StatePage() {
  ComposedFile page = ComposeScript(std::string(kStatePage));
  page.content_type = "text/html; charset=utf-8";
  return page;
}

}  // namespace

ComposedFiles::ComposedFiles(Deps deps, std::optional<ManifestScanner> scanner)
    : deps_(std::move(deps)),
      client_(ComposeScript(std::string(deps_.parts.client))),
      state_(StatePage()),
      safety_(ComposeScript(std::string(deps_.parts.safety))),
      scanner_(std::move(scanner)) {
  for (const PageScript& script : deps_.parts.scripts) {
    if (script.text.empty()) continue;
    scripts_.emplace_back(script, ComposeScript(std::string(script.text)));
  }
}

const ComposedFile* ComposedFiles::FindScript(std::string_view path) const {
  const auto found = std::ranges::find(
      scripts_, path, [](const auto& script) -> std::string_view { return script.first.path; });
  return found == scripts_.end() ? nullptr : &found->second;
}

void ComposedFiles::Rescan() {
  const int64_t began_ms = deps_.clock.SteadyMs();
  auto entries = scanner_ ? scanner_->Scan() : std::vector<ManifestEntry>();
  entries.push_back({"/_offing/client.js", client_.hash});
  for (const auto& [script, composed] : scripts_) {
    if (script.precached) entries.push_back({script.path, composed.hash});
  }
  for (const std::string& url : deps_.from_origin) {
    const auto found = std::ranges::find(entries, url, &ManifestEntry::url);
    if (found == entries.end()) entries.push_back({url, ""});
  }
  const Manifest manifest = MakeManifest(std::move(entries));
  if (digest_ != manifest.digest) {
    auto made = std::make_shared<const Composed>(Compose(deps_.parts, deps_.config_head, manifest));
    const bool first = digest_.empty();
    {
      const std::lock_guard lock(mutex_);
      composed_ = std::move(made);
      digest_ = manifest.digest;
    }
    if (!first && deps_.on_manifest_changed) deps_.on_manifest_changed(manifest.digest);
  }
  scanned_at_ms_ = began_ms;
}

std::chrono::milliseconds ComposedFiles::RescanAtInterval(std::chrono::milliseconds least) {
  const auto began = std::chrono::steady_clock::now();
  Rescan();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  return std::max(least, took * kRestPerWork);
}

std::shared_ptr<const Composed> ComposedFiles::Now() const {
  const std::lock_guard lock(mutex_);
  return composed_;
}

std::string ComposedFiles::Digest() const {
  const std::lock_guard lock(mutex_);
  return digest_;
}

}  // namespace offing::site
