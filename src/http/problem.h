// Problem: what goes wrong with a write, or with who asks, as application/problem+json (RFC 9457).
// spec/users.md has the list; a program looks at the name, which stands at the end of `type`.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace offing::http {

enum class Problem : uint8_t {
  kToken,
  kNotAllowed,
  kOtherUser,
  kMalformed,
  kTooLarge,
  kKeyMissing,
  kKeyMalformed,
  kOutstanding,
  kKeyReused,
  kDecided,
  kOutcomeUnknown,
  kTooMany,
  kFull,
  kUnavailable,
};

inline constexpr std::string_view kProblemPath = "/_offing/problems/";

std::string_view ProblemName(Problem problem);
int ProblemStatus(Problem problem);

// The whole response: `detail` says in one sentence what is wrong with this request, and must be
// UTF-8. With Cache-Control: no-store; Retry-After: 1 where coming back helps; and of kToken with
// WWW-Authenticate, which has `detail` too.
Response ProblemResponse(Problem problem, std::string_view detail);

// The page of GET /_offing/problems/NAME, for people; nullopt: there is no such problem.
std::optional<std::string> ProblemPage(std::string_view name);

}  // namespace offing::http
