// Authenticator: says who asks (spec/users.md). It believes a token that one of the app's keys has
// signed, and, with [auth] origin, what the app's own server says about a cookie.
//
// Identify: a request's `Authorization: Bearer` that looks like a JWT is the token; there must be
// one Authorization only. Without such a token, a request with a cookie or another Authorization is
// shown to the origin, if there is one to ask: just these two headers, and those that tell it how
// it was asked (Host, X-Forwarded-*). std::nullopt is nobody. Errors:
//
//   kUnauthorized  a token of ours that cannot be believed; the sentence says why
//   kUnsupported   a token that is nobody's here: another alg, an unknown key (one of the set is
//                  looked for first, by reading it again). A door behind which somebody else checks
//                  tokens of his own may take this for nobody
//   kUnavailable   the origin gave no answer that can be understood, or none in time
//
// Refusal() makes the response of any of them. Answers of the origin are kept for cache_ms under a
// digest of the headers that were shown; while one is asked for, whoever needs the same one waits
// for it. Errors are not kept. Users are those of the first app, the site's; a token of another
// app is kUnauthorized here.
//
// Limits: answers kept (the oldest goes), questions under way (kUnavailable), both counted; who
// waits for one answer is bounded by the connections.
//
// Threading: any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "auth/config.h"
#include "auth/identity.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"
#include "net/core.h"

namespace offing::auth {

// One GET that the server itself sends to the origin, from a core, and its whole answer; an error
// for a body over the limit, for none in time, and for none at all. Calls back once, on that core.
struct Question {
  http::Request request;
  size_t max_bytes;
  int64_t time_ms;
};
using AskOrigin =
    std::function<void(net::Core&, Question, std::function<void(base::Result<http::Response>)>)>;

class Authenticator {
 public:
  using Who = std::optional<Identity>;
  using Done = std::function<void(base::Result<Who>)>;

  struct Deps {
    const base::Clock& clock;
    const base::Log& log;
    base::Metrics& metrics;
    AskOrigin ask;  // none: [auth] origin must be empty
  };
  // Errors name [auth] jwks: a file that is no set of keys, a URL that cannot be. A URL that gives
  // no keys now is a warning: it is fetched again and again.
  static base::Result<std::unique_ptr<Authenticator>> Open(AuthConfig config, Deps deps);
  ~Authenticator();

  // On `core`'s thread. Calls back once, on that core, perhaps before it returns.
  void Identify(const http::Request& request, net::Core& core, Done done);

  // A token by itself, as sockets bring it, of the app with this id. An unknown key of the set is
  // kUnsupported at once, and has the set fetched again.
  base::Result<Identity> CheckToken(std::string_view token, std::string_view app_id);

  // Ends what runs in the background and drops who waits. After the cores have stopped.
  void Stop();

 private:
  class Impl;
  explicit Authenticator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// 401 `token`, or 503 `unavailable`.
http::Response Refusal(const base::Error& error);
// 401 `token` for nobody, where somebody is needed.
http::Response NobodyRefusal();

}  // namespace offing::auth
