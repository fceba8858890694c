// A token that nobody signed is never believed; one that we signed always is. The input is a token,
// or (behind an empty first line) an app's answer, or a set of keys.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "proto/base64url.h"
#include "proto/jwks.h"
#include "proto/jwt.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::proto;
  constexpr int64_t kNow = 1'700'000'000;
  static const std::vector<AppCredentials> apps{{"1", "key", "a secret that no input holds"}};
  static const Jwks set = Jwks::Parse(R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1",)"
                                      R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})")
                              .value();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const JwtKeys keys{apps, &set};
  CHECK(!CheckJwt(text, keys, JwtExpiry::kOptional, kNow), "a token got in unsigned");
  if (IsSubject(text)) {
    const JwtClaims claims{.sub = std::string(text), .exp_s = kNow + 1};
    const auto checked = CheckJwt(SignJwt(apps[0], claims, kNow), keys, JwtExpiry::kRequired, kNow);
    CHECK(checked && checked->claims.sub == text, "a token that we signed is refused");
  }
  if (const auto bytes = DecodeBase64Url(text)) {
    CHECK(EncodeBase64Url(*bytes) == text, "a text has two spellings");
  }
  CHECK(DecodeBase64Url(EncodeBase64Url(text)) == text, "bytes changed");
  if (const auto user = ReadUser(text, kNow)) CHECK(IsSubject(user->sub), "a user that is none");
  (void)Jwks::Parse(text);
  return 0;
}
