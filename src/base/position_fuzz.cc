// A position that is read is written as it stood.
#include <cstdint>

#include "base/check.h"
#include "base/position.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const std::optional<Position> position = ParsePosition(text)) {
    CHECK(FormatPosition(*position) == text, "another text is the same position");
    CHECK(position->epoch != kNoEpoch || position->seq == 0, "an event without a log");
  }
  return 0;
}
