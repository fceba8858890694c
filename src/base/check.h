// CHECK and DCHECK: a broken invariant is a bug of ours, and a bug stops the process at once with
// the place and the reason, rather than go on with state that nobody has thought about. What the
// outside world does wrong is never a CHECK; it is a Result (base/result.h).
#pragma once

namespace offing::base {

// Prints "file:line: CHECK(expr) failed: why" to standard error and aborts. Threading: any thread.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expr, const char* why);

}  // namespace offing::base

#define CHECK(expr, why) \
  ((expr) ? static_cast<void>(0) : ::offing::base::CheckFailed(__FILE__, __LINE__, #expr, why))

#ifdef NDEBUG
#define DCHECK(expr, why) static_cast<void>(0)
#else
#define DCHECK(expr, why) CHECK(expr, why)
#endif
