#include "site/forms.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "proto/accept_encoding.h"

namespace offing::site {

namespace {

// The codings that the client prefers to the plain form, the most wanted first.
std::vector<Coding> Wanted(const http::Request& request) {
  const auto weights =
      proto::ParseAcceptEncoding(http::JoinHeader(request.headers, "accept-encoding"));
  std::vector<std::pair<int, Coding>> wanted;
  for (const auto& [weight, coding] :
       {std::pair(weights.brotli, Coding::kBrotli), std::pair(weights.gzip, Coding::kGzip)}) {
    if (weight > 0 && weight >= weights.identity) wanted.emplace_back(weight, coding);
  }
  std::ranges::stable_sort(wanted, std::greater<>(), &std::pair<int, Coding>::first);
  std::vector<Coding> codings;
  for (const auto& [weight, coding] : wanted) codings.push_back(coding);
  return codings;
}

// The content of an open file, if it still is what it was.
Encodings::Source SourceOf(const OpenFile& file) {
  auto copy = std::make_shared<OpenFile>();
  copy->handle = FileHandle(fcntl(file.handle.fd(), F_DUPFD_CLOEXEC, 0));
  copy->stamp = file.stamp;
  return [copy] { return ReadFile(*copy); };
}

}  // namespace

std::optional<OpenFile> Forms::Beside(const std::string& path, Coding coding,
                                      const OpenFile& original) const {
  auto file = folder_->OpenAt(path + (coding == Coding::kBrotli ? ".br" : ".gz"));
  const bool usable = file && file->kind == FileKind::kFile && file->stamp.size > 0 &&
                      file->stamp.mtime_ns >= original.stamp.mtime_ns;
  return usable ? std::optional(std::move(*file)) : std::nullopt;
}

Form Forms::OfFile(const http::Request& request, const std::string& path, const ContentFacts& facts,
                   OpenFile file) const {
  if (facts.varies == Varies::kNo || WantsRanges(request)) return {.bytes = std::move(file)};
  const std::string hash(facts.hash);
  // What is on its way is not made a second time in the coding that is wanted less.
  bool making = false;
  for (const Coding coding : Wanted(request)) {
    if (auto beside = Beside(path, coding, file)) return {coding, std::move(*beside)};
    if (making || !encodings_->Fits(file.stamp.size)) continue;
    auto bytes =
        encodings_->FindOrMake(hash, coding, file.stamp.size, [&file] { return SourceOf(file); });
    if (bytes) return {coding, std::move(bytes)};
    making = true;
  }
  return {.bytes = std::move(file)};
}

Form Forms::OfBytes(const http::Request& request, const ContentFacts& facts,
                    const base::SharedBytes& bytes) const {
  if (facts.varies == Varies::kNo || !encodings_->Fits(bytes->size())) return {.bytes = bytes};
  for (const Coding coding : Wanted(request)) {
    auto encoded = encodings_->FindOrMake(std::string(facts.hash), coding, bytes->size(), [&bytes] {
      return [bytes] { return base::Result<std::string>(*bytes); };
    });
    if (encoded) return {coding, std::move(encoded)};
    break;
  }
  return {.bytes = bytes};
}

Varies Forms::VariesBy(std::string_view content_type) const {
  return encodings_ != nullptr && IsCompressible(content_type) ? Varies::kByEncoding : Varies::kNo;
}

}  // namespace offing::site
