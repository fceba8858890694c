#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace offing::base {

namespace {

// A member that stands twice is read differently by different parsers, so one side of a signature
// or a fold could see another document than the other. A small object is searched, a large one
// sorted: no object costs more than n log n.
bool HasDuplicate(const Json::object_t& object) {
  constexpr size_t kSmall = 16;
  if (object.size() <= kSmall) {
    for (auto a = object.begin(); a != object.end(); ++a) {
      for (auto b = object.begin(); b != a; ++b) {
        if (a->first == b->first) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(object.size());
  for (const auto& member : object) names.push_back(member.first);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

// Builds the value from the library's events. The library's parser keeps its state in a vector and
// stops when an event returns false, so no input makes the stack grow.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(int64_t value) override { return Put(value); }
  bool number_unsigned(uint64_t value) override { return Put(value); }
  bool number_float(double value, const std::string&) override { return Put(value); }
  bool string(std::string& value) override { return Put(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool key(std::string& name) override {
    // Appended unseen: the library's own insertion searches the object for every member.
    auto& members = open_[depth_ - 1]->get_ref<Json::object_t&>();
    value_ = &members.Container::emplace_back(std::move(name), nullptr).second;
    return true;
  }
  bool end_object() override {
    --depth_;
    if (!HasDuplicate(open_[depth_]->get_ref<const Json::object_t&>())) return true;
    fault_ = "JSON object with the same member twice";
    return false;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  // The library's own words quote the input, which may be long, secret, or not UTF-8.
  bool parse_error(size_t place, const std::string&, const Json::exception& error) override {
    constexpr int kNumberOverflow = 406;
    fault_ = error.id == kNumberOverflow ? "JSON number beyond a double's range"
                                         : fmt::format("not JSON: mistake at byte {}", place);
    return false;
  }

  Json& root() { return root_; }
  std::string& fault() { return fault_; }

 private:
  // Where the next value goes: the whole, an array's end, or the member whose name came last.
  Json& Place(Json value) {
    if (depth_ == 0) return root_ = std::move(value);
    Json& parent = *open_[depth_ - 1];
    if (parent.is_object()) return *value_ = std::move(value);
    return parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
  }
  bool Put(Json value) {
    Place(std::move(value));
    return true;
  }
  bool Open(Json empty) {
    if (depth_ == kMaxJsonDepth) {
      fault_ = fmt::format("JSON nested deeper than {} levels", kMaxJsonDepth);
      return false;
    }
    open_[depth_] = &Place(std::move(empty));
    ++depth_;
    return true;
  }

  Json root_;
  std::array<Json*, kMaxJsonDepth> open_;  // only the innermost grows, so the others stay in place
  size_t depth_ = 0;
  Json* value_ = nullptr;
  std::string fault_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text) {
  // The library's lexer takes a NUL for the end of the text, whatever follows it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Fail(Code::kInvalidArgument, fmt::format("not JSON: mistake at byte {}", nul + 1));
  }
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return Fail(Code::kInvalidArgument, std::move(builder.fault()));
  }
  return std::move(builder.root());
}

std::string DumpJson(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  size_t plain = 0;
  const auto flush = [&](size_t end) { out.append(text, plain, end - plain); };
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    flush(i);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  flush(text.size());
  out += '"';
}

}  // namespace offing::base
