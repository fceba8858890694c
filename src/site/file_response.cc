#include "site/file_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "proto/accept_encoding.h"
#include "proto/byte_range.h"
#include "site/range_response.h"

namespace offing::site {

namespace {

using http::Request;
using http::Response;

Response WithCommonHeaders(const ContentFacts& facts, Coding coding) {
  Response response;
  response.headers.emplace_back("ETag", EtagOf(facts.hash, coding));
  response.headers.emplace_back("Cache-Control", facts.cache_control);
  if (!facts.last_modified.empty()) {
    response.headers.emplace_back("Last-Modified", facts.last_modified);
  }
  if (facts.varies == Varies::kByEncoding) response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

// In the form that is sent today, or one of the two that were (RFC 9110, 5.6.7).
std::optional<int64_t> ParseHttpDate(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string date(text);
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm parts = {};
    const char* end = strptime(date.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return timegm(&parts);
  }
  return std::nullopt;
}

// If-Match and If-Unmodified-Since (RFC 9110, 13.2.2).
bool PreconditionFails(const Request& request, const ContentFacts& facts) {
  const std::string match = http::JoinHeader(request.headers, "if-match");
  if (!match.empty()) {
    constexpr std::array kForms = {Coding::kIdentity, Coding::kBrotli, Coding::kGzip};
    return std::ranges::none_of(kForms, [&](Coding coding) {
      return proto::EtagListed(match, EtagOf(facts.hash, coding), proto::TagComparison::kStrong);
    });
  }
  const auto since = ParseHttpDate(request.Header("if-unmodified-since"));
  if (!since) return false;
  const auto modified = ParseHttpDate(facts.last_modified);
  return modified && *modified > *since;
}

// The form that the client has already and accepts still.
std::optional<Coding> FormThatItHas(const Request& request, const ContentFacts& facts,
                                    Coding chosen) {
  const std::string none_match = http::JoinHeader(request.headers, "if-none-match");
  if (none_match.empty()) {
    const auto since = ParseHttpDate(request.Header("if-modified-since"));
    const bool same = since && since == ParseHttpDate(facts.last_modified);
    return same ? std::optional(chosen) : std::nullopt;
  }
  if (proto::EtagListed(none_match, EtagOf(facts.hash, chosen))) return chosen;
  if (facts.varies == Varies::kNo) return std::nullopt;
  const auto weights =
      proto::ParseAcceptEncoding(http::JoinHeader(request.headers, "accept-encoding"));
  const std::pair<Coding, int> kForms[] = {{Coding::kBrotli, weights.brotli},
                                           {Coding::kGzip, weights.gzip},
                                           {Coding::kIdentity, weights.identity}};
  for (const auto& [coding, weight] : kForms) {
    if (weight > 0 && proto::EtagListed(none_match, EtagOf(facts.hash, coding))) return coding;
  }
  return std::nullopt;
}

// Whether the Range counts: there is no If-Range, or it names exactly this content.
bool RangeCounts(const Request& request, const ContentFacts& facts) {
  if (!WantsRanges(request)) return false;
  const std::string_view condition = request.Header("if-range");
  return condition.empty() || condition == EtagOf(facts.hash, Coding::kIdentity) ||
         condition == facts.last_modified;
}

Response FileWhole(Response response, const ContentFacts& facts, OpenFile file) {
  response.headers.emplace_back("Content-Type", facts.content_type);
  const uint64_t size = file.stamp.size;
  if (size > 0) response.body = http::FileBody{file.handle.Release(), 0, size};
  return response;
}

Response PlainFile(const Request& request, Response response, const ContentFacts& facts,
                   OpenFile file) {
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (RangeCounts(request, facts)) {
    const uint64_t size = file.stamp.size;
    const auto answer = proto::ParseRanges(request.Header("range"), size);
    if (answer.kind == proto::RangeKind::kUnsatisfiable) return RangeNotSatisfiable(size);
    if (answer.kind == proto::RangeKind::kParts) {
      auto filled = FillRanges(response, facts, std::move(file), answer.ranges);
      return filled ? std::move(response) : PlainResponse(503, "not now\n");
    }
  }
  return FileWhole(std::move(response), facts, std::move(file));
}

}  // namespace

std::string HttpDate(int64_t seconds) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = seconds;
  std::tm parts = {};
  if (gmtime_r(&time, &parts) == nullptr) return HttpDate(0);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<size_t>(parts.tm_wday)], parts.tm_mday,
                     kMonths[static_cast<size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string EtagOf(std::string_view hash, Coding coding) {
  if (coding == Coding::kIdentity) return fmt::format("\"{}\"", hash);
  return fmt::format("\"{}-{}\"", hash, CodingName(coding));
}

bool WantsRanges(const Request& request) {
  return request.method == "GET" && !request.Header("range").empty();
}

Response ContentResponse(const Request& request, const ContentFacts& facts, Form form) {
  if (PreconditionFails(request, facts)) return PlainResponse(412, "precondition failed\n");
  if (const auto had = FormThatItHas(request, facts, form.coding)) {
    Response response = WithCommonHeaders(facts, *had);
    response.status = 304;
    return response;
  }
  Response response = WithCommonHeaders(facts, form.coding);
  if (form.coding != Coding::kIdentity) {
    response.headers.emplace_back("Content-Encoding", CodingName(form.coding));
  }
  if (auto* bytes = std::get_if<base::SharedBytes>(&form.bytes)) {
    response.headers.emplace_back("Content-Type", facts.content_type);
    response.body = std::move(*bytes);
    return response;
  }
  auto& file = std::get<OpenFile>(form.bytes);
  if (form.coding != Coding::kIdentity) {
    return FileWhole(std::move(response), facts, std::move(file));
  }
  return PlainFile(request, std::move(response), facts, std::move(file));
}

Response PlainResponse(int status, std::string text) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                      {"Cache-Control", "no-cache"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = std::move(text);
  return response;
}

}  // namespace offing::site
