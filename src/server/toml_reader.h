// TomlTable: one table of offing.toml, read setting by setting. It remembers the first mistake,
// with file, line, setting and value, and which settings were asked for: whatever is left over at
// the end is a setting that we do not know, and that is a mistake too.
//
// toml++ stays behind this wall. Threading: start-up only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace offing::server {

class TomlTable {
 public:
  // The root of a document. kInvalidArgument with the line if it is not TOML.
  static base::Result<TomlTable> Parse(std::string_view text, std::string file);
  ~TomlTable();
  TomlTable(TomlTable&&) noexcept;

  // nullopt: not there, or of another kind (which is then the mistake).
  std::optional<std::string> String(std::string_view key);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key, int64_t least, int64_t most);
  std::optional<int64_t> DurationMs(std::string_view key);  // "7d"
  std::optional<uint64_t> Size(std::string_view key);       // "64MB"
  std::vector<std::string> Strings(std::string_view key);   // a string, or an array of strings
  // A value of any kind as JSON text.
  std::optional<std::string> Json(std::string_view key);
  // A table of strings in the order of its keys, or a single string, which then stands under "*".
  std::vector<std::pair<std::string, std::string>> StringMap(std::string_view key);
  // Calls `read` for a table, or for each table of an array.
  void Table(std::string_view key, const std::function<void(TomlTable&)>& read);
  void Tables(std::string_view key, const std::function<void(TomlTable&)>& read);
  bool Has(std::string_view key) const;

  // Reports a mistake about `key` that only the caller can see.
  void Complain(std::string_view key, const std::string& what);
  // The first mistake, or success. Settings that nobody asked for are mistakes.
  base::Result<void> Finish();

 private:
  struct Node;
  struct Shared;
  TomlTable(std::unique_ptr<Node> node, std::shared_ptr<Shared> shared);
  void FinishHere();

  std::unique_ptr<Node> node_;
  std::shared_ptr<Shared> shared_;  // the document and its first mistake
};

}  // namespace offing::server
