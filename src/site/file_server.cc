#include "site/file_server.h"

#include <fmt/format.h>

#include <utility>

#include "http/held_exchange.h"
#include "proto/uri.h"
#include "site/content_type.h"
#include "site/file_response.h"

namespace offing::site {

namespace {

using base::Code;

constexpr std::string_view kIndex = "index.html";

// The tag of a file that is not hashed.
std::string StampTag(const FileStamp& stamp) {
  return fmt::format("s{:x}t{:x}", stamp.size, static_cast<uint64_t>(stamp.mtime_ns));
}

}  // namespace

http::Response Unavailable() {
  http::Response response = PlainResponse(503, "not now\n");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

base::Counter& BusyCounter(base::Metrics& metrics) {
  return metrics.AddCounter("offing_site_busy_total",
                            "Requests refused because too many waited for the indexer.");
}

FileServer::FileServer(FileServerConfig config, Deps deps, OnMissing on_missing)
    : config_(config),
      deps_(deps),
      on_missing_(std::move(on_missing)),
      busy_(BusyCounter(deps.metrics)) {}

void FileServer::Serve(ExchangePtr exchange) {
  const std::string& raw = exchange->request().path;
  auto path = proto::FilePath(raw);
  if (!path) return on_missing_(std::move(exchange), Code::kForbidden);
  if (path->ends_with('/')) path->pop_back();
  auto file = deps_.folder.OpenAt(*path);
  if (!file) {
    on_missing_(std::move(exchange), file.error().code);
  } else if (file->kind == FileKind::kFolder) {
    ServeFolder(std::move(exchange), *path);
  } else if (file->kind == FileKind::kFile && !raw.ends_with('/')) {
    ServeFile(std::move(exchange), {std::move(*path), std::move(*file)});
  } else {
    on_missing_(std::move(exchange), Code::kNotFound);
  }
}

void FileServer::ServePage(ExchangePtr exchange, const std::string& path) {
  auto file = deps_.folder.OpenAt(path);
  if (!file || file->kind != FileKind::kFile) {
    on_missing_(std::move(exchange), file ? Code::kNotFound : file.error().code);
    return;
  }
  ServeFile(std::move(exchange), {path, std::move(*file), AskedBy::kAnotherUrl});
}

void FileServer::ServeFolder(ExchangePtr exchange, const std::string& path) {
  const http::Request& request = exchange->request();
  std::string index = path.empty() ? std::string(kIndex) : fmt::format("{}/{}", path, kIndex);
  auto file = deps_.folder.OpenAt(index);
  if (!file || file->kind != FileKind::kFile) {
    on_missing_(std::move(exchange), file ? Code::kNotFound : file.error().code);
    return;
  }
  if (request.path.ends_with('/')) {
    ServeFile(std::move(exchange), {std::move(index), std::move(*file)});
    return;
  }
  // FilePath has passed, so this is one slash and a name, never "//host".
  http::Response response = PlainResponse(301, "moved\n");
  response.headers.emplace_back(
      "Location", request.path + (request.query.empty() ? "/" : "/?" + request.query));
  deps_.answers.Send(*exchange, std::move(response));
}

void FileServer::ServeFile(ExchangePtr exchange, Asked asked) {
  const uint64_t size = asked.file.stamp.size;
  if (auto known = deps_.index.Find(asked.path, asked.file.stamp)) {
    Send(*exchange, std::move(asked), std::move(*known));
  } else if (size > config_.max_hashed_bytes) {
    const std::string tag = StampTag(asked.file.stamp);
    Send(*exchange, std::move(asked), tag);
  } else if (size <= config_.small_file_bytes) {
    const auto hash = deps_.index.FindOrHash(asked.path, asked.file);
    Send(*exchange, std::move(asked), hash);
  } else {
    ServeLargeFile(std::move(exchange), std::move(asked));
  }
}

void FileServer::ServeLargeFile(ExchangePtr exchange, Asked asked) {
  http::HeldExchange held(std::move(exchange));
  auto shared = std::make_shared<Asked>(std::move(asked));
  const auto posted = deps_.indexer.Post([this, held, shared] {
    auto hash = deps_.index.FindOrHash(shared->path, shared->file);
    held.Answer([this, shared, hash = std::move(hash)](ExchangePtr waiting) {
      Send(*waiting, std::move(*shared), hash);
    });
  });
  if (posted) return;
  held.Answer([this](ExchangePtr waiting) { SendBusy(*waiting); });
}

void FileServer::SendBusy(http::Exchange& exchange) {
  busy_.Add();
  deps_.answers.Send(exchange, Unavailable());
}

void FileServer::Send(http::Exchange& exchange, Asked asked,
                      const base::Result<std::string>& hash) {
  if (!hash) {
    // It changes while it is read: in a moment it will be whole.
    deps_.log.Warning(fmt::format("{} cannot be sent: {}", asked.path, hash.error().detail));
    deps_.answers.Send(exchange, Unavailable());
    return;
  }
  const std::string_view type = ContentType(asked.path);
  const std::string modified = HttpDate(asked.file.stamp.mtime_ns / 1'000'000'000);
  const bool for_ever =
      asked.by == AskedBy::kItsName && deps_.hashed_names.MayBeKept(asked.path, type, *hash);
  const ContentFacts facts{
      .hash = *hash,
      .content_type = type,
      .cache_control = for_ever ? "public, max-age=31536000, immutable" : "no-cache",
      .last_modified = modified,
      .varies = deps_.forms.VariesBy(type)};
  const http::Request& request = exchange.request();
  Form form = deps_.forms.OfFile(request, asked.path, facts, std::move(asked.file));
  http::Response response = ContentResponse(request, facts, std::move(form));
  if (asked.by == AskedBy::kAnotherUrl) response.headers.emplace_back("Vary", "Accept");
  deps_.answers.SendContent(exchange, std::move(response));
}

}  // namespace offing::site
