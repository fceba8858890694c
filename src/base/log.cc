#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <string>

namespace offing::base {

namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "?";
}

}  // namespace

void Log::Write(LogLevel level, std::string_view text) const {
  if (level < least_) return;
  const int64_t now = clock_.WallMs();
  std::string line =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z {:7} ",
                  fmt::gmtime(static_cast<std::time_t>(now / 1000)), now % 1000, LevelName(level));
  for (const char c : text) line += c == '\n' || c == '\r' ? ' ' : c;
  line += '\n';
  [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
}

}  // namespace offing::base
