// Log: what the operator reads. One line per message on standard error (or a file), with the time
// and a level; never a secret, never a body. It is passed by reference like everything else: there
// is no global logger.
#pragma once

#include <string_view>

#include "base/clock.h"

namespace offing::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// A line is written by one write(2), so lines of several threads do not mix. A write that fails is
// dropped. Threading: any thread.
class Log {
 public:
  Log(const Clock& clock, int fd, LogLevel least) : clock_(clock), fd_(fd), least_(least) {}

  void Debug(std::string_view text) const { Write(LogLevel::kDebug, text); }
  void Info(std::string_view text) const { Write(LogLevel::kInfo, text); }
  void Warning(std::string_view text) const { Write(LogLevel::kWarning, text); }
  void Error(std::string_view text) const { Write(LogLevel::kError, text); }

 private:
  void Write(LogLevel level, std::string_view text) const;

  const Clock& clock_;
  const int fd_;
  const LogLevel least_;
};

}  // namespace offing::base
