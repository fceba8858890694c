#include "proto/structured.h"

#include <algorithm>

namespace offing::proto {

namespace {

constexpr size_t kMaxDigits = 15;  // RFC 8941 3.3.1

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsKeyStart(char c) {
  return (c >= 'a' && c <= 'z') || c == '*';
}
bool IsKeyChar(char c) {
  return IsKeyStart(c) || IsDigit(c) || c == '_' || c == '-' || c == '.';
}
bool IsPrintable(char c) {
  return c >= 0x20 && c < 0x7f;
}

// Reads from the front; every Read... leaves `rest` behind what it has read, or says nullopt.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void SkipSpaces() {
    while (Take(' ')) {
    }
  }
  void SkipBlanks() {
    while (Take(' ') || Take('\t')) {
    }
  }

  std::optional<std::string> ReadString() {
    if (!Take('"')) return std::nullopt;
    std::string text;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\') {
        if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\\')) return std::nullopt;
        c = rest_.front();
        rest_.remove_prefix(1);
      } else if (!IsPrintable(c)) {
        return std::nullopt;
      }
      text += c;
    }
    return std::nullopt;
  }

  std::optional<int64_t> ReadInteger() {
    const bool negative = Take('-');
    int64_t value = 0;
    size_t digits = 0;
    for (; !rest_.empty() && IsDigit(rest_.front()); rest_.remove_prefix(1)) {
      if (++digits > kMaxDigits) return std::nullopt;
      value = value * 10 + (rest_.front() - '0');
    }
    if (digits == 0 || rest_.starts_with('.')) return std::nullopt;
    return negative ? -value : value;
  }

  std::optional<std::string_view> ReadKey() {
    if (rest_.empty() || !IsKeyStart(rest_.front())) return std::nullopt;
    const auto* end = std::ranges::find_if_not(rest_, IsKeyChar);
    const std::string_view key = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(key.size());
    return key;
  }

  std::optional<DictionaryValue> ReadBareItem() {
    if (rest_.starts_with('"')) return Wrap(ReadString());
    if (Take('?')) {
      if (Take('1')) return true;
      if (Take('0')) return false;
      return std::nullopt;
    }
    return Wrap(ReadInteger());
  }

  // False: malformed.
  bool SkipParameters() {
    while (Take(';')) {
      SkipSpaces();
      if (!ReadKey()) return false;
      if (Take('=') && !ReadBareItem()) return false;
    }
    return true;
  }

 private:
  template <class T>
  static std::optional<DictionaryValue> Wrap(std::optional<T> value) {
    if (!value) return std::nullopt;
    return DictionaryValue(std::move(*value));
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::string> ParseStringItem(std::string_view header) {
  Reader reader(header);
  reader.SkipSpaces();
  auto text = reader.ReadString();
  if (!text || !reader.SkipParameters()) return std::nullopt;
  reader.SkipSpaces();
  if (!reader.done()) return std::nullopt;
  return text;
}

std::optional<std::string> EncodeStringItem(std::string_view text) {
  if (!std::ranges::all_of(text, IsPrintable)) return std::nullopt;
  std::string item = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') item += '\\';
    item += c;
  }
  return item + '"';
}

const DictionaryValue* Dictionary::Find(std::string_view name) const {
  const auto found =
      std::ranges::find(members_, name, [](const auto& member) { return member.first; });
  return found == members_.end() ? nullptr : &found->second;
}

void Dictionary::Set(std::string_view name, DictionaryValue value) {
  const auto found =
      std::ranges::find(members_, name, [](const auto& member) { return member.first; });
  if (found != members_.end()) {
    found->second = std::move(value);
  } else {
    members_.emplace_back(name, std::move(value));
  }
}

std::optional<std::string_view> Dictionary::String(std::string_view name) const {
  const auto* const value = Find(name);
  const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  if (text == nullptr) return std::nullopt;
  return *text;
}

std::optional<int64_t> Dictionary::Integer(std::string_view name) const {
  const auto* const value = Find(name);
  const auto* const number = value == nullptr ? nullptr : std::get_if<int64_t>(value);
  if (number == nullptr) return std::nullopt;
  return *number;
}

std::optional<Dictionary> ParseDictionary(std::string_view header) {
  Dictionary dictionary;
  Reader reader(header);
  reader.SkipSpaces();
  while (!reader.done()) {
    const auto key = reader.ReadKey();
    if (!key) return std::nullopt;
    DictionaryValue value = true;
    if (reader.Take('=')) {
      auto item = reader.ReadBareItem();
      if (!item) return std::nullopt;
      value = std::move(*item);
    }
    if (!reader.SkipParameters()) return std::nullopt;
    dictionary.Set(*key, std::move(value));
    if (dictionary.size() > kMaxMembers) return std::nullopt;
    reader.SkipBlanks();
    if (reader.done()) return dictionary;
    if (!reader.Take(',')) return std::nullopt;
    reader.SkipBlanks();
    if (reader.done()) return std::nullopt;  // a comma with nothing behind it
  }
  return dictionary;
}

}  // namespace offing::proto
