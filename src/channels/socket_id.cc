#include "channels/socket_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace offing::channels {

namespace {

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<uint32_t> Number(std::string_view digits) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

std::string FormatSocketId(const SocketId& id) {
  return fmt::format("{}.{}", id.place, id.secret);
}

std::optional<SocketId> ParseSocketId(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view left = text.substr(0, dot);
  const std::string_view right = text.substr(dot + 1);
  if (!IsDigits(left) || !IsDigits(right)) return std::nullopt;
  const std::optional<uint32_t> place = Number(left);
  const std::optional<uint32_t> secret = Number(right);
  if (!place || !secret) return SocketId{};
  return SocketId{*place, *secret};
}

}  // namespace offing::channels
