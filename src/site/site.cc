#include "site/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "http/held_exchange.h"
#include "site/composed_files.h"
#include "site/content_type.h"
#include "site/file_index.h"
#include "site/file_response.h"
#include "site/forms.h"
#include "site/hashed_names.h"
#include "site/indexer.h"
#include "site/manifest.h"
#include "site/site_checks.h"

namespace offing::site {

namespace {

using base::Code;
using http::Exchange;
using http::Request;
using http::Response;

// A browser that opens a page, and would show HTML.
bool IsNavigation(const Request& request) {
  return request.Header("accept").find("text/html") != std::string_view::npos;
}

bool HasExtension(std::string_view path) {
  return path.find('.', path.rfind('/') + 1) != std::string_view::npos;
}

// A path that may be a page: no extension, or one of HTML.
bool MayBePage(std::string_view path) {
  return !HasExtension(path) || ContentType(path).starts_with("text/html");
}

bool IsOurs(std::string_view path) {
  return path == "/_offing" || path.starts_with("/_offing/");
}

// An origin's own worker, or its word that the browser has it already.
bool IsWorker(const Response& head) {
  std::string_view type;
  for (const auto& [name, value] : head.headers) {
    if (name == "content-type" || name == "Content-Type") type = value;
  }
  type = type.substr(0, type.find(';'));
  const bool script = type.ends_with("/javascript") || type.ends_with("/x-javascript") ||
                      type.ends_with("/ecmascript");
  return head.status == 304 || (head.status == 200 && script);
}

ManifestConfig ManifestConfigOf(const SiteConfig& config) {
  ManifestConfig manifest;
  manifest.max_file_bytes = config.max_precache_file_bytes;
  manifest.max_files = config.max_precache_files;
  manifest.claimed_elsewhere = config.claimed_elsewhere;
  manifest.ignore = config.ignore;
  manifest.always = NeededPaths(config);
  return manifest;
}

}  // namespace

class Site::Impl {
 public:
  Impl(SiteConfig config, Deps deps, std::optional<Folder> folder);

  void Handle(std::unique_ptr<Exchange> exchange);
  // A GET with a body is rare and may turn out to be for the folder, so that body comes whole.
  http::BodyMode BodyOf(const Request& head) const {
    return IsForOrigin(head) ? config_.fallback->BodyOf(head) : http::BodyMode::kBuffered;
  }
  void Start();
  void Stop() {
    indexer_.Stop();
    if (encodings_) encodings_->Stop();
  }
  void SetKilled(Killed killed) { killed_ = killed; }
  std::string ManifestDigest() const { return composed_.Digest(); }

 private:
  using ExchangePtr = std::unique_ptr<Exchange>;

  // Whatever the folder has.
  bool IsForOrigin(const Request& request) const {
    return config_.fallback != nullptr && !IsOurs(request.path) &&
           (!http::IsRead(request) || request.wants_websocket);
  }
  std::optional<ManifestScanner> MakeScanner();
  std::optional<FileServer> MakeFileServer();
  void HandleOurs(ExchangePtr exchange);
  void HandleWorker(ExchangePtr exchange);
  void HandleOther(ExchangePtr exchange);
  void ServeWorker(ExchangePtr exchange);
  void ServeComposed(ExchangePtr exchange, ComposedFile Composed::* which);
  void SendComposed(Exchange& exchange, const ComposedFile& file);
  void SendBusy(Exchange& exchange);
  void SendNotAllowed(Exchange& exchange);
  void OnMissing(ExchangePtr exchange, Code code);
  void SendMissing(Exchange& exchange);
  std::optional<Response> OwnNotFoundPage();
  bool HasOwnWorker() const;

  const SiteConfig config_;
  const Deps deps_;
  const std::optional<Folder> folder_;
  const Answers answers_;
  FileIndex index_;
  HashedNames hashed_names_;
  std::optional<Encodings> encodings_;
  const Forms forms_;
  ComposedFiles composed_;
  const std::string spa_;  // the file of [site] spa; empty: none
  std::atomic<Killed> killed_{Killed::kNo};
  base::Counter& missing_;
  base::Counter& refused_;
  base::Counter& busy_;
  std::optional<FileServer> files_;
  Indexer indexer_;  // last: its thread ends before what its tasks use goes
};

Site::Impl::Impl(SiteConfig config, Deps deps, std::optional<Folder> folder)
    : config_(std::move(config)),
      deps_(deps),
      folder_(std::move(folder)),
      answers_(config_.headers, deps.metrics),
      index_(deps.clock, config_.max_indexed_files),
      hashed_names_(config_.hashed, config_.max_indexed_files, deps.log, deps.metrics),
      forms_(folder_ ? &*folder_ : nullptr,
             config_.compress == Compress::kYes
                 ? &encodings_.emplace(config_.encodings, deps.clock, deps.metrics)
                 : nullptr),
      composed_({deps.clock, deps.parts, config_.config_head, config_.rescan_after_ms,
                 NeededFromOrigin(config_), config_.on_manifest_changed},
                MakeScanner()),
      spa_(config_.spa.empty() ? "" : PathOfUrl(config_.spa).value_or("")),
      missing_(deps.metrics.AddCounter("offing_site_not_found_total",
                                       "Requests for files that are not there.")),
      refused_(deps.metrics.AddCounter(
          "offing_site_refused_total",
          "Requests for paths that lead out of the folder or can be no file of it.")),
      busy_(BusyCounter(deps.metrics)),
      files_(MakeFileServer()),
      indexer_(config_.max_waiting) {}

std::optional<ManifestScanner> Site::Impl::MakeScanner() {
  if (!folder_) return std::nullopt;
  return ManifestScanner({*folder_, index_, deps_.log, deps_.metrics}, ManifestConfigOf(config_));
}

std::optional<FileServer> Site::Impl::MakeFileServer() {
  if (!folder_) return std::nullopt;
  // What the manifest may hold has to have its revision for an ETag.
  FileServerConfig files = config_.files;
  files.max_hashed_bytes = std::max(files.max_hashed_bytes, config_.max_precache_file_bytes);
  const FileServer::Deps deps{*folder_,      index_,   indexer_,  forms_,
                              hashed_names_, answers_, deps_.log, deps_.metrics};
  return FileServer(files, deps, [this](ExchangePtr exchange, Code code) {
    OnMissing(std::move(exchange), code);
  });
}

void Site::Impl::Start() {
  composed_.Rescan();
  indexer_.RunAtIntervals(config_.rescan_interval,
                          [this] { return composed_.RescanAtInterval(config_.rescan_interval); });
}

void Site::Impl::Handle(ExchangePtr exchange) {
  const Request& request = exchange->request();
  if (IsForOrigin(request)) {
    config_.fallback->Handle(std::move(exchange));
  } else if (!http::IsRead(request)) {
    SendNotAllowed(*exchange);
  } else if (IsOurs(request.path)) {
    HandleOurs(std::move(exchange));
  } else if (request.path == "/sw.js" && !HasOwnWorker()) {
    HandleWorker(std::move(exchange));
  } else if (files_) {
    files_->Serve(std::move(exchange));
  } else {
    OnMissing(std::move(exchange), Code::kNotFound);
  }
}

void Site::Impl::HandleOurs(ExchangePtr exchange) {
  const std::string_view path = exchange->request().path;
  if (path == "/_offing/worker.js") {
    ServeComposed(std::move(exchange), &Composed::worker_module);
  } else if (path == "/_offing/manifest.json") {
    ServeComposed(std::move(exchange), &Composed::manifest);
  } else if (path == "/_offing/worker.classic.js") {
    ServeComposed(std::move(exchange), &Composed::worker);
  } else if (path == "/_offing/client.js") {
    SendComposed(*exchange, composed_.client());
  } else if (path == "/_offing/state") {
    SendComposed(*exchange, composed_.state_page());
  } else if (const ComposedFile* script = composed_.FindScript(path)) {
    SendComposed(*exchange, *script);
  } else {
    missing_.Add();
    SendMissing(*exchange);
  }
}

void Site::Impl::HandleWorker(ExchangePtr exchange) {
  if (!config_.ask_origin) return ServeWorker(std::move(exchange));
  config_.ask_origin(
      std::move(exchange), [](const Response& head) { return !IsWorker(head); },
      [this](ExchangePtr ours) { ServeWorker(std::move(ours)); });
}

void Site::Impl::ServeWorker(ExchangePtr exchange) {
  if (killed_ == Killed::kYes) return SendComposed(*exchange, composed_.safety_worker());
  ServeComposed(std::move(exchange), &Composed::worker);
}

bool Site::Impl::HasOwnWorker() const {
  if (!folder_) return false;
  const auto file = folder_->OpenAt("sw.js");
  return file && file->kind == FileKind::kFile;
}

void Site::Impl::ServeComposed(ExchangePtr exchange, ComposedFile Composed::* which) {
  if (!composed_.Stale()) return SendComposed(*exchange, (*composed_.Now()).*which);
  http::HeldExchange held(std::move(exchange));
  const auto posted = indexer_.Post([this, held, which] {
    if (composed_.Stale()) composed_.Rescan();  // the one before may have waited for the same
    held.Answer(
        [this, which](ExchangePtr waiting) { SendComposed(*waiting, (*composed_.Now()).*which); });
  });
  if (posted) return;
  held.Answer([this](ExchangePtr waiting) { SendBusy(*waiting); });
}

void Site::Impl::SendComposed(Exchange& exchange, const ComposedFile& file) {
  const ContentFacts facts{.hash = file.hash,
                           .content_type = file.content_type,
                           .varies = forms_.VariesBy(file.content_type)};
  const Request& request = exchange.request();
  answers_.SendContent(exchange,
                       ContentResponse(request, facts, forms_.OfBytes(request, facts, file.bytes)));
}

void Site::Impl::SendBusy(Exchange& exchange) {
  busy_.Add();
  answers_.Send(exchange, Unavailable());
}

void Site::Impl::SendNotAllowed(Exchange& exchange) {
  Response response = PlainResponse(405, "method not allowed\n");
  response.headers.emplace_back("Allow", "GET, HEAD");
  answers_.Send(exchange, std::move(response));
}

void Site::Impl::OnMissing(ExchangePtr exchange, Code code) {
  const Request& request = exchange->request();
  if (code == Code::kIo) {
    answers_.Send(*exchange, PlainResponse(500, "the file cannot be read\n"));
    return;
  }
  (code == Code::kForbidden ? refused_ : missing_).Add();
  const bool spa = !spa_.empty() && code == Code::kNotFound && IsNavigation(request) &&
                   !HasExtension(request.path);
  if (spa && config_.ask_origin) {
    config_.ask_origin(
        std::move(exchange), [](const Response& head) { return head.status == 404; },
        [this](ExchangePtr ours) { files_->ServePage(std::move(ours), spa_); });
  } else if (spa) {
    files_->ServePage(std::move(exchange), spa_);
  } else if (config_.fallback != nullptr) {
    config_.fallback->Handle(std::move(exchange));
  } else {
    HandleOther(std::move(exchange));
  }
}

// Nobody has it.
void Site::Impl::HandleOther(ExchangePtr exchange) {
  const Request& request = exchange->request();
  if (IsNavigation(request) && MayBePage(request.path)) {
    if (auto page = OwnNotFoundPage()) return answers_.Send(*exchange, std::move(*page));
  }
  SendMissing(*exchange);
}

void Site::Impl::SendMissing(Exchange& exchange) {
  answers_.Send(exchange, PlainResponse(404, "not found\n"));
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

base::Result<std::unique_ptr<Site>> Site::Open(SiteConfig config, Deps deps) {
  std::optional<Folder> folder;
  if (!config.dir.empty()) {
    auto opened = Folder::Open(config.dir);
    if (!opened) return std::unexpected(opened.error());
    folder = std::move(*opened);
    if (folder->lookup() == Folder::Lookup::kByComponent) {
      deps.log.Warning("openat2 is not permitted here: symlinks in the folder are not followed");
    }
  }
  if (auto checked = CheckSite(config, folder ? &*folder : nullptr); !checked) {
    return std::unexpected(checked.error());
  }
  auto impl = std::make_unique<Impl>(std::move(config), deps, std::move(folder));
  impl->Start();
  return std::unique_ptr<Site>(new Site(std::move(impl)));
}

void Site::Handle(std::unique_ptr<Exchange> exchange) {
  impl_->Handle(std::move(exchange));
}
http::BodyMode Site::BodyOf(const http::Request& head) const {
  return impl_->BodyOf(head);
}
void Site::SetKilled(Killed killed) {
  impl_->SetKilled(killed);
}
std::string Site::ManifestDigest() const {
  return impl_->ManifestDigest();
}
void Site::Stop() {
  impl_->Stop();
}

}  // namespace offing::site
