// What is parsed survives being written and parsed again; a quoted string is read back as it was.
#include <cstdint>

#include "base/check.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const Result<Json> value = ParseJson(text)) {
    const std::string dumped = DumpJson(*value);
    const Result<Json> again = ParseJson(dumped);
    CHECK(again && *again == *value, "the value changed on its way");
    CHECK(DumpJson(*again) == dumped, "the text changed on its way");
  } else {
    CHECK(value.error().code == Code::kInvalidArgument, "the input is at fault");
    CHECK(value.error().detail.size() < 100, "the input is quoted");
  }
  std::string quoted;
  AppendQuoted(quoted, text);
  const Result<Json> unquoted = ParseJson(quoted);
  CHECK(!unquoted || unquoted->get_ref<const std::string&>() == text, "the string changed");
  return 0;
}
