// Whatever an origin sends, and however it is cut, the parser finds the same response or none, and
// never takes a byte that belongs to the next one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "origin/forward.h"
#include "origin/response_parser.h"

namespace offing::origin {
namespace {

using State = ResponseParser::State;

struct Outcome final : ResponseParser::Sink {
  void OnInterim(ResponseHead head) override {
    CHECK(head.status >= 100 && head.status < 200 && head.status != 101, "of 1xx");
    ++interims;
  }
  void OnResponseHead(ResponseHead its_head) override {
    CHECK(head.status == 0, "one head");
    head = std::move(its_head);
  }
  void OnResponseBody(std::string_view bytes) override {
    CHECK(head.status >= 200, "the head comes first");
    body += bytes;
  }
  State state = State::kNeedMore;
  int interims = 0;
  ResponseHead head;
  std::string body;
  size_t left = 0;
};

// `seed` chooses the cuts; 0: none.
Outcome Parse(std::string_view bytes, ResponseParser::RequestKind kind, uint32_t seed) {
  ResponseParser parser(kind, 2'000);
  Outcome outcome;
  while (!bytes.empty() && outcome.state == State::kNeedMore) {
    seed = seed * 1'664'525 + 1'013'904'223 * (seed != 0);
    const size_t size = seed == 0 ? bytes.size() : 1 + (seed >> 16) % 40;
    const std::string piece(bytes.substr(0, size));  // its end is where a sanitizer looks
    std::string_view rest = piece;
    outcome.state = parser.Feed(rest, outcome);
    CHECK(outcome.state != State::kNeedMore || rest.empty(), "all is taken while more is needed");
    bytes.remove_prefix(piece.size() - rest.size());
  }
  outcome.left = bytes.size();
  CHECK((outcome.state == State::kError) != parser.error().empty(), "an error has words");
  if (const auto length = parser.length(); outcome.state == State::kDone && length) {
    CHECK(outcome.body.size() == *length || outcome.body.empty(), "the length is the body's");
  }
  return outcome;
}

// No line of a head that is passed on may be two.
void CheckHead(ResponseHead head) {
  const http::Response response = ToClient(std::move(head));
  for (const auto& [name, value] : response.headers) {
    CHECK((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
          "a header is one line");
    CHECK(name != "transfer-encoding" && name != "content-length" && name != "connection",
          "the connection writes those");
  }
}

}  // namespace
}  // namespace offing::origin

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::origin;  // NOLINT
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto kind =
      (data[0] & 1) != 0 ? ResponseParser::RequestKind::kHead : ResponseParser::RequestKind::kOther;
  const Outcome whole = Parse(bytes, kind, 0);
  const Outcome cut = Parse(bytes, kind, data[0] + 1U);
  // How soon a broken chunk is noticed may depend on the cuts; whether a response is one may not.
  CHECK((whole.state == State::kDone) == (cut.state == State::kDone), "cuts do not matter");
  CHECK((whole.state == State::kSwitched) == (cut.state == State::kSwitched), "cuts do not matter");
  if (whole.head.status != 0) CheckHead(whole.head);
  if (whole.state != State::kDone) return 0;
  CHECK(whole.left == cut.left, "the next response's bytes stay with the caller");
  CHECK(whole.head.status == cut.head.status && whole.head.headers == cut.head.headers &&
            whole.body == cut.body && whole.interims == cut.interims,
        "cuts do not change the response");
  return 0;
}
