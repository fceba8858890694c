#include "http/cross_origin.h"

#include <algorithm>

#include "base/ascii.h"

namespace offing::http {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";

bool IsOwn(const Request& request, std::string_view origin) {
  const bool https = origin.starts_with(kHttps);
  if (!https && !origin.starts_with(kHttp)) return false;
  // A page in the clear could be anybody's; TLS may end in front of us.
  if (!https && request.secure) return false;
  origin.remove_prefix(https ? kHttps.size() : kHttp.size());
  return !origin.empty() && base::SameIgnoringCase(origin, request.Header("host"));
}

}  // namespace

bool CrossOrigin::Allows(const Request& request) const {
  const std::string_view origin = request.Header("origin");
  if (origin.empty()) {
    const std::string_view site = request.Header("sec-fetch-site");
    return site.empty() || site == "same-origin" || site == "none";
  }
  return IsOwn(request, origin) || IsNamed(origin);
}

void CrossOrigin::Admit(const Request& request, Response& response) const {
  if (allowed_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.Header("origin");
  if (!IsNamed(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "Idempotency-Status, Offing-Position, Retry-After");
}

Response CrossOrigin::Preflight(const Request& request, std::string_view methods) const {
  Response response{.status = 204};
  response.headers.emplace_back("Allow", std::string(methods) + ", OPTIONS");
  Admit(request, response);
  if (!IsNamed(request.Header("origin"))) return response;
  response.headers.emplace_back("Access-Control-Allow-Methods", methods);
  response.headers.emplace_back(
      "Access-Control-Allow-Headers",
      "Authorization, Content-Type, Idempotency-Key, Offing-Entry, Offing-User, Offing-Decision");
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

bool CrossOrigin::IsNamed(std::string_view origin) const {
  return !origin.empty() && std::ranges::find(allowed_, origin) != allowed_.end();
}

}  // namespace offing::http
