#include "auth/authenticator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
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

}  // namespace

class Authenticator::Impl {
 public:
  Impl(AuthConfig config, Deps deps)
      : config_(std::move(config)),
        deps_(std::move(deps)),
        believed_(
            deps_.metrics.AddCounter("offing_auth_tokens_total", "Tokens that were believed.")),
        refused_(deps_.metrics.AddCounter("offing_auth_tokens_refused_total",
                                          "Tokens that were not believed (401).")) {
    CHECK(!config_.apps.empty(), "an Authenticator needs an app");
  }

  void Identify(const http::Request& request, net::Core&, Done done) {
    const std::string_view authorization = request.Header("authorization");
    if (std::ranges::count(request.headers, "authorization", &http::Headers::value_type::first) >
        1) {
      return done(Fail(Code::kUnauthorized, "Authorization stands twice"));
    }
    const std::string_view token = TokenOf(authorization);
    if (!token.empty()) return done(Check(token, config_.apps.front().id));
    done(std::nullopt);
  }

  base::Result<Identity> Check(std::string_view token, std::string_view app_id) {
    auto checked =
        proto::CheckJwt(token, {.apps = config_.apps}, config_.expiry, deps_.clock.WallMs() / 1000);
    if (checked && checked->app->id != app_id) {
      checked = Fail(Code::kUnauthorized, "the token is of another app");
    }
    if (!checked) {
      refused_.Add();
      return std::unexpected(checked.error());
    }
    believed_.Add();
    return ToIdentity(std::move(checked->claims));
  }

 private:
  const AuthConfig config_;
  const Deps deps_;
  base::Counter& believed_;
  base::Counter& refused_;
};

base::Result<std::unique_ptr<Authenticator>> Authenticator::Open(AuthConfig config, Deps deps) {
  return std::unique_ptr<Authenticator>(
      new Authenticator(std::make_unique<Impl>(std::move(config), std::move(deps))));
}

Authenticator::Authenticator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authenticator::~Authenticator() = default;

void Authenticator::Identify(const http::Request& request, net::Core& core, Done done) {
  impl_->Identify(request, core, std::move(done));
}

base::Result<Identity> Authenticator::CheckToken(std::string_view token, std::string_view app_id) {
  return impl_->Check(token, app_id);
}

void Authenticator::Stop() {}

http::Response Refusal(const base::Error& error) {
  const bool later = error.code == Code::kUnavailable;
  return http::ProblemResponse(later ? http::Problem::kUnavailable : http::Problem::kToken,
                               error.detail);
}

http::Response NobodyRefusal() {
  return http::ProblemResponse(http::Problem::kToken, "a token is needed, and there is none");
}

}  // namespace offing::auth
