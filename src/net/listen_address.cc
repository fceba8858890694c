#include <fmt/format.h>

#include <charconv>

#include "net/stream.h"

namespace offing::net {

base::Result<ListenAddress> ParseListenAddress(std::string_view text, std::string_view setting) {
  const auto fail = [&] {
    return base::Fail(base::Code::kInvalidArgument,
                      fmt::format("{} {}: not HOST:PORT, such as 127.0.0.1:8080, [::1]:8080, "
                                  "or :8080 for all addresses",
                                  setting, text));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return fail();
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return fail();
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return fail();
  } else if (host.find_first_of(":[]/ ") != std::string_view::npos) {
    return fail();
  }
  return ListenAddress{std::string(host), port, std::string(setting)};
}

}  // namespace offing::net
