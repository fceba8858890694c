#include "site/file_response.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <utility>

#include "proto/byte_range.h"
#include "site/content_type.h"

namespace offing::site {

namespace {

void AddCommon(http::Response& response, std::string_view etag) {
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
}

bool NotModified(const http::Request& request, std::string_view etag,
                 std::string_view last_modified) {
  const std::string_view none_match = request.Header("if-none-match");
  if (!none_match.empty()) return proto::EtagListed(none_match, etag);
  return !last_modified.empty() && request.Header("if-modified-since") == last_modified;
}

// Whether the Range counts: there is no If-Range, or it names exactly this file.
bool RangeCounts(const http::Request& request, std::string_view etag,
                 std::string_view last_modified) {
  if (request.method != "GET") return false;
  const std::string_view condition = request.Header("if-range");
  return condition.empty() || condition == etag || condition == last_modified;
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

http::Response FileResponse(const http::Request& request, OpenFile file, std::string_view path,
                            std::string_view hash) {
  const std::string etag = fmt::format("\"{}\"", hash);
  const std::string modified = HttpDate(file.stamp.mtime_ns / 1'000'000'000);
  const uint64_t size = file.stamp.size;
  http::Response response;
  AddCommon(response, etag);
  response.headers.emplace_back("Last-Modified", modified);
  if (NotModified(request, etag, modified)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Accept-Ranges", "bytes");
  uint64_t first = 0;
  uint64_t length = size;
  const std::string_view range_header = request.Header("range");
  if (!range_header.empty() && RangeCounts(request, etag, modified)) {
    const proto::RangeAnswer answer = proto::ParseRange(range_header, size);
    if (answer.kind == proto::RangeKind::kUnsatisfiable) {
      response = PlainResponse(416, "range not satisfiable\n");
      response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
      return response;
    }
    if (answer.kind == proto::RangeKind::kPart) {
      first = answer.range.first;
      length = answer.range.last - first + 1;
      response.status = 206;
      response.headers.emplace_back("Content-Range",
                                    fmt::format("bytes {}-{}/{}", first, answer.range.last, size));
    }
  }
  response.headers.emplace_back("Content-Type", ContentType(path));
  if (length > 0) response.body = http::FileBody{file.handle.Release(), first, length};
  return response;
}

http::Response BytesResponse(const http::Request& request, base::SharedBytes bytes,
                             std::string_view content_type, const std::string& etag) {
  http::Response response;
  AddCommon(response, etag);
  if (NotModified(request, etag, "")) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", content_type);
  response.body = std::move(bytes);
  return response;
}

http::Response PlainResponse(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                      {"Cache-Control", "no-cache"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = std::move(text);
  return response;
}

}  // namespace offing::site
