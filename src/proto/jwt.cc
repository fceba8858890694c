#include "proto/jwt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/json.h"
#include "crypto/digest.h"
#include "proto/base64url.h"
#include "proto/utf8.h"

namespace offing::proto {

namespace {

using base::Code;
using base::Fail;
using base::Json;

constexpr double kMaxSeconds = 1e12;

std::unexpected<base::Error> Refuse(std::string why) {
  return Fail(Code::kUnauthorized, std::move(why));
}

// A token that nobody here can have signed.
std::unexpected<base::Error> Foreign(std::string why) {
  return Fail(Code::kUnsupported, std::move(why));
}

struct Parts {
  Json header;
  Json claims;
  std::string_view signed_text;  // HEADER.CLAIMS
  std::string signature;
};

std::optional<Json> DecodeObject(std::string_view text) {
  const auto bytes = DecodeBase64Url(text);
  if (!bytes) return std::nullopt;
  auto json = base::ParseJson(*bytes);
  if (!json || !json->is_object()) return std::nullopt;
  return std::move(*json);
}

base::Result<Parts> Split(std::string_view token) {
  if (token.size() > kMaxJwtBytes) {
    return Foreign(fmt::format("the token is over {} bytes", kMaxJwtBytes));
  }
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return Foreign("the token is malformed: it has not three parts");
  }
  auto header = DecodeObject(token.substr(0, first));
  if (!header) return Foreign("the token is malformed: its header is no JSON object in base64url");
  auto claims = DecodeObject(token.substr(first + 1, second - first - 1));
  if (!claims) return Foreign("the token is malformed: its claims are no JSON object in base64url");
  auto signature = DecodeBase64Url(token.substr(second + 1));
  if (!signature) return Foreign("the token is malformed: its signature is not base64url");
  return Parts{std::move(*header), std::move(*claims), token.substr(0, second),
               std::move(*signature)};
}

// The kid; "" if there is none.
base::Result<std::string> ReadKid(const Json& header) {
  const auto kid = header.find("kid");
  if (kid == header.end()) return std::string();
  if (!kid->is_string() || kid->get_ref<const std::string&>().empty()) {
    return Refuse("the token is malformed: its kid is no text");
  }
  return kid->get<std::string>();
}

// What a header says may be any text: a message repeats only what is harmless and short.
std::string Harmless(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 64)) out += c < ' ' || c > '~' || c == '"' ? '?' : c;
  return out;
}

base::Result<const AppCredentials*> CheckHs256(const Parts& parts, const std::string& kid,
                                               const JwtKeys& keys) {
  const auto app =
      kid.empty() ? keys.apps.begin() : std::ranges::find(keys.apps, kid, &AppCredentials::key);
  if (app == keys.apps.end()) {
    return Foreign(
        fmt::format("the token is of an unknown key: \"{}\" is no app's", Harmless(kid)));
  }
  if (!crypto::ConstantTimeEqual(parts.signature,
                                 crypto::HmacSha256(app->secret, parts.signed_text))) {
    return Refuse("the token has a wrong signature");
  }
  return &*app;
}

base::Result<const AppCredentials*> CheckEs256(const Parts& parts, const std::string& kid,
                                               const JwtKeys& keys) {
  if (keys.set == nullptr || keys.apps.empty()) {
    return Foreign("the token is signed with ES256, and [auth] jwks names no keys");
  }
  if (kid.empty()) return Refuse("the token is signed with ES256 and has no kid");
  const crypto::P256Key* const key = keys.set->Find(kid);
  if (key == nullptr) {
    return Fail(
        Code::kNotFound,
        fmt::format("the token is of an unknown key: the set has no \"{}\"", Harmless(kid)));
  }
  if (!key->Verify(parts.signed_text, parts.signature)) {
    return Refuse("the token has a wrong signature");
  }
  return keys.apps.data();
}

base::Result<const AppCredentials*> CheckSignature(const Parts& parts, const JwtKeys& keys) {
  // RFC 7515, 4.1.11: whoever does not know what "crit" lists must refuse.
  if (parts.header.contains("crit")) return Refuse("the token has a header that is not understood");
  const auto kid = ReadKid(parts.header);
  if (!kid) return std::unexpected(kid.error());
  const auto alg = parts.header.find("alg");
  if (alg == parts.header.end() || !alg->is_string()) {
    return Refuse("the token is malformed: it has no alg");
  }
  if (*alg == "HS256") return CheckHs256(parts, *kid, keys);
  if (*alg == "ES256") return CheckEs256(parts, *kid, keys);
  return Foreign(fmt::format("the token's alg is \"{}\", and only HS256 and ES256 are taken",
                             Harmless(alg->get_ref<const std::string&>())));
}

base::Result<std::optional<int64_t>> ReadTime(const Json& claims, const char* name) {
  const auto it = claims.find(name);
  if (it == claims.end()) return std::nullopt;
  const double seconds = it->is_number() ? it->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) {
    return Refuse(fmt::format("the token is malformed: {} is no number of seconds", name));
  }
  return static_cast<int64_t>(std::floor(seconds));
}

base::Result<int64_t> CheckTimes(const Json& claims, JwtExpiry expiry, int64_t now_s) {
  const auto exp = ReadTime(claims, "exp");
  const auto nbf = ReadTime(claims, "nbf");
  const auto iat = ReadTime(claims, "iat");
  for (const auto* time : {&exp, &nbf, &iat}) {
    if (!*time) return std::unexpected(time->error());
  }
  if (!*exp && expiry == JwtExpiry::kRequired) return Refuse("the token has no exp");
  if (*exp && now_s >= **exp + kJwtLeewayS) return Refuse("the token is expired");
  if (*nbf && now_s < **nbf - kJwtLeewayS) return Refuse("the token is not valid yet");
  return exp->value_or(0);
}

base::Result<std::string> ReadText(const Json& claims, const char* name) {
  const auto it = claims.find(name);
  if (it == claims.end()) return std::string();
  if (!it->is_string() || !IsSubject(it->get_ref<const std::string&>())) {
    return Refuse(
        fmt::format("the token's {} is not 1 to {} bytes of text without control "
                    "characters",
                    name, kMaxSubjectBytes));
  }
  return it->get<std::string>();
}

base::Result<std::vector<std::string>> ReadPatterns(const Json& claims, const char* name) {
  std::vector<std::string> patterns;
  const auto it = claims.find(name);
  if (it == claims.end()) return patterns;
  bool good = it->is_array() && it->size() <= kMaxPatterns;
  for (size_t i = 0; good && i < it->size(); ++i) {
    good = (*it)[i].is_string();
    if (good) patterns.push_back((*it)[i].get<std::string>());
  }
  if (!good || !CheckPatterns(patterns)) {
    return Refuse(fmt::format("the token's {} is no list of at most {} patterns of channels", name,
                              kMaxPatterns));
  }
  return patterns;
}

base::Result<JwtClaims> ReadClaims(const Json& json, const char* subject, JwtExpiry expiry,
                                   int64_t now_s) {
  const auto exp = CheckTimes(json, expiry, now_s);
  if (!exp) return std::unexpected(exp.error());
  auto sub = ReadText(json, subject);
  if (!sub) return std::unexpected(sub.error());
  if (sub->empty()) return Refuse(fmt::format("the token has no {}", subject));
  auto dev = ReadText(json, "dev");
  if (!dev) return std::unexpected(dev.error());
  auto channels = ReadPatterns(json, "channels");
  if (!channels) return std::unexpected(channels.error());
  auto publish = ReadPatterns(json, "publish");
  if (!publish) return std::unexpected(publish.error());
  return JwtClaims{std::move(*sub), std::move(*dev), std::move(*channels), std::move(*publish),
                   *exp};
}

bool IsPattern(std::string_view text) {
  const size_t star = text.find('*');
  return IsSubject(text) && text.size() <= kMaxPatternBytes &&
         (star == std::string_view::npos || star + 1 == text.size());
}

}  // namespace

bool IsSubject(std::string_view text) {
  const bool plain =
      std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  // U+0080 to U+009F, the other control characters, are 0xC2 and one of these bytes.
  for (size_t at = text.find('\xc2'); at != std::string_view::npos;
       at = text.find('\xc2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0) return false;
  }
  return plain && !text.empty() && text.size() <= kMaxSubjectBytes && IsUtf8(text);
}

base::Result<void> CheckPatterns(std::span<const std::string> patterns) {
  if (patterns.size() > kMaxPatterns) {
    return Fail(Code::kInvalidArgument, fmt::format("over {} patterns", kMaxPatterns));
  }
  for (const std::string& pattern : patterns) {
    if (IsPattern(pattern)) continue;
    return Fail(
        Code::kInvalidArgument,
        fmt::format("\"{}\": a channel's name, or its beginning and a *", Harmless(pattern)));
  }
  return {};
}

base::Result<JwtResult> CheckJwt(std::string_view token, const JwtKeys& keys, JwtExpiry expiry,
                                 int64_t now_s) {
  const auto parts = Split(token);
  if (!parts) return std::unexpected(parts.error());
  const auto app = CheckSignature(*parts, keys);
  if (!app) return std::unexpected(app.error());
  auto claims = ReadClaims(parts->claims, "sub", expiry, now_s);
  if (!claims) return std::unexpected(claims.error());
  return JwtResult{std::move(*claims), *app};
}

base::Result<JwtClaims> ReadUser(std::string_view json, int64_t now_s) {
  const auto object = base::ParseJson(json);
  if (!object || !object->is_object()) return Refuse("the answer is no JSON object");
  auto claims = ReadClaims(*object, "user", JwtExpiry::kOptional, now_s);
  if (!claims) {
    // The same sentences, about another thing.
    return Refuse("the answer" +
                  claims.error().detail.substr(std::string_view("the token").size()));
  }
  return claims;
}

std::string SignJwt(const AppCredentials& app, const JwtClaims& claims, int64_t now_s) {
  Json header = {{"alg", "HS256"}, {"typ", "JWT"}, {"kid", app.key}};
  Json body = {{"sub", claims.sub}};
  if (!claims.dev.empty()) body["dev"] = claims.dev;
  if (!claims.channels.empty()) body["channels"] = claims.channels;
  if (!claims.publish.empty()) body["publish"] = claims.publish;
  body["iat"] = now_s;
  if (claims.exp_s != 0) body["exp"] = claims.exp_s;
  std::string token =
      EncodeBase64Url(base::DumpJson(header)) + "." + EncodeBase64Url(base::DumpJson(body));
  const std::string signature = EncodeBase64Url(crypto::HmacSha256(app.secret, token));
  return token.append(".").append(signature);
}

}  // namespace offing::proto
