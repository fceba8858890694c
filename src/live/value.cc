#include "live/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "proto/utf8.h"

namespace offing::live {

namespace {

using base::Json;

struct TextSink {
  std::string& out;
  void Put(char c) { out += c; }
  void Put(std::string_view text) { out += text; }
};

struct CountSink {
  size_t bytes = 0;
  void Put(char) { ++bytes; }
  void Put(std::string_view text) { bytes += text.size(); }
};

// Number::toString of ECMAScript: the shortest digits that read back as `x`, plain from 1e-6 up to
// 1e21.
std::string NumberText(double x) {
  if (x == 0 || !std::isfinite(x)) return "0";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::fabs(x), std::chars_format::scientific)
          .ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  std::erase(digits, '.');
  int exponent = 0;
  const char* from = text.data() + e + 1;
  if (*from == '+') ++from;
  std::from_chars(from, end, exponent);

  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;
  std::string out = x < 0 ? "-" : "";
  if (k <= n && n <= 21) {
    out += digits + std::string(static_cast<size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out += digits.substr(0, static_cast<size_t>(n)) + "." + digits.substr(static_cast<size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0." + std::string(static_cast<size_t>(-n), '0') + digits;
  } else {
    out += digits.substr(0, 1);
    if (k > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(exponent));
  }
  return out;
}

template <class Sink>
void PutNumber(const Json& value, Sink& sink) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (value.is_number_unsigned() && value.get<uint64_t>() <= uint64_t{kExact}) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value.get<uint64_t>()).ptr;
    sink.Put(std::string_view(buffer, static_cast<size_t>(end - buffer)));
  } else {
    sink.Put(NumberText(value.get<double>()));
  }
}

template <class Sink>
void PutString(std::string_view text, Sink& sink) {
  constexpr std::string_view kHex = "0123456789abcdef";
  sink.Put('"');
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    sink.Put(text.substr(plain, i - plain));
    plain = i + 1;
    constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
    constexpr std::string_view kNames = "\"\\bfnrt";
    if (const size_t at = kShort.find(static_cast<char>(c)); at != std::string_view::npos) {
      sink.Put('\\');
      sink.Put(kNames[at]);
    } else {
      sink.Put("\\u00");
      sink.Put(kHex[c >> 4]);
      sink.Put(kHex[c & 15]);
    }
  }
  sink.Put(text.substr(plain));
  sink.Put('"');
}

template <class Sink>
void Put(const Json& value, Sink& sink) {
  bool first = true;
  switch (value.type()) {
    case Json::value_t::object:
      sink.Put('{');
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
        if (!std::exchange(first, false)) sink.Put(',');
        PutString(name, sink);
        sink.Put(':');
        Put(member, sink);
      }
      sink.Put('}');
      break;
    case Json::value_t::array:
      sink.Put('[');
      for (const Json& item : value) {
        if (!std::exchange(first, false)) sink.Put(',');
        Put(item, sink);
      }
      sink.Put(']');
      break;
    case Json::value_t::string:
      PutString(value.get_ref<const std::string&>(), sink);
      break;
    case Json::value_t::boolean:
      sink.Put(value.get<bool>() ? std::string_view("true") : std::string_view("false"));
      break;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      PutNumber(value, sink);
      break;
    default:
      sink.Put("null");
  }
}

}  // namespace

std::optional<Json> ParseData(std::string_view data) {
  // JSON has neither a byte order mark nor a NUL, whatever a parser makes of them.
  if (!data.starts_with("\xEF\xBB\xBF") && data.find('\0') == std::string_view::npos) {
    auto value = base::ParseJson(data);
    if (value) return std::move(*value);
  }
  if (!proto::IsUtf8(data)) return std::nullopt;
  return Json(std::string(data));
}

std::string DumpValue(const Json& value) {
  std::string out;
  TextSink sink{out};
  Put(value, sink);
  return out;
}

size_t ValueBytes(const Json& value) {
  CountSink sink;
  Put(value, sink);
  return sink.bytes;
}

size_t ValueDepth(const Json& value) {
  if (!value.is_structured()) return 0;
  size_t deepest = 0;
  for (const Json& child : value) deepest = std::max(deepest, ValueDepth(child));
  return deepest + 1;
}

bool JsonEqual(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
  if (a.type() != b.type()) return false;
  if (a.is_array()) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), JsonEqual);
  }
  if (a.is_object()) {
    if (a.size() != b.size()) return false;
    return std::ranges::all_of(a.get_ref<const Json::object_t&>(), [&](const auto& member) {
      const auto other = b.find(member.first);
      return other != b.end() && JsonEqual(member.second, *other);
    });
  }
  return a == b;
}

}  // namespace offing::live
