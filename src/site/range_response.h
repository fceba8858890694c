// Parts of a file: 206 with one range, or with several as multipart/byteranges (RFC 9110, 14.6),
// and 416. Several are sent from the file piece by piece, never loaded.
//
// Threading: any thread (pure functions; the file is handed over).
#pragma once

#include <string_view>

#include "http/message.h"
#include "proto/byte_range.h"
#include "site/file_response.h"

namespace offing::site {

// Makes `response`, which has what every answer about the content has, one of `ranges`.
// kUnavailable: the file cannot be opened as often as there are ranges.
base::Result<void> FillRanges(http::Response& response, const ContentFacts& facts, OpenFile file,
                              const std::vector<proto::ByteRange>& ranges);

http::Response RangeNotSatisfiable(uint64_t size);

}  // namespace offing::site
