#include "proto/jwks.h"

#include <fmt/format.h>

#include <optional>

#include "base/json.h"
#include "proto/base64url.h"

namespace offing::proto {

namespace {

using base::Code;
using base::Fail;
using base::Json;

constexpr size_t kMaxKidBytes = 200;

std::string Member(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool IsForEs256(const Json& key) {
  const std::string use = Member(key, "use");
  const std::string alg = Member(key, "alg");
  return Member(key, "kty") == "EC" && Member(key, "crv") == "P-256" &&
         (!key.contains("use") || use == "sig") && (!key.contains("alg") || alg == "ES256") &&
         !Member(key, "kid").empty();
}

}  // namespace

base::Result<Jwks> Jwks::Parse(std::string_view text) {
  const auto fail = [](std::string why) { return Fail(Code::kInvalidArgument, std::move(why)); };
  if (text.size() > kMaxJwksBytes) return fail(fmt::format("over {} bytes", kMaxJwksBytes));
  const auto json = base::ParseJson(text);
  if (!json) return fail(json.error().detail);
  if (!json->is_object() || !json->contains("keys") || !(*json)["keys"].is_array()) {
    return fail("no object with an array \"keys\" (RFC 7517)");
  }
  Jwks set;
  for (const Json& key : (*json)["keys"]) {
    if (!key.is_object() || !IsForEs256(key)) continue;
    std::string kid = Member(key, "kid");
    if (kid.size() > kMaxKidBytes) return fail(fmt::format("a kid over {} bytes", kMaxKidBytes));
    if (key.contains("d")) return fail(fmt::format("key \"{}\" is a private one", kid));
    if (set.Find(kid) != nullptr) return fail(fmt::format("kid \"{}\" stands twice", kid));
    if (set.keys_.size() == kMaxJwksKeys) return fail(fmt::format("over {} keys", kMaxJwksKeys));
    const auto x = DecodeBase64Url(Member(key, "x"));
    const auto y = DecodeBase64Url(Member(key, "y"));
    auto point = crypto::P256Key::Make(x.value_or(""), y.value_or(""));
    if (!point) return fail(fmt::format("key \"{}\" {}", kid, point.error().detail));
    set.keys_.emplace_back(std::move(kid), std::move(*point));
  }
  if (set.keys_.empty()) return fail("no key for ES256 with a kid (kty EC, crv P-256)");
  return set;
}

const crypto::P256Key* Jwks::Find(std::string_view kid) const {
  for (const auto& [name, key] : keys_) {
    if (name == kid) return &key;
  }
  return nullptr;
}

}  // namespace offing::proto
