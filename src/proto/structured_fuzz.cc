// What is read can be written and is then read the same, whatever the header says.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "proto/structured.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::proto;
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  if (const auto text = ParseStringItem(header)) {
    CHECK(text->size() + 2 <= header.size(), "a string longer than its header");
    const auto item = EncodeStringItem(*text);
    CHECK(item && ParseStringItem(*item) == *text, "a string changed on its way");
  }
  const auto read = ParseDictionary(header);
  if (!read) return 0;
  CHECK(read->size() <= kMaxMembers, "too many members");
  std::string again;
  for (const auto& [name, value] : read->members()) {
    again += (again.empty() ? "" : ", ") + name;
    if (const auto* text = std::get_if<std::string>(&value)) {
      again += "=" + EncodeStringItem(*text).value();
    } else if (const auto* number = std::get_if<int64_t>(&value)) {
      again += "=" + std::to_string(*number);
    } else {
      again += std::get<bool>(value) ? "=?1" : "=?0";
    }
  }
  const auto twice = ParseDictionary(again);
  CHECK(twice && twice->members() == read->members(), "a dictionary changed on its way");
  return 0;
}
