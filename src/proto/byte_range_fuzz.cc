// Ranges lie within their file, whatever the header says. The first eight bytes are the file's
// size.
#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"
#include "proto/byte_range.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::proto;
  uint64_t file_size = 0;
  if (size < sizeof file_size) return 0;
  std::memcpy(&file_size, data, sizeof file_size);
  const std::string_view header(reinterpret_cast<const char*>(data) + sizeof file_size,
                                size - sizeof file_size);
  for (const uint64_t length : {file_size, file_size % 1000, uint64_t{0}}) {
    const RangeAnswer answer = ParseRanges(header, length);
    if (answer.kind != RangeKind::kParts) continue;
    CHECK(!answer.ranges.empty() && answer.ranges.size() <= kMaxRanges, "too many ranges, or none");
    std::string text = "bytes=";
    uint64_t left = length;
    for (const ByteRange& range : answer.ranges) {
      CHECK(range.first <= range.last && range.last < length, "a range outside its file");
      CHECK(range.length() <= left, "more than the whole");
      left -= range.length();
      text += std::to_string(range.first) + "-" + std::to_string(range.last) + ",";
    }
    const RangeAnswer again = ParseRanges(text, length);
    CHECK(again.kind == RangeKind::kParts && again.ranges == answer.ranges,
          "a range changed on its way");
  }
  CHECK(!EtagListed(header, "\"no \x01 tag\"") || header.find('*') != std::string_view::npos ||
            header.find('\x01') != std::string_view::npos,
        "a tag that is not listed");
  EtagListed(header, "\"a\"");
  return 0;
}
