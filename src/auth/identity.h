// Identity: who asks, as a token or the app's own server says it (spec/users.md).
//
// Threading: a value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace offing::auth {

struct Identity {
  std::string user;                   // 1 to kMaxUserBytes of UTF-8
  std::string user_hash;              // UserHash(user): what stands in headers and names of caches
  std::string device;                 // "" if not told
  std::vector<std::string> channels;  // patterns of private channels that may be read
  std::vector<std::string> publish;   // patterns of channels that may be published to
};

inline constexpr size_t kMaxUserBytes = 200;

// The first 16 hexadecimal digits of the SHA-256 of the user's id.
std::string UserHash(std::string_view user);
// 1 to kMaxUserBytes of UTF-8 without control characters.
bool IsUserId(std::string_view text);

// Whether one of `patterns` is `channel`, or ends in '*' and begins like it.
bool MatchesChannel(const std::vector<std::string>& patterns, std::string_view channel);

}  // namespace offing::auth
