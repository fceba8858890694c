// However the bytes are cut, the parser hears the same. The first byte says which peer and how long
// a message may be; the second seeds the cuts.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "proto/ws_frame.h"

namespace {

using namespace offing::proto;

// Everything that was heard, as one string.
class Transcript final : public WsSink {
 public:
  explicit Transcript(size_t max) : max_(max) {}
  void OnWsMessage(WsOpcode opcode, std::string_view payload) override {
    CHECK(payload.size() <= max_, "a message over the limit");
    CHECK(opcode == WsOpcode::kBinary || (opcode == WsOpcode::kText && IsUtf8(payload)),
          "neither text nor binary");
    Add(opcode == WsOpcode::kText ? 't' : 'b', payload);
  }
  void OnWsPing(std::string_view payload) override { AddControl('i', payload); }
  void OnWsPong(std::string_view payload) override { AddControl('o', payload); }
  void OnWsClose(uint16_t code, std::string_view reason) override {
    CHECK(code >= 1000 && code < 5000 && IsUtf8(reason), "a bad close");
    AddControl('c', std::to_string(code) + std::string(reason));
    closed_ = true;
  }
  void AddError(const WsError& error) {
    CHECK(error.code == 1002 || error.code == 1007 || error.code == 1009, "an unknown error");
    text_ += "e" + std::to_string(error.code) + std::string(error.reason);
  }
  const std::string& text() const { return text_; }

 private:
  void AddControl(char kind, std::string_view payload) {
    CHECK(payload.size() <= 128, "a control frame over its limit");
    Add(kind, payload);
  }
  void Add(char kind, std::string_view payload) {
    CHECK(!closed_, "something follows a close");
    text_ += kind + std::to_string(payload.size()) + ":" + std::string(payload);
  }
  size_t max_;
  bool closed_ = false;
  std::string text_;
};

// `next` gives the size of the next piece.
template <class Next>
std::string Hear(WsPeer peer, size_t max, std::string bytes, Next next) {
  Transcript transcript(max);
  WsParser parser(peer, max);
  std::optional<WsError> error;
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = std::min(next(), bytes.size() - at);
    error = parser.Feed(std::span(bytes).subspan(at, size), transcript);
    at += size;
  }
  if (error) transcript.AddError(*error);
  return transcript.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const WsPeer peer = data[0] % 2 == 0 ? WsPeer::kClient : WsPeer::kServer;
  const size_t max = size_t{1} << (data[0] / 2 % 20);
  const std::string bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::string whole = Hear(peer, max, bytes, [&] { return bytes.size(); });
  CHECK(Hear(peer, max, bytes, [] { return size_t{1}; }) == whole, "cut into bytes");
  uint32_t state = data[1];
  const auto random = [&] {
    state = state * 1664525 + 1013904223;
    return size_t{1} + (state >> 24) % (state & 0x10000 ? 7 : 200);
  };
  CHECK(Hear(peer, max, bytes, random) == whole, "cut at random");
  CHECK(WsAccept(bytes).has_value() == false || bytes.size() == 24, "a key of another length");
  return 0;
}
