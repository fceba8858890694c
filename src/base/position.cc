#include "base/position.h"

#include <charconv>
#include <cstddef>

namespace offing::base {

namespace {

constexpr size_t kEpochDigits = 12;

std::optional<uint64_t> ParseHex(std::string_view text) {
  uint64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

std::string FormatEpoch(Epoch epoch) {
  auto value = static_cast<uint64_t>(epoch);
  if (value == 0) return "0";
  std::string text(kEpochDigits, '0');
  for (size_t i = kEpochDigits; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

std::string FormatPosition(const Position& position) {
  return FormatEpoch(position.epoch) + ":" + std::to_string(position.seq);
}

std::optional<Position> ParsePosition(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view epoch = text.substr(0, colon);
  const std::string_view seq = text.substr(colon + 1);
  if (epoch == "0") return seq == "0" ? std::optional(Position{}) : std::nullopt;
  if (epoch.size() != kEpochDigits) return std::nullopt;
  const std::optional<uint64_t> life = ParseHex(epoch);
  if (!life || *life == 0) return std::nullopt;
  if (seq.empty() || (seq.size() > 1 && seq[0] == '0')) return std::nullopt;
  Position position{Epoch{*life}, 0};
  const auto [end, error] = std::from_chars(seq.data(), seq.data() + seq.size(), position.seq);
  if (error != std::errc{} || end != seq.data() + seq.size()) return std::nullopt;
  return position;
}

}  // namespace offing::base
