#include "server/units.h"

#include <fmt/format.h>

#include <charconv>
#include <span>

namespace offing::server {

namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr uint64_t kMax = uint64_t{1} << 53;  // keeps sums far from overflow

constexpr Unit kTimes[] = {{"ms", 1},        {"s", 1'000},      {"m", 60'000},
                           {"h", 3'600'000}, {"d", 86'400'000}, {"y", 365 * 86'400'000ULL}};
constexpr Unit kSizes[] = {{"B", 1},          {"kB", 1'000},         {"KB", 1'000},
                           {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"KiB", 1 << 10},
                           {"MiB", 1 << 20},  {"GiB", 1 << 30}};

base::Result<uint64_t> Parse(std::string_view text, std::span<const Unit> units,
                             std::string_view allowed) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view name(end, text.data() + text.size());
  while (name.starts_with(' ')) name.remove_prefix(1);
  if (error == std::errc{}) {
    for (const Unit& unit : units) {
      if (unit.name == name && number <= kMax / unit.factor) return number * unit.factor;
    }
  }
  return base::Fail(base::Code::kInvalidArgument, fmt::format("\"{}\" is not {}", text, allowed));
}

}  // namespace

base::Result<int64_t> ParseDuration(std::string_view text) {
  const auto value =
      Parse(text, kTimes, "a duration: write a whole number and ms, s, m, h, d or y, like \"7d\"");
  if (!value) return std::unexpected(value.error());
  return static_cast<int64_t>(*value);
}

base::Result<uint64_t> ParseSize(std::string_view text) {
  return Parse(text, kSizes,
               "a size: write a whole number and B, kB, MB, GB, KiB, MiB or GiB, like \"64MB\"");
}

}  // namespace offing::server
