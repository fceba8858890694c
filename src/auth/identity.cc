#include "auth/identity.h"

#include <algorithm>

#include "crypto/digest.h"
#include "proto/jwt.h"

namespace offing::auth {

std::string UserHash(std::string_view user) {
  return crypto::Sha256Hex(user).substr(0, 16);
}

bool IsUserId(std::string_view text) {
  return proto::IsSubject(text);
}

bool MatchesChannel(const std::vector<std::string>& patterns, std::string_view channel) {
  return std::ranges::any_of(patterns, [channel](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == channel;
    return channel.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

}  // namespace offing::auth
