#include "proto/ws_frame.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace offing::proto {
namespace {

static_assert(sizeof(WsParser) <= 64, "a parser is part of every idle connection");

// Writes down what it hears, a line for each call.
class Recorder final : public WsSink {
 public:
  void OnWsMessage(WsOpcode opcode, std::string_view payload) override {
    Add(opcode == WsOpcode::kText ? "text" : "binary", payload);
  }
  void OnWsPing(std::string_view payload) override { Add("ping", payload); }
  void OnWsPong(std::string_view payload) override { Add("pong", payload); }
  void OnWsClose(uint16_t code, std::string_view reason) override {
    Add(fmt::format("close {}", code), reason);
  }
  std::vector<std::string> heard;

 private:
  void Add(std::string_view what, std::string_view payload) {
    heard.push_back(fmt::format("{}:{}", what, payload));
  }
};

struct Outcome {
  std::vector<std::string> heard;
  int error = 0;
  std::string reason;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds `bytes` cut into pieces of `step` bytes, but the first of `first`.
Outcome Cut(WsPeer peer, std::string bytes, size_t first, size_t step, size_t max = 1 << 20) {
  Recorder recorder;
  WsParser parser(peer, max);
  Outcome outcome;
  for (size_t at = 0; at < bytes.size();) {
    const size_t size = std::min(at == 0 ? first : step, bytes.size() - at);
    const std::optional<WsError> error = parser.Feed(std::span(bytes).subspan(at, size), recorder);
    if (error) outcome.error = error->code, outcome.reason = error->reason;
    at += size;
  }
  outcome.heard = recorder.heard;
  return outcome;
}

// Checks every cut into two, and byte by byte.
Outcome Parse(WsPeer peer, const std::string& bytes, size_t max = 1 << 20) {
  Outcome whole = Cut(peer, bytes, bytes.size(), bytes.size(), max);
  const size_t step = std::max<size_t>(1, bytes.size() / 400);
  for (size_t first = 1; first < bytes.size(); first += step) {
    EXPECT_EQ(Cut(peer, bytes, first, bytes.size(), max), whole) << "cut at " << first;
  }
  if (bytes.size() < 10'000) {
    EXPECT_EQ(Cut(peer, bytes, 1, 1, max), whole);
  }
  return whole;
}

using Heard = std::vector<std::string>;

constexpr uint32_t kKey = 0x37FA213D;

// A client's frame with any first byte.
std::string Raw(int first, std::string_view payload) {
  std::string frame = EncodeWsClientFrame(WsOpcode::kText, payload, kKey);
  frame[0] = static_cast<char>(first);
  return frame;
}

std::string Close(std::string_view payload) {
  return Raw(0x88, payload);
}

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

TEST(WsParser, ReadsTheExamplesOfRfc6455) {
  const std::string hello = Bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f});
  EXPECT_EQ(Parse(WsPeer::kServer, hello).heard, Heard{"text:Hello"});
  const std::string masked =
      Bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
  EXPECT_EQ(Parse(WsPeer::kClient, masked).heard, Heard{"text:Hello"});
  const std::string pieces = Bytes({0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f});
  EXPECT_EQ(Parse(WsPeer::kServer, pieces).heard, Heard{"text:Hello"});
  const std::string ping = Bytes({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f});
  EXPECT_EQ(Parse(WsPeer::kServer, ping).heard, Heard{"ping:Hello"});
  const std::string pong =
      Bytes({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
  EXPECT_EQ(Parse(WsPeer::kClient, pong).heard, Heard{"pong:Hello"});
  for (const size_t size : {256U, 65536U}) {
    const std::string head =
        size == 256 ? Bytes({0x82, 0x7E, 0x01, 0x00}) : Bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0});
    const std::string payload(size, 'x');
    EXPECT_EQ(Parse(WsPeer::kServer, head + payload).heard, Heard{"binary:" + payload});
    EXPECT_EQ(EncodeWsFrame(WsOpcode::kBinary, payload), head + payload);
  }
}

TEST(WsEncoder, WritesTheExamplesOfRfc6455) {
  EXPECT_EQ(EncodeWsFrame(WsOpcode::kText, "Hello"), Bytes({0x81, 0x05}) + "Hello");
  EXPECT_EQ(EncodeWsClientFrame(WsOpcode::kText, "Hello", kKey),
            Bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
  EXPECT_EQ(EncodeWsFrame(WsOpcode::kPing, ""), Bytes({0x89, 0x00}));
}

TEST(WsParser, ReadsBackEveryLengthOnBothSides) {
  for (const size_t size :
       {0U, 1U, 7U, 8U, 9U, 124U, 125U, 126U, 127U, 255U, 65535U, 65536U, 65537U}) {
    std::string payload;
    for (size_t i = 0; i < size; ++i) payload += static_cast<char>(i * 7);
    EXPECT_EQ(Parse(WsPeer::kServer, EncodeWsFrame(WsOpcode::kBinary, payload)).heard,
              Heard{"binary:" + payload});
    EXPECT_EQ(
        Parse(WsPeer::kClient, EncodeWsClientFrame(WsOpcode::kBinary, payload, 0x80FF017F)).heard,
        Heard{"binary:" + payload});
  }
}

TEST(WsParser, HandsOutAWholeFrameWhereItLies) {
  class Where final : public WsSink {
   public:
    void OnWsMessage(WsOpcode, std::string_view payload) override { at = payload.data(); }
    void OnWsPing(std::string_view) override {}
    void OnWsPong(std::string_view) override {}
    void OnWsClose(uint16_t, std::string_view) override {}
    const char* at = nullptr;
  } where;
  std::string bytes = EncodeWsClientFrame(WsOpcode::kText, "Hello", kKey);
  WsParser parser(WsPeer::kClient, 100);
  EXPECT_FALSE(parser.Feed(bytes, where));
  EXPECT_EQ(where.at, bytes.data() + 6);
}

TEST(WsParser, JoinsFragmentsWithControlFramesBetween) {
  const std::string bytes = Raw(0x01, "a\xE2\x82") + Raw(0x89, "p") + Raw(0x00, "") +
                            Raw(0x00, "\xAC") + Raw(0x8A, "q") + Raw(0x80, "z") +
                            Raw(0x81, "next") + Raw(0x02, "\xFF") + Raw(0x80, "\xFE") +
                            Close(Bytes({0x03, 0xE8}) + "bye");
  const Outcome outcome = Parse(WsPeer::kClient, bytes);
  EXPECT_EQ(outcome.heard, (Heard{"ping:p", "pong:q", "text:a\xE2\x82\xACz", "text:next",
                                  "binary:\xFF\xFE", "close 1000:bye"}));
  EXPECT_EQ(outcome.error, 0);
}

TEST(WsParser, TakesLengthsThatAreNotMinimal) {
  EXPECT_EQ(Parse(WsPeer::kServer, Bytes({0x81, 0x7E, 0, 1, 'a'})).heard, Heard{"text:a"});
  EXPECT_EQ(Parse(WsPeer::kServer, Bytes({0x81, 0x7F, 0, 0, 0, 0, 0, 0, 0, 1, 'a'})).heard,
            Heard{"text:a"});
}

TEST(WsParser, RefusesBrokenFraming) {
  const std::string long_control = Raw(0x89, std::string(126, 'x'));
  const std::string top_bit = Bytes({0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4});
  for (const auto& [bytes, reason] : std::initializer_list<std::pair<std::string, const char*>>{
           {Raw(0xC1, "a"), "reserved bits are set"},
           {Raw(0xA1, "a"), "reserved bits are set"},
           {Raw(0x91, "a"), "reserved bits are set"},
           {Raw(0xC9, "a"), "reserved bits are set"},
           {Raw(0x83, "a"), "unknown opcode"},
           {Raw(0x87, "a"), "unknown opcode"},
           {Raw(0x8B, "a"), "unknown opcode"},
           {Raw(0x8F, ""), "unknown opcode"},
           {EncodeWsFrame(WsOpcode::kText, "a"), "a client's frame must be masked"},
           {top_bit, "frame length beyond 63 bits"},
           {long_control, "control frame is fragmented or over 125 bytes"},
           {Raw(0x09, "a"), "control frame is fragmented or over 125 bytes"},
           {Raw(0x08, ""), "control frame is fragmented or over 125 bytes"},
           {Raw(0x80, "a"), "continuation of no message"},
           {Raw(0x00, "a"), "continuation of no message"},
           {Raw(0x01, "a") + Raw(0x81, "b"), "new message within a fragmented one"},
           {Raw(0x01, "") + Raw(0x01, ""), "new message within a fragmented one"},
           {Raw(0x02, "a") + Raw(0x80, "b") + Raw(0x80, "c"), "continuation of no message"},
       }) {
    const Outcome outcome = Parse(WsPeer::kClient, bytes + Raw(0x81, "after"));
    EXPECT_EQ(outcome.error, 1002);
    EXPECT_EQ(outcome.reason, reason);
    for (const std::string& line : outcome.heard) EXPECT_NE(line, "text:after");
  }
}

TEST(WsParser, RefusesMaskedFramesFromAServer) {
  const Outcome outcome = Parse(WsPeer::kServer, EncodeWsClientFrame(WsOpcode::kText, "a", kKey));
  EXPECT_EQ(outcome.error, 1002);
  EXPECT_EQ(outcome.reason, "a server's frame must not be masked");
  EXPECT_TRUE(outcome.heard.empty());
}

TEST(WsParser, RefusesTextThatIsNotUtf8InAnyCut) {
  for (const std::string& bytes :
       {Raw(0x81, "\xFF"), Raw(0x81, "abc\xC3"), Raw(0x01, "\xED") + Raw(0x80, "\xA0\x80"),
        Raw(0x01, "\xE2\x82") + Raw(0x80, ""), Raw(0x01, "") + Raw(0x80, "\x80"),
        Raw(0x01, "\xC3") + Raw(0x89, "p") + Raw(0x80, "x")}) {
    EXPECT_EQ(Parse(WsPeer::kClient, bytes).error, 1007);
  }
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x82, "\xFF")).heard, Heard{"binary:\xFF"});
}

TEST(WsParser, RefusesBadUtf8BeforeTheMessageIsWhole) {
  const std::string frame = Raw(0x81, "ab\xFFxxxxxxxxxxxx");
  EXPECT_EQ(Cut(WsPeer::kClient, frame.substr(0, 9), 9, 9).error, 1007);
  EXPECT_EQ(Cut(WsPeer::kClient, frame.substr(0, 8), 8, 8).error, 0);
}

TEST(WsParser, TakesTheCloseCodesOfTheWireAndNoOthers) {
  const auto code = [](int value) { return Bytes({value >> 8, value & 0xFF}); };
  EXPECT_EQ(Parse(WsPeer::kClient, Close("")).heard, Heard{"close 1005:"});
  for (const int good : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4200, 4999}) {
    EXPECT_EQ(Parse(WsPeer::kClient, Close(code(good) + "why \xC3\xA9")).heard,
              Heard{fmt::format("close {}:why \xC3\xA9", good)});
  }
  for (const int bad : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    const Outcome outcome = Parse(WsPeer::kClient, Close(code(bad)));
    EXPECT_EQ(outcome.error, 1002) << bad;
    EXPECT_TRUE(outcome.heard.empty());
  }
  EXPECT_EQ(Parse(WsPeer::kClient, Close("x")).error, 1002);
  EXPECT_EQ(Parse(WsPeer::kClient, Close(code(1000) + "\xFF")).error, 1007);
  EXPECT_EQ(Parse(WsPeer::kClient, Close(code(1000) + std::string(123, 'x'))).heard,
            Heard{"close 1000:" + std::string(123, 'x')});
}

TEST(WsParser, SaysNothingAfterAClose) {
  const Outcome outcome = Parse(WsPeer::kClient, Close("") + Raw(0x81, "after") + "garbage");
  EXPECT_EQ(outcome.heard, Heard{"close 1005:"});
  EXPECT_EQ(outcome.error, 0);
}

TEST(WsParser, RepeatsItsErrorAndNothingElse) {
  Recorder recorder;
  WsParser parser(WsPeer::kClient, 100);
  std::string bad = Raw(0x83, "");
  EXPECT_EQ(parser.Feed(bad, recorder)->code, 1002);
  std::string good = Raw(0x81, "fine");
  EXPECT_EQ(parser.Feed(good, recorder)->reason, "unknown opcode");
  EXPECT_EQ(parser.Feed({}, recorder)->code, 1002);
  EXPECT_TRUE(recorder.heard.empty());
}

TEST(WsParser, TakesTheGreatestMessageAndNotOneByteMore) {
  const std::string ten(10, 'x');
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x81, ten), 10).heard, Heard{"text:" + ten});
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x81, ten + "x"), 10).error, 1009);
  const std::string fits = Raw(0x01, "xxxxx") + Raw(0x00, "") + Raw(0x80, "xxxxx");
  EXPECT_EQ(Parse(WsPeer::kClient, fits + fits, 10).heard, (Heard{"text:" + ten, "text:" + ten}));
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x01, "xxxxx") + Raw(0x80, "xxxxxx"), 10).error, 1009);
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x01, ten) + Raw(0x00, "") + Raw(0x80, "x"), 10).error,
            1009);
  // Control frames have a limit of their own.
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x89, std::string(125, 'p')), 10).heard,
            Heard{"ping:" + std::string(125, 'p')});
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x81, ""), 0).heard, Heard{"text:"});
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x81, "x"), 0).error, 1009);
}

TEST(WsParser, RefusesALengthOverTheLimitFromTheHeaderAlone) {
  const std::string huge =
      Bytes({0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4});
  EXPECT_EQ(Parse(WsPeer::kClient, huge, 1 << 20).error, 1009);
  const std::string last =
      Bytes({0x80, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4});
  EXPECT_EQ(Parse(WsPeer::kClient, Raw(0x02, "abc") + last, 1 << 20).error, 1009);
}

TEST(WsParser, CanBeMovedBetweenPieces) {
  std::string bytes = Raw(0x01, "ab") + Raw(0x80, "cd");
  Recorder recorder;
  WsParser first(WsPeer::kClient, 100);
  EXPECT_FALSE(first.Feed(std::span(bytes).first(10), recorder));
  WsParser second(std::move(first));
  EXPECT_FALSE(second.Feed(std::span(bytes).subspan(10), recorder));
  EXPECT_EQ(recorder.heard, Heard{"text:abcd"});
}

TEST(EncodeWsClose, CutsTheReasonOnACharactersBorder) {
  EXPECT_EQ(EncodeWsClose(4200, "bye"), Bytes({0x10, 0x68}) + "bye");
  EXPECT_EQ(EncodeWsClose(1000, std::string(200, 'x')).size(), 125U);
  for (size_t before = 118; before <= 123; ++before) {
    const std::string text = std::string(before, 'x') + "\xF0\x9F\x98\x80 and more";
    const std::string reason = EncodeWsClose(1000, text).substr(2);
    EXPECT_TRUE(IsUtf8(reason));
    EXPECT_TRUE(text.starts_with(reason));
    EXPECT_EQ(reason.size(), before <= 119 ? 123U : before);
  }
}

TEST(WsAccept, AnswersTheKeyOfTheExample) {
  EXPECT_EQ(WsAccept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsAccept, RefusesWhatIsNotSixteenBytes) {
  for (const char* key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZTE=",
        "dGhlIHNhbXBsZSBub25jZTEy", "dGhlIHNhbXBsZSBub25jZQ== ", "dGhlIHNhbXBsZSBub25j-Q==",
        "dGhlIHNhbXBsZSBub25j====", "dGhl=HNhbXBsZSBub25jZQ==", "\r\nhlIHNhbXBsZSBub25jZQ=="}) {
    EXPECT_FALSE(WsAccept(key)) << key;
  }
}

}  // namespace
}  // namespace offing::proto
