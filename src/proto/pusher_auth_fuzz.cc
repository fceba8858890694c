// What we sign we accept; what nobody signed nobody gets in with. The input is a method, a path, a
// query and a body, each on a line.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "proto/pusher_auth.h"

namespace {

std::string_view NextLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::proto;
  constexpr int64_t kNow = 1353088179;
  const AppCredentials app{"3", "278d425bdf160c739803", "a secret that no input holds"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view rest = text;
  ApiCall call;
  call.method = NextLine(rest);
  call.raw_path = NextLine(rest);
  call.raw_query = NextLine(rest);
  call.body = rest;
  CHECK(!VerifyApiCall(app, call, kNow), "a call got in unsigned");
  CHECK(!VerifyChannel(app, call.raw_query, call.method, call.raw_path, call.body),
        "a subscription got in unsigned");
  CHECK(VerifyChannel(app, SignChannel(app, call.method, call.raw_path, call.body), call.method,
                      call.raw_path, call.body),
        "a subscription that we signed is refused");
  // Parameters of the signature's own would then stand twice.
  const bool clean = call.raw_query.find_first_of("_%") == std::string_view::npos;
  if (clean && std::ranges::count(call.raw_query, '&') < 50) {
    const std::string query = SignApiCall(app, call, kNow);
    call.raw_query = query;
    CHECK(VerifyApiCall(app, call, kNow), "a call that we signed is refused");
    CHECK(!VerifyApiCall(app, call, kNow + 601), "a signature that is too old");
    const std::string other = std::string(call.body) + "x";
    call.body = other;
    CHECK(!VerifyApiCall(app, call, kNow), "another body got in");
  }
  if (const auto parsed = ParseAppCredentials(text)) {
    CHECK(parsed->id + ":" + parsed->key + ":" + parsed->secret == text, "credentials changed");
  }
  return 0;
}
