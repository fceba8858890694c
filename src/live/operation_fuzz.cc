// Operation over arbitrary values, operations, data and limits: whatever is published, folding it
// neither crashes nor leaves the limits, and what the server would store reads back as what it
// holds. The input is four parts divided by 0xFF (which no UTF-8 has): value, operation, limits,
// and any number of data.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "live/operation.h"
#include "live/value.h"

namespace {

using offing::live::Effect;
using offing::live::Operation;
using offing::live::Value;
using offing::live::ValueLimits;

std::vector<std::string_view> Split(std::string_view input) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = input.find('\xFF');
    parts.push_back(input.substr(0, end));
    if (end == std::string_view::npos) return parts;
    input.remove_prefix(end + 1);
  }
}

void CheckOne(Value& value, const Operation& operation, std::string_view data,
              const ValueLimits& limits) {
  const std::string before = offing::live::DumpValue(value.json);
  const Effect effect = offing::live::Apply(value, operation, data, limits);
  const std::string after = offing::live::DumpValue(value.json);
  CHECK(value.bytes == after.size(), "the size is that of the text");
  CHECK(offing::live::ValueBytes(value.json) == after.size(), "counting is writing");
  CHECK(offing::live::ValueDepth(value.json) <= offing::live::kMaxDepth, "never too deep");
  if (effect == Effect::kNone || operation.kind == Operation::Kind::kInvalidate) {
    CHECK(before == after, "an event without effect changes nothing");
    return;
  }
  CHECK(after.size() <= limits.max_bytes, "never too large");
  const bool trims = operation.needs_array() && operation.kind != Operation::Kind::kRemove;
  if (limits.items && trims) CHECK(value.json.size() <= *limits.items, "never too many items");
  const auto back = offing::base::ParseJson(after);
  CHECK(back, "what is stored can be read");
  CHECK(offing::live::JsonEqual(*back, value.json), "and is the same value");
  CHECK(offing::live::DumpValue(*back) == after, "and the same text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parts = Split({reinterpret_cast<const char*>(data), size});
  if (parts.size() < 4) return 0;
  auto initial = offing::base::ParseJson(parts[0]);
  auto operation = offing::live::ParseOperation(parts[1]);
  if (!initial || !operation) return 0;
  ValueLimits limits{.max_bytes = 4096};
  if (!parts[2].empty()) limits.items = static_cast<unsigned char>(parts[2][0]) % 8 + 1;
  if (parts[2].size() > 1) limits.max_bytes = static_cast<unsigned char>(parts[2][1]) * 16;
  if (parts[2].size() > 2 && operation->needs_array() && operation->key.empty()) {
    operation->key = parts[2].substr(2);
  }
  Value value = offing::live::MakeValue(std::move(*initial));
  for (size_t i = 3; i < parts.size(); ++i) CheckOne(value, *operation, parts[i], limits);
  return 0;
}
