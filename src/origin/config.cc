#include "origin/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace offing::origin {

namespace {

bool IsHostCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-._").contains(c);
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    return host.contains(':') && std::ranges::all_of(host, [](char c) {
             return IsHostCharacter(c) || c == ':' || c == '%';
           });
  }
  return !host.empty() && std::ranges::all_of(host, IsHostCharacter);
}

}  // namespace

base::Result<OriginUrl> ParseOriginUrl(std::string_view text) {
  const auto fail = [&](std::string_view why) {
    return base::Fail(base::Code::kInvalidArgument,
                      fmt::format("--origin {}: {}; write http://HOST[:PORT], such as "
                                  "http://127.0.0.1:3000",
                                  text, why));
  };
  if (text.starts_with("https://")) {
    return fail(
        "TLS to an origin is not spoken; put the origin on this machine or on a private "
        "network");
  }
  if (!text.starts_with("http://")) return fail("not an http:// URL");
  std::string_view authority = text.substr(7);
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find_first_of("/?#@") != std::string_view::npos) {
    return fail("nothing may stand before or behind the host and port");
  }
  OriginUrl url;
  const size_t colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
  const std::string_view host = authority.substr(0, colon);
  if (!IsHost(host)) return fail("not a host");
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size() || url.port == 0) {
      return fail("not a port from 1 to 65535");
    }
  }
  url.host = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  url.authority = authority;
  url.text = fmt::format("http://{}", authority);
  return url;
}

}  // namespace offing::origin
