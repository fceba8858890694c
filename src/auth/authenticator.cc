#include "auth/authenticator.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "auth/answers.h"
#include "auth/key_source.h"
#include "base/ascii.h"
#include "base/check.h"
#include "crypto/digest.h"
#include "http/problem.h"

namespace offing::auth {

namespace {

using base::Code;
using base::Fail;

constexpr std::string_view kScheme = "bearer ";

Identity ToIdentity(proto::JwtClaims claims) {
  std::string hash = UserHash(claims.sub);
  return {std::move(claims.sub), std::move(hash), std::move(claims.dev), std::move(claims.channels),
          std::move(claims.publish)};
}

// The token of an Authorization, or "": what has not three parts is somebody else's secret.
std::string_view TokenOf(std::string_view authorization) {
  if (!base::SameIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
  const std::string_view token = base::TrimBlanks(authorization.substr(kScheme.size()));
  return std::ranges::count(token, '.') == 2 ? token : std::string_view();
}

// What the digest is made of, so that no two requests that the origin could tell apart share one.
std::string DigestOf(const http::Request& shown) {
  std::string text;
  for (const auto& [name, value] : shown.headers) {
    if (name == "x-forwarded-for" || name == "forwarded") continue;  // the way, not the user
    text += fmt::format("{}:{}:{}", name, value.size(), value);
  }
  return crypto::Sha256Hex(text);
}

// The request that the origin is shown, or nullopt: there is nothing to show.
std::optional<http::Request> ToShow(const http::Request& request, const std::string& path) {
  http::Request shown{.method = "GET", .target = path, .path = path};
  std::string cookies;  // several Cookie headers are one list with semicolons
  for (const auto& [name, value] : request.headers) {
    if (name == "cookie") cookies += (cookies.empty() ? "" : "; ") + value;
    if (name == "authorization" || name == "host" || name == "forwarded" ||
        name.starts_with("x-forwarded-")) {
      shown.headers.emplace_back(name, value);
    }
  }
  if (cookies.empty() && request.Header("authorization").empty()) return std::nullopt;
  if (!cookies.empty()) shown.headers.emplace_back("cookie", std::move(cookies));
  shown.headers.emplace_back("accept", "application/json");
  shown.peer_address = request.peer_address;
  shown.secure = request.secure;
  return shown;
}

base::Result<Authenticator::Who> Understand(const base::Result<http::Response>& answer,
                                            const std::string& path, int64_t now_s) {
  const auto fail = [&path](std::string_view why) {
    return Fail(Code::kUnavailable,
                fmt::format("the app's own server was asked who this is (GET {}): {}", path, why));
  };
  if (!answer) return fail(answer.error().detail);
  if (answer->status == 401 || answer->status == 403 || answer->status == 204) {
    return std::nullopt;
  }
  if (answer->status != 200) return fail(fmt::format("the answer is {}", answer->status));
  const auto* const body = std::get_if<std::string>(&answer->body);
  CHECK(body != nullptr, "the answer to a question is a text");
  auto claims = proto::ReadUser(*body, now_s);
  if (!claims) return fail(claims.error().detail);
  return ToIdentity(std::move(*claims));
}

}  // namespace

class Authenticator::Impl {
 public:
  Impl(AuthConfig config, Deps deps, std::unique_ptr<KeySource> keys)
      : config_(std::move(config)),
        deps_(std::move(deps)),
        keys_(std::move(keys)),
        answers_({config_.max_answers, config_.max_asking, config_.cache_ms}, deps_.clock,
                 deps_.metrics),
        believed_(
            deps_.metrics.AddCounter("offing_auth_tokens_total", "Tokens that were believed.")),
        refused_(deps_.metrics.AddCounter("offing_auth_tokens_refused_total",
                                          "Tokens that were not believed (401).")) {
    CHECK(!config_.apps.empty(), "an Authenticator needs an app");
    CHECK(config_.origin.empty() || deps_.ask, "somebody must be able to ask the origin");
  }

  void Identify(const http::Request& request, net::Core& core, Done done) {
    if (std::ranges::count(request.headers, "authorization", &http::Headers::value_type::first) >
        1) {
      return done(Fail(Code::kUnauthorized, "Authorization stands twice"));
    }
    const std::string_view token = TokenOf(request.Header("authorization"));
    if (!token.empty()) return IdentifyToken(token, core, std::move(done));
    auto shown = config_.origin.empty() ? std::nullopt : ToShow(request, config_.origin);
    if (!shown) return done(std::nullopt);
    Show(std::move(*shown), core, std::move(done));
  }

  base::Result<Identity> Check(std::string_view token, std::string_view app_id) {
    auto identity = CheckOnce(token, app_id);
    if (!identity && identity.error().code == Code::kNotFound) keys_->Refresh([] {});
    return Counted(std::move(identity));
  }

  void Stop() {
    if (keys_) keys_->Stop();
    answers_.Drop();
  }

 private:
  void IdentifyToken(std::string_view token, net::Core& core, Done done) {
    auto identity = CheckOnce(token, config_.apps.front().id);
    if (!identity && identity.error().code == Code::kNotFound) {
      auto again = [this, &core, text = std::string(token), done] {
        core.Post([this, text, done] { done(Counted(CheckOnce(text, config_.apps.front().id))); });
      };
      if (keys_->Refresh(std::move(again))) return;
    }
    done(Counted(std::move(identity)));
  }

  // kNotFound: of a key that the set has not now.
  base::Result<Identity> CheckOnce(std::string_view token, std::string_view app_id) const {
    const auto keys = keys_ ? keys_->keys() : nullptr;
    auto checked = proto::CheckJwt(token, {.apps = config_.apps, .set = keys.get()}, config_.expiry,
                                   deps_.clock.WallMs() / 1000);
    if (!checked) return std::unexpected(checked.error());
    if (checked->app->id != app_id) return Fail(Code::kUnauthorized, "the token is of another app");
    return ToIdentity(std::move(checked->claims));
  }

  base::Result<Identity> Counted(base::Result<Identity> identity) {
    (identity ? believed_ : refused_).Add();
    if (!identity && identity.error().code == Code::kNotFound) {
      identity.error().code = Code::kUnsupported;
    }
    return identity;
  }

  void Show(http::Request shown, net::Core& core, Done done) {
    const std::string digest = DigestOf(shown);
    if (answers_.Find(digest, core, std::move(done)) != Answers::Step::kAsk) return;
    deps_.ask(core, {std::move(shown), config_.max_answer_bytes, config_.origin_time_ms},
              [this, digest](const base::Result<http::Response>& answer) {
                answers_.Tell(digest,
                              Understand(answer, config_.origin, deps_.clock.WallMs() / 1000));
              });
  }

  const AuthConfig config_;
  const Deps deps_;
  const std::unique_ptr<KeySource> keys_;  // nullptr: no ES256
  Answers answers_;
  base::Counter& believed_;
  base::Counter& refused_;
};

base::Result<std::unique_ptr<Authenticator>> Authenticator::Open(AuthConfig config, Deps deps) {
  std::unique_ptr<KeySource> keys;
  if (!config.jwks.empty()) {
    auto opened = KeySource::Open(config, {deps.clock, deps.log, deps.metrics});
    if (!opened) return std::unexpected(opened.error());
    keys = std::move(*opened);
  }
  return std::unique_ptr<Authenticator>(new Authenticator(
      std::make_unique<Impl>(std::move(config), std::move(deps), std::move(keys))));
}

Authenticator::Authenticator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authenticator::~Authenticator() = default;

void Authenticator::Identify(const http::Request& request, net::Core& core, Done done) {
  impl_->Identify(request, core, std::move(done));
}

base::Result<Identity> Authenticator::CheckToken(std::string_view token, std::string_view app_id) {
  return impl_->Check(token, app_id);
}

void Authenticator::Stop() {
  impl_->Stop();
}

http::Response Refusal(const base::Error& error) {
  const bool later = error.code == Code::kUnavailable;
  return http::ProblemResponse(later ? http::Problem::kUnavailable : http::Problem::kToken,
                               error.detail);
}

http::Response NobodyRefusal() {
  return http::ProblemResponse(http::Problem::kToken, "a token is needed, and there is none");
}

}  // namespace offing::auth
