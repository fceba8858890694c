// Structured fields (RFC 8941), as much of them as our headers have: a string item
// (Idempotency-Key) and a dictionary whose values are strings, integers or booleans (Offing-Entry).
// Parameters are read and left out. Anything else that RFC 8941 knows (lists, decimals, tokens,
// byte sequences) is refused, like what is malformed: who needs it writes another header.
//
// Limits: kMaxMembers members of a dictionary; more are malformed.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace offing::proto {

inline constexpr size_t kMaxMembers = 32;

// The text of `"text"`, its escapes undone; nullopt: something else, or malformed.
std::optional<std::string> ParseStringItem(std::string_view header);
// The same way back; nullopt: a byte that is no printable ASCII, which RFC 8941 has no form for.
std::optional<std::string> EncodeStringItem(std::string_view text);

using DictionaryValue = std::variant<int64_t, std::string, bool>;

// In the order of first appearance; of a name that comes twice the last value counts.
class Dictionary {
 public:
  std::optional<std::string_view> String(std::string_view name) const;
  std::optional<int64_t> Integer(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  size_t size() const { return members_.size(); }
  void Set(std::string_view name, DictionaryValue value);
  const std::vector<std::pair<std::string, DictionaryValue>>& members() const { return members_; }

 private:
  const DictionaryValue* Find(std::string_view name) const;
  std::vector<std::pair<std::string, DictionaryValue>> members_;
};

// nullopt: malformed, or with a value of a kind that we have no use for.
std::optional<Dictionary> ParseDictionary(std::string_view header);

}  // namespace offing::proto
