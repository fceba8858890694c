// What a proxy changes in the heads of messages (RFC 9110 7.6; RFC 7239). Values in, values out.
//
// To the origin: hop-by-hop headers go, and those that Connection names; Content-Length and
// Transfer-Encoding are written anew, never both; an absolute target becomes a path, and its
// authority the Host (RFC 9112 3.2.2). X-Forwarded-For, -Proto, -Host and Forwarded say who asked
// and how: a trusted peer's are kept and added to; from anybody else they are replaced, together
// with every other X-Forwarded-* and X-Real-IP. A header that looks like one of these with `_` for
// `-` is dropped, because CGI and WSGI cannot tell the two apart. Via is added, because RFC 9110
// 7.6.3 asks every gateway for it, and it ends a circle of servers that are each other's origin.
//
// To the client: hop-by-hop headers go, and those that Connection names, and the length, which the
// connection writes. No Via is added there; nobody needs it.
//
// Threading: any thread (pure functions).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "origin/config.h"
#include "origin/response_parser.h"

namespace offing::origin {

constexpr size_t kMaxHops = 8;

struct ForwardSettings {
  HostPolicy host = HostPolicy::kClient;
  std::string authority;  // the origin's
  std::vector<std::string> trusted;
};

// How the body is sent to the origin.
struct BodyPlan {
  enum class Kind { kNone, kLength, kChunked };
  Kind kind = Kind::kNone;
  uint64_t length = 0;
  bool awaits_continue = false;  // Expect: 100-continue is passed on
};
// kStreamed: the exchange hands the body on as it comes; otherwise request.body is all of it.
enum class BodySource { kWhole, kStreamed };
BodyPlan PlanBody(const http::Request& request, BodySource source);

// The protocol that the origin is asked to switch to, or "": one token, of a request without a
// body, and not a version of HTTP itself (h2c would pass what we check of each request).
std::string_view WantedUpgrade(const http::Request& request);
// How often a proxy of ours has had this request already.
size_t HopsOf(const http::Request& request);
// The Host that the client asked for; nullopt: an absolute target with a malformed authority.
std::optional<std::string> HostOf(const http::Request& request);
// The head, its last empty line included. Call if HostOf has a value.
std::string EncodeRequest(const http::Request& request, const ForwardSettings& settings,
                          const BodyPlan& body);

// The head without a body, for the client.
http::Response ToClient(ResponseHead head);
// 101 as the client gets it.
std::string EncodeSwitch(ResponseHead head);
// Milliseconds for which a connection may be kept unused: what Keep-Alive: timeout= promises less a
// second, at most `most`.
int64_t KeptFor(const ResponseHead& head, int64_t most);

}  // namespace offing::origin
