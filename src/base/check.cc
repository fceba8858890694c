#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace offing::base {

void CheckFailed(const char* file, int line, const char* expr, const char* why) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed: %s\n", file, line, expr, why);
  std::abort();
}

}  // namespace offing::base
