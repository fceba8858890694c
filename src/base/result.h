// Result<T>: a value, or an Error that says what kind of failure it was and, in words for a person,
// what happened. It is how every function answers whose outcome depends on the outside world (a
// peer, a disk, a configuration). "Not found" and "already there" are values (std::optional, an
// enum), not errors. A bug is a CHECK (base/check.h). No exception crosses a header of ours.
//
// Threading: immutable values.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace offing::base {

// One list for the whole program. Wire codes are mapped from it in one function per protocol.
enum class Code {
  kInvalidArgument,  // the caller's input can never work
  kUnauthorized,     // no valid proof of who asks
  kForbidden,        // known, but not allowed
  kNotFound,
  kConflict,     // the state of the thing forbids it
  kGone,         // it was there once, and what was known of it is forgotten
  kTooLarge,     // over a size limit
  kTooMany,      // over a limit of count or rate: later may work
  kUnavailable,  // not now: draining, starting, the peer is away
  kTimeout,
  kIo,       // disk or socket
  kCorrupt,  // stored or received bytes that cannot be right
  kUnsupported,
  kClosed,
};

// "invalid argument", "i/o error", ...: for logs.
std::string_view CodeName(Code code);

struct Error {
  Code code;
  std::string detail;  // names the setting or thing, its value, and the way out
};

template <class T>
using Result = std::expected<T, Error>;

// return Fail(Code::kIo, "cannot open ...");
inline std::unexpected<Error> Fail(Code code, std::string detail) {
  return std::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace offing::base
