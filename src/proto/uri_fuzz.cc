// No path leads out of its folder or to a hidden file; what is encoded is decoded to what it was.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "proto/uri.h"

namespace {

void CheckPath(std::string_view path) {
  CHECK(!path.starts_with('/'), "an absolute path");
  CHECK(path.find('\\') == std::string_view::npos, "a backslash");
  CHECK(std::ranges::none_of(path, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }),
        "a control byte");
  for (bool first = true; !path.empty(); first = false) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    CHECK(!segment.empty(), "an empty segment");
    CHECK(!segment.starts_with('.') || (first && segment == ".well-known"), "a hidden segment");
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::proto;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = SplitTarget(text)) {
    CHECK(target->path.starts_with('/'), "a path without a slash");
    CHECK(target->path.find('?') == std::string_view::npos, "a query in the path");
    if (const auto path = FilePath(target->path)) CheckPath(*path);
  }
  if (const auto path = FilePath(text)) CheckPath(*path);
  CHECK(PercentDecode(PercentEncode(text)) == text, "encoding lost something");
  CHECK(ParseQuery(text, 3).size() <= 3, "more pairs than the limit");
  std::string query;
  const QueryParams params = ParseQuery(text, 100);
  for (const auto& [name, value] : params) {
    query += (query.empty() ? "" : "&") + PercentEncode(name) + "=" + PercentEncode(value);
  }
  CHECK(ParseQuery(query, 100) == params, "a query changed on its way");
  return 0;
}
