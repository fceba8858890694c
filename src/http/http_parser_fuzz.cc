// Whatever comes, and however it is cut, the parser finds the same request or none, and
// never takes a byte that belongs to the next one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/parser.h"

namespace offing::http {
namespace {

using State = RequestParser::State;

constexpr ParserLimits kLimits{.max_target_bytes = 200, .max_body_bytes = 1'000};

struct Outcome {
  State state = State::kNeedMore;
  int status = 0;
  Request request;
  size_t left = 0;  // bytes behind the request
};

// `seed` chooses the cuts; 0: none.
Outcome Parse(std::string_view bytes, uint32_t seed) {
  RequestParser parser(kLimits);
  Outcome outcome;
  while (!bytes.empty() && outcome.state == State::kNeedMore) {
    seed = seed * 1'664'525 + 1'013'904'223 * (seed != 0);
    const size_t size = seed == 0 ? bytes.size() : 1 + (seed >> 16) % 40;
    const std::string piece(bytes.substr(0, size));  // its end is where a sanitizer looks
    std::string_view rest = piece;
    outcome.state = parser.Feed(rest);
    parser.TakeExpectation();
    CHECK(outcome.state != State::kNeedMore || rest.empty(), "all is taken while more is needed");
    bytes.remove_prefix(piece.size() - rest.size());
  }
  outcome.left = bytes.size();
  outcome.status = parser.error_status();
  outcome.request = parser.request();
  CHECK((outcome.state == State::kError) == (outcome.status != 0), "an error has a status");
  return outcome;
}

}  // namespace
}  // namespace offing::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::http;  // NOLINT
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = Parse(bytes, 0);
  const Outcome cut = Parse(bytes, data[0] + 1U);
  // How soon a broken chunk is noticed may depend on the cuts; whether a request is one may not.
  CHECK((whole.state == State::kDone) == (cut.state == State::kDone), "cuts do not matter");
  if (whole.state != State::kDone) return 0;
  CHECK(whole.left == cut.left, "the next request's bytes stay with the caller");
  const Request& request = whole.request;
  CHECK(request.method == cut.request.method && request.target == cut.request.target &&
            request.headers == cut.request.headers && request.body == cut.request.body,
        "cuts do not change the request");
  CHECK(request.body.size() <= kLimits.max_body_bytes, "the body is within its limit");
  CHECK(request.target.size() <= kLimits.max_target_bytes, "the target is within its limit");
  return 0;
}
