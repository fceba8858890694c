#include "site/range_response.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <utility>

namespace offing::site {

namespace {

using proto::ByteRange;

std::string ContentRange(const ByteRange& range, uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size);
}

}  // namespace

base::Result<void> FillRanges(http::Response& response, const ContentFacts& facts, OpenFile file,
                              const std::vector<ByteRange>& ranges) {
  const uint64_t size = file.stamp.size;
  response.status = 206;
  if (ranges.size() == 1) {
    const ByteRange& range = ranges.front();
    response.headers.emplace_back("Content-Range", ContentRange(range, size));
    response.headers.emplace_back("Content-Type", facts.content_type);
    response.body = http::FileBody{file.handle.Release(), range.first, range.length()};
    return {};
  }
  // No content holds its own hash, so the boundary is in none of the parts.
  const std::string boundary = fmt::format("offing-{}", facts.hash);
  http::BodyPieces pieces;
  for (const ByteRange& range : ranges) {
    const int fd = fcntl(file.handle.fd(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
      response.body = std::move(pieces);
      http::CloseFiles(response);
      return base::Fail(base::Code::kUnavailable, "too many files are open");
    }
    pieces.emplace_back(fmt::format("{}--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n",
                                    pieces.empty() ? "" : "\r\n", boundary, facts.content_type,
                                    ContentRange(range, size)));
    pieces.emplace_back(http::FileBody{fd, range.first, range.length()});
  }
  pieces.emplace_back(fmt::format("\r\n--{}--\r\n", boundary));
  response.headers.emplace_back("Content-Type", "multipart/byteranges; boundary=" + boundary);
  response.body = std::move(pieces);
  return {};
}

http::Response RangeNotSatisfiable(uint64_t size) {
  http::Response response = PlainResponse(416, "range not satisfiable\n");
  response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  return response;
}

}  // namespace offing::site
