#include "http/redirect.h"

#include <string_view>
#include <utility>

namespace offing::http {

namespace {

constexpr uint16_t kHttpsPort = 443;

bool StaysInTheClear(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  constexpr std::string_view kChallenges = "/.well-known/acme-challenge/";
  constexpr std::string_view kTokenLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const std::string_view path = request.path;
  if (!path.starts_with(kChallenges)) return path == "/_offing/health";
  return path.find_first_not_of(kTokenLetters, kChallenges.size()) == std::string_view::npos;
}

// "example.com:8080" is "example.com", "[::1]:8080" is "[::1]".
std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) {
    return host;
  }
  return host.substr(0, colon);
}

// Nothing in it that a URL's authority gives a meaning to (RFC 3986, 3.2.2).
bool IsPlainHost(std::string_view host) {
  const bool address = host.starts_with('[') && host.ends_with(']');
  if (address) host = host.substr(1, host.size() - 2);
  const std::string_view allowed =
      address ? "abcdefABCDEF0123456789:."
              : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !host.empty() && host.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

void Redirect::Handle(std::unique_ptr<Exchange> exchange) {
  const Request& request = exchange->request();
  if (StaysInTheClear(request)) return inner_.Handle(std::move(exchange));
  const std::string_view host = WithoutPort(request.Header("host"));
  if (!IsPlainHost(host) || !request.path.starts_with('/')) {
    return exchange->Send(ErrorResponse(400, "only https is served here, and this names no page"));
  }
  std::string location = "https://" + std::string(host);
  if (port_ != kHttpsPort) location += ":" + std::to_string(port_);
  location += request.path;
  if (!request.query.empty()) location += "?" + request.query;
  Response response = TextResponse(308, "see " + location + "\n");
  response.headers.emplace_back("Location", std::move(location));
  response.headers.emplace_back("Cache-Control", "max-age=3600");
  exchange->Send(std::move(response));
}

}  // namespace offing::http
