#include "site/site.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "http/held_exchange.h"
#include "proto/uri.h"
#include "site/content_type.h"
#include "site/file_index.h"
#include "site/file_response.h"
#include "site/indexer.h"
#include "site/manifest.h"

namespace offing::site {

namespace {

using base::Code;
using base::Result;
using http::Exchange;
using http::Request;
using http::Response;

constexpr std::string_view kIndex = "index.html";

// A browser that opens a page, and would show HTML.
bool IsNavigation(const Request& request) {
  return request.Header("accept").find("text/html") != std::string_view::npos;
}

// A path that may be a page: no extension, or one of HTML.
bool MayBePage(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.find('.') == std::string_view::npos || ContentType(name).starts_with("text/html");
}

Response Unavailable() {
  Response response = PlainResponse(503, "not now\n");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

class Site::Impl {
 public:
  Impl(SiteConfig config, Deps deps, std::optional<Folder> folder);

  void Handle(std::unique_ptr<Exchange> exchange);
  // On the indexer's thread, or before it has anything to do.
  void Rescan();
  void Stop() { indexer_.Stop(); }

 private:
  using ExchangePtr = std::unique_ptr<Exchange>;

  void ServeComposed(ExchangePtr exchange, ComposedFile Composed::* which);
  void ServePath(ExchangePtr exchange);
  void ServeFolder(ExchangePtr exchange, const std::string& path);
  void ServeFile(ExchangePtr exchange, const std::string& path, OpenFile file);
  void ServeLargeFile(ExchangePtr exchange, const std::string& path, OpenFile file);
  void Send(Exchange& exchange, const std::string& path, OpenFile file,
            const Result<std::string>& hash);
  void SendMissing(Exchange& exchange, Code code);
  std::optional<Response> OwnNotFoundPage();
  void SendBytes(Exchange& exchange, const ComposedFile& file);
  bool HasOwnWorker() const;
  bool Stale() const;
  std::shared_ptr<const Composed> composed() const;

  const SiteConfig config_;
  const Deps deps_;
  const std::optional<Folder> folder_;
  const ComposedFile client_;
  FileIndex index_;
  std::optional<ManifestScanner> scanner_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Composed> composed_;  // guarded by mutex_
  std::string digest_;                        // of the manifest in composed_; indexer only
  std::atomic<int64_t> scanned_at_ms_{0};
  base::Counter& files_;
  base::Counter& bytes_;
  base::Counter& missing_;
  base::Counter& refused_;
  base::Counter& busy_;
  Indexer indexer_;  // last: its thread ends before the rest goes
};

Site::Impl::Impl(SiteConfig config, Deps deps, std::optional<Folder> folder)
    : config_(std::move(config)),
      deps_(deps),
      folder_(std::move(folder)),
      client_(ComposeScript(std::string(deps.parts.client))),
      index_(deps.clock, config_.max_indexed_files),
      files_(deps.metrics.AddCounter("offing_site_files_total", "Files that were sent.")),
      bytes_(deps.metrics.AddCounter("offing_site_bytes_total", "Bytes of files sent.")),
      missing_(deps.metrics.AddCounter("offing_site_not_found_total",
                                       "Requests for files that are not there.")),
      refused_(deps.metrics.AddCounter(
          "offing_site_refused_total",
          "Requests for paths that lead out of the folder or can be no file of it.")),
      busy_(deps.metrics.AddCounter("offing_site_busy_total",
                                    "Requests refused because too many waited for the indexer.")),
      indexer_(config_.max_waiting) {
  if (!folder_) return;
  ManifestConfig manifest;
  manifest.max_file_bytes = config_.max_precache_file_bytes;
  manifest.max_files = config_.max_precache_files;
  manifest.claimed_elsewhere = config_.claimed_elsewhere;
  scanner_.emplace(ManifestScanner::Deps{*folder_, index_, deps_.log, deps_.metrics},
                   std::move(manifest));
}

void Site::Impl::Rescan() {
  const int64_t began_ms = deps_.clock.SteadyMs();
  auto entries = scanner_ ? scanner_->Scan() : std::vector<ManifestEntry>();
  entries.push_back({"/_offing/client.js", client_.etag.substr(1, client_.etag.size() - 2)});
  const Manifest manifest = MakeManifest(std::move(entries));
  if (digest_ != manifest.digest) {
    auto made =
        std::make_shared<const Composed>(Compose(deps_.parts, config_.config_head, manifest));
    const std::lock_guard lock(mutex_);
    composed_ = std::move(made);
    digest_ = manifest.digest;
  }
  scanned_at_ms_ = began_ms;
}

bool Site::Impl::Stale() const {
  return deps_.clock.SteadyMs() - scanned_at_ms_ > config_.rescan_after_ms;
}

std::shared_ptr<const Composed> Site::Impl::composed() const {
  const std::lock_guard lock(mutex_);
  return composed_;
}

void Site::Impl::Handle(ExchangePtr exchange) {
  const Request& request = exchange->request();
  const std::string_view path = request.path;
  if (request.method != "GET" && request.method != "HEAD") {
    Response response = PlainResponse(405, "method not allowed\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    exchange->Send(std::move(response));
  } else if (path == "/sw.js" && !HasOwnWorker()) {
    ServeComposed(std::move(exchange), &Composed::worker);
  } else if (path == "/_offing/worker.js") {
    ServeComposed(std::move(exchange), &Composed::worker_module);
  } else if (path == "/_offing/manifest.json") {
    ServeComposed(std::move(exchange), &Composed::manifest);
  } else if (path == "/_offing/client.js") {
    SendBytes(*exchange, client_);
  } else if (path.starts_with("/_offing/") || !folder_) {
    SendMissing(*exchange, Code::kNotFound);
  } else {
    ServePath(std::move(exchange));
  }
}

bool Site::Impl::HasOwnWorker() const {
  if (!folder_) return false;
  const auto file = folder_->OpenAt("sw.js");
  return file && file->kind == FileKind::kFile;
}

void Site::Impl::ServeComposed(ExchangePtr exchange, ComposedFile Composed::* which) {
  if (!Stale()) {
    SendBytes(*exchange, (*composed()).*which);
    return;
  }
  http::HeldExchange held(std::move(exchange));
  const auto posted = indexer_.Post([this, held, which] {
    if (Stale()) Rescan();  // the one before may have waited for the same
    held.Answer([this, which](ExchangePtr waiting) { SendBytes(*waiting, (*composed()).*which); });
  });
  if (posted) return;
  busy_.Add();
  held.Answer([](ExchangePtr waiting) { waiting->Send(Unavailable()); });
}

void Site::Impl::SendBytes(Exchange& exchange, const ComposedFile& file) {
  Response response = BytesResponse(exchange.request(), file.bytes, file.content_type, file.etag);
  files_.Add();
  bytes_.Add(response.body_size());
  exchange.Send(std::move(response));
}

void Site::Impl::ServePath(ExchangePtr exchange) {
  const std::string raw = exchange->request().path;
  auto path = proto::FilePath(raw);
  if (!path) {
    SendMissing(*exchange, Code::kForbidden);
    return;
  }
  if (path->ends_with('/')) path->pop_back();
  auto file = folder_->OpenAt(*path);
  if (!file) {
    SendMissing(*exchange, file.error().code);
  } else if (file->kind == FileKind::kFolder) {
    ServeFolder(std::move(exchange), *path);
  } else if (file->kind == FileKind::kFile && !raw.ends_with('/')) {
    ServeFile(std::move(exchange), *path, std::move(*file));
  } else {
    SendMissing(*exchange, Code::kNotFound);
  }
}

void Site::Impl::ServeFolder(ExchangePtr exchange, const std::string& path) {
  const Request& request = exchange->request();
  const std::string index = path.empty() ? std::string(kIndex) : fmt::format("{}/{}", path, kIndex);
  auto file = folder_->OpenAt(index);
  if (!file || file->kind != FileKind::kFile) {
    SendMissing(*exchange, file ? Code::kNotFound : file.error().code);
    return;
  }
  if (request.path.ends_with('/')) {
    ServeFile(std::move(exchange), index, std::move(*file));
    return;
  }
  // FilePath has passed, so this is one slash and a name, never "//host".
  Response response = PlainResponse(301, "moved\n");
  response.headers.emplace_back(
      "Location", request.path + (request.query.empty() ? "/" : "/?" + request.query));
  exchange->Send(std::move(response));
}

void Site::Impl::ServeFile(ExchangePtr exchange, const std::string& path, OpenFile file) {
  if (auto known = index_.Find(path, file.stamp)) {
    Send(*exchange, path, std::move(file), std::move(*known));
  } else if (file.stamp.size <= config_.small_file_bytes) {
    const auto hash = index_.FindOrHash(path, file);
    Send(*exchange, path, std::move(file), hash);
  } else {
    ServeLargeFile(std::move(exchange), path, std::move(file));
  }
}

void Site::Impl::ServeLargeFile(ExchangePtr exchange, const std::string& path, OpenFile file) {
  http::HeldExchange held(std::move(exchange));
  auto shared = std::make_shared<OpenFile>(std::move(file));
  const auto posted = indexer_.Post([this, held, path, shared] {
    held.Answer([this, path, shared, hash = index_.FindOrHash(path, *shared)](ExchangePtr waiting) {
      Send(*waiting, path, std::move(*shared), hash);
    });
  });
  if (posted) return;
  busy_.Add();
  held.Answer([](ExchangePtr waiting) { waiting->Send(Unavailable()); });
}

void Site::Impl::Send(Exchange& exchange, const std::string& path, OpenFile file,
                      const Result<std::string>& hash) {
  if (!hash) {
    // It changes while it is read: in a moment it will be whole.
    deps_.log.Warning(fmt::format("{} cannot be sent: {}", path, hash.error().detail));
    exchange.Send(Unavailable());
    return;
  }
  Response response = FileResponse(exchange.request(), std::move(file), path, *hash);
  files_.Add();
  if (exchange.request().method == "GET") bytes_.Add(response.body_size());
  exchange.Send(std::move(response));
}

void Site::Impl::SendMissing(Exchange& exchange, Code code) {
  const Request& request = exchange.request();
  if (code == Code::kIo) {
    exchange.Send(PlainResponse(500, "the file cannot be read\n"));
    return;
  }
  (code == Code::kForbidden ? refused_ : missing_).Add();
  if (IsNavigation(request) && MayBePage(request.path) && !request.path.starts_with("/_offing/")) {
    if (auto page = OwnNotFoundPage()) {
      exchange.Send(std::move(*page));
      return;
    }
  }
  exchange.Send(PlainResponse(404, "not found\n"));
}

std::optional<Response> Site::Impl::OwnNotFoundPage() {
  if (!folder_) return std::nullopt;
  auto file = folder_->OpenAt("404.html");
  if (!file || file->kind != FileKind::kFile || file->stamp.size == 0) return std::nullopt;
  Response response = PlainResponse(404, "");
  response.headers.front().second = ContentType("404.html");
  response.body = http::FileBody{file->handle.Release(), 0, file->stamp.size};
  return response;
}

Site::Site(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Site::~Site() = default;

Result<std::unique_ptr<Site>> Site::Open(SiteConfig config, Deps deps) {
  if (auto checked = CheckConfigHead(config.config_head); !checked) {
    return std::unexpected(checked.error());
  }
  std::optional<Folder> folder;
  if (!config.dir.empty()) {
    auto opened = Folder::Open(config.dir);
    if (!opened) return std::unexpected(opened.error());
    folder = std::move(*opened);
    if (folder->lookup() == Folder::Lookup::kByComponent) {
      deps.log.Warning("openat2 is not permitted here: symlinks in the folder are not followed");
    }
  }
  auto impl = std::make_unique<Impl>(std::move(config), deps, std::move(folder));
  impl->Rescan();
  return std::unique_ptr<Site>(new Site(std::move(impl)));
}

void Site::Handle(std::unique_ptr<Exchange> exchange) {
  impl_->Handle(std::move(exchange));
}
void Site::Stop() {
  impl_->Stop();
}

}  // namespace offing::site
