#include <cstdio>

#include "cli/commands.h"

namespace offing::cli {

int Complain(const std::string& what) {
  std::fprintf(stderr, "offing: %s\n", what.c_str());
  return 1;
}

}  // namespace offing::cli
