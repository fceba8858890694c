#include "origin/forward.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "http/upgrade.h"

namespace offing::origin {

namespace {

constexpr std::string_view kPseudonym = "offing";

// Of one connection, never passed on. Proxy-Authenticate and Proxy-Authorization are between a
// client and its own proxy.
constexpr auto kHopByHop = std::to_array<std::string_view>({
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
});
// What this side writes itself.
constexpr auto kWritten = std::to_array<std::string_view>({
    "content-length",
    "expect",
    "host",
    "via",
});

bool IsOneOf(std::string_view name, const auto& names) {
  return std::ranges::find(names, name) != names.end();
}

bool SaysWhoAsked(std::string_view name) {
  return name == "forwarded" || name == "x-real-ip" || name.starts_with("x-forwarded-");
}

// Whether Connection names the header.
bool IsNamed(const std::string& connection, std::string_view name) {
  return !connection.empty() && http::HasToken(connection, name);
}

// x_forwarded_for and its like.
bool IsDisguised(std::string_view name) {
  if (!name.contains('_')) return false;
  std::string plain(name);
  std::ranges::replace(plain, '_', '-');
  return SaysWhoAsked(plain) || IsOneOf(plain, kHopByHop) || IsOneOf(plain, kWritten);
}

void Append(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

// A node or host of Forwarded: what is no token is quoted; addresses of IPv6 stand in brackets.
std::string ForwardedValue(std::string_view text) {
  const bool v6 = text.contains(':') && !text.contains('.') && !text.starts_with('[');
  if (v6 && std::ranges::count(text, ':') > 1) return "\"[" + std::string(text) + "]\"";
  if (text.find_first_of(":[]") == std::string_view::npos) return std::string(text);
  return '"' + std::string(text) + '"';
}

bool IsTrusted(const http::Request& request, const ForwardSettings& settings) {
  return std::ranges::find(settings.trusted, request.peer_address) != settings.trusted.end();
}

// X-Forwarded-* and Forwarded as the origin gets them.
void AppendWhoAsked(std::string& head, const http::Request& request, std::string_view host,
                    bool trusted) {
  const auto kept = [&](std::string_view name) {
    return trusted ? http::JoinHeader(request.headers, name) : std::string();
  };
  const auto added = [&](std::string_view name, const std::string& own) {
    const std::string before = kept(name);
    Append(head, name, before.empty() ? own : before + ", " + own);
  };
  const auto first = [&](std::string_view name, std::string_view own) {
    const std::string before = kept(name);
    Append(head, name, before.empty() ? own : std::string_view(before));
  };
  const std::string_view scheme = request.secure ? "https" : "http";
  added("x-forwarded-for", request.peer_address);
  first("x-forwarded-proto", scheme);
  if (!host.empty()) first("x-forwarded-host", host);
  std::string forwarded = "for=" + ForwardedValue(request.peer_address);
  if (!host.empty()) forwarded += ";host=" + ForwardedValue(host);
  added("forwarded", forwarded.append(";proto=").append(scheme));
}

bool IsPassedOn(std::string_view name, const std::string& connection, bool trusted) {
  if (IsOneOf(name, kHopByHop) || IsOneOf(name, kWritten) || IsDisguised(name)) return false;
  if (IsNamed(connection, name)) return false;
  if (!SaysWhoAsked(name)) return true;
  // The others are written by AppendWhoAsked.
  return trusted && name != "x-forwarded-for" && name != "x-forwarded-proto" &&
         name != "x-forwarded-host" && name != "forwarded";
}

void AppendBody(std::string& head, const BodyPlan& body) {
  if (body.kind == BodyPlan::Kind::kLength) {
    Append(head, "content-length", std::to_string(body.length));
  } else if (body.kind == BodyPlan::Kind::kChunked) {
    Append(head, "transfer-encoding", "chunked");
  }
  if (body.awaits_continue) Append(head, "expect", "100-continue");
}

// What stands behind the method: a path, or "*".
void AppendTarget(std::string& head, const http::Request& request) {
  head += request.path;
  if (!request.query.empty() || request.target.ends_with('?'))
    head.append("?").append(request.query);
}

}  // namespace

BodyPlan PlanBody(const http::Request& request, BodySource source) {
  const std::string_view length = request.Header("content-length");
  if (source == BodySource::kWhole) {
    if (request.body.empty() && length.empty()) return {};
    return {BodyPlan::Kind::kLength, request.body.size()};
  }
  const bool waits = request.version >= 11 && !request.Header("expect").empty();
  uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (length.empty() || error != std::errc() || end != length.data() + length.size()) {
    return {BodyPlan::Kind::kChunked, 0, waits};
  }
  return {BodyPlan::Kind::kLength, bytes, waits};
}

std::string_view WantedUpgrade(const http::Request& request) {
  const std::string_view protocol = base::TrimBlanks(request.Header("upgrade"));
  const auto count = std::ranges::count(request.headers, "upgrade",
                                        [](const auto& header) { return header.first; });
  if (count != 1 || protocol.empty() || request.version < 11 || !request.body.empty()) return {};
  if (protocol.find_first_of(", \t") != std::string_view::npos) return {};
  if (!http::HasToken(http::JoinHeader(request.headers, "connection"), "upgrade")) return {};
  if (!request.Header("content-length").empty() || !request.Header("transfer-encoding").empty()) {
    return {};
  }
  for (const std::string_view http : {"h2c", "h2", "h3"}) {
    if (http::HasToken(protocol, http)) return {};
  }
  return http::HasToken(protocol.substr(0, protocol.find('/')), "http") ||
                 http::HasToken(protocol.substr(0, protocol.find('/')), "tls")
             ? std::string_view()
             : protocol;
}

size_t HopsOf(const http::Request& request) {
  size_t hops = 0;
  for (const auto& [name, value] : request.headers) {
    if (name != "via") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view hop = base::TrimBlanks(rest.substr(0, comma));
      const size_t space = hop.find(' ');
      if (space != std::string_view::npos && base::TrimBlanks(hop.substr(space)) == kPseudonym)
        ++hops;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return hops;
}

std::optional<std::string> HostOf(const http::Request& request) {
  const std::string_view target = request.target;
  if (target.starts_with('/') || target == "*") return std::string(request.Header("host"));
  const size_t start = target.find("://");
  if (start == std::string_view::npos) return std::nullopt;
  std::string_view authority = target.substr(start + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  const bool clean = !authority.empty() && std::ranges::all_of(authority, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%:[]").contains(c);
  });
  if (!clean) return std::nullopt;
  return std::string(authority);
}

std::string EncodeRequest(const http::Request& request, const ForwardSettings& settings,
                          const BodyPlan& body) {
  const std::string connection = http::JoinHeader(request.headers, "connection");
  const std::string_view upgrade = WantedUpgrade(request);
  const std::string asked = HostOf(request).value_or("");
  const bool trusted = IsTrusted(request, settings);
  const bool own = settings.host == HostPolicy::kOrigin || asked.empty();
  std::string head;
  head.reserve(1024);
  head.append(request.method).append(" ");
  AppendTarget(head, request);
  head.append(" HTTP/1.1\r\n");
  Append(head, "host", own ? settings.authority : asked);
  for (const auto& [name, value] : request.headers) {
    if (IsPassedOn(name, connection, trusted)) Append(head, name, value);
  }
  AppendWhoAsked(head, request, asked, trusted);
  const std::string via = http::JoinHeader(request.headers, "via");
  std::string own_via = request.version < 11 ? "1.0 " : "1.1 ";
  own_via += kPseudonym;
  Append(head, "via", via.empty() ? own_via : via + ", " + own_via);
  AppendBody(head, body);
  if (!upgrade.empty()) {
    Append(head, "connection", "upgrade");
    Append(head, "upgrade", upgrade);
  }
  return head.append("\r\n");
}

http::Response ToClient(ResponseHead head) {
  const std::string connection = http::JoinHeader(head.headers, "connection");
  http::Response response;
  response.status = head.status;
  response.headers.reserve(head.headers.size());
  for (auto& [name, value] : head.headers) {
    if (IsOneOf(name, kHopByHop) || name == "content-length" || IsNamed(connection, name)) continue;
    response.headers.emplace_back(std::move(name), std::move(value));
  }
  return response;
}

std::string EncodeSwitch(ResponseHead head) {
  const std::string upgrade = http::JoinHeader(head.headers, "upgrade");
  const http::Response response = ToClient(std::move(head));
  std::string text = "HTTP/1.1 101 Switching Protocols\r\n";
  for (const auto& [name, value] : response.headers) Append(text, name, value);
  Append(text, "connection", "upgrade");
  Append(text, "upgrade", upgrade);
  return text.append("\r\n");
}

int64_t KeptFor(const ResponseHead& head, int64_t most) {
  const std::string list = http::JoinHeader(head.headers, "keep-alive");
  const size_t at = list.find("timeout=");
  if (at == std::string::npos) return most;
  int64_t seconds = 0;
  const char* const digits = list.data() + at + 8;
  if (std::from_chars(digits, list.data() + list.size(), seconds).ec != std::errc()) return most;
  return std::clamp<int64_t>((seconds - 1) * 1000, 0, most);
}

}  // namespace offing::origin
