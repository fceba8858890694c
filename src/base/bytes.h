// SharedBytes: bytes that are made once and then only read, by any number of owners on any thread.
// A frame for ten thousand subscribers is one of these.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace offing::base {

// Threading: immutable.
using SharedBytes = std::shared_ptr<const std::string>;

inline SharedBytes MakeShared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace offing::base
