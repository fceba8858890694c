#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace offing::base {
namespace {

// What `write` logs through a pipe.
template <class Write>
std::string Logged(LogLevel least, Write write) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const FakeClock clock(1'700'000'000'042);
  write(Log(clock, ends[1], least));
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

TEST(Log, WritesTimeLevelAndTextOnOneLine) {
  EXPECT_EQ(Logged(LogLevel::kDebug,
                   [](const Log& log) {
                     log.Debug("a");
                     log.Info("b");
                     log.Warning("c");
                     log.Error("d");
                   }),
            "2023-11-14T22:13:20.042Z debug   a\n"
            "2023-11-14T22:13:20.042Z info    b\n"
            "2023-11-14T22:13:20.042Z warning c\n"
            "2023-11-14T22:13:20.042Z error   d\n");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  EXPECT_EQ(Logged(LogLevel::kWarning,
                   [](const Log& log) {
                     log.Debug("a");
                     log.Info("b");
                     log.Warning("c");
                   }),
            "2023-11-14T22:13:20.042Z warning c\n");
}

TEST(Log, LetsNoTextBeginALineOfItsOwn) {
  EXPECT_EQ(
      Logged(LogLevel::kInfo, [](const Log& log) { log.Info("GET /\r\n2023 error forged {}"); }),
      "2023-11-14T22:13:20.042Z info    GET /  2023 error forged {}\n");
}

TEST(Log, DropsALineThatCannotBeWritten) {
  const FakeClock clock;
  Log(clock, -1, LogLevel::kInfo).Error("nobody hears it");
}

}  // namespace
}  // namespace offing::base
