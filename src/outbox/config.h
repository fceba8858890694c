// What the guard is told of the writes in front of the origin: the rules, and its limits.
//
// Threading: immutable once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace offing::outbox {

// What becomes of a write that may have reached the origin when no answer came back.
enum class Lost {
  kRetry,  // it is forgotten, and the client comes back with the same key
  kHold,   // it waits for a person
};
enum class KeyNeed { kOptional, kRequired };

// One [[outbox]] of the own origin. The first rule that matches counts.
struct Rule {
  std::string match;                 // a path pattern: "*" any characters, ":name" one segment
  std::vector<std::string> methods;  // upper case
  Lost lost = Lost::kRetry;
  KeyNeed key = KeyNeed::kOptional;
};

// Whether somebody here can say who asks (users.md): then nobody who asks is nobody who wrote.
enum class Users { kUnknown, kVouchedFor };

struct GuardConfig {
  std::string app;  // whose writes these are, the site's
  Users users = Users::kUnknown;
  std::vector<Rule> rules;
  // Keys under way, and bytes of their requests and answers; at either further ones are 503 `full`.
  size_t max_outstanding = 10'000;
  size_t max_outstanding_bytes = 256 << 20;
  // A longer answer is passed on as it comes, and remembered without its body.
  size_t max_answer_bytes = 1 << 20;
};

struct ReportsConfig {
  std::string app;
  size_t max_report_bytes = 16 << 10;  // the whole request
  uint32_t per_second = 5;             // reports of one user or address, and so many more at once
  uint32_t burst = 100;
  size_t max_reporters = 10'000;  // whose rate is counted; a further one waits for a place
};

}  // namespace offing::outbox
