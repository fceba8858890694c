#include "proto/ws_frame.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "crypto/digest.h"
#include "proto/utf8.h"

namespace offing::proto {

namespace {

constexpr size_t kMaxHead = 14;
constexpr size_t kMaxControl = 125;  // RFC 6455, 5.5

constexpr WsError kReservedBits{1002, "reserved bits are set"};
constexpr WsError kUnknownOpcode{1002, "unknown opcode"};
constexpr WsError kNotMasked{1002, "a client's frame must be masked"};
constexpr WsError kMasked{1002, "a server's frame must not be masked"};
constexpr WsError kBadLength{1002, "frame length beyond 63 bits"};
constexpr WsError kBadControl{1002, "control frame is fragmented or over 125 bytes"};
constexpr WsError kNothingToContinue{1002, "continuation of no message"};
constexpr WsError kNotContinued{1002, "new message within a fragmented one"};
constexpr WsError kBadClose{1002, "close frame with a bad code"};
constexpr WsError kNotUtf8{1007, "text is not UTF-8"};
constexpr WsError kTooLong{1009, "message over the limit"};

bool IsControl(WsOpcode opcode) {
  return (static_cast<uint8_t>(opcode) & 8) != 0;
}

uint64_t ReadBig(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// How many bytes carry the length after the second byte, which is `byte`.
size_t LengthSize(char byte) {
  const int length = byte & 0x7F;
  return length == 127 ? 8 : length == 126 ? 2 : 0;
}

// `offset`: where in the frame's payload `bytes` begin.
void Mask(std::span<char> bytes, const std::array<char, 4>& mask, uint64_t offset) {
  std::array<char, 8> key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = mask[(offset + i) % 4];
  uint64_t wide;
  std::memcpy(&wide, key.data(), sizeof wide);
  size_t i = 0;
  for (; i + sizeof wide <= bytes.size(); i += sizeof wide) {
    uint64_t eight;
    std::memcpy(&eight, bytes.data() + i, sizeof eight);
    eight ^= wide;
    std::memcpy(bytes.data() + i, &eight, sizeof eight);
  }
  for (; i < bytes.size(); ++i) bytes[i] ^= key[i % 8];
}

// Codes that may stand in a close frame: RFC 6455, 7.4, and those registered since (1012 to 1014).
bool IsCloseCode(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

void AppendHead(std::string& out, WsOpcode opcode, size_t length, int mask_bit) {
  out += static_cast<char>(0x80 | static_cast<int>(opcode));
  const int size = length < 126 ? 0 : length <= 0xFFFF ? 2 : 8;
  out += static_cast<char>(mask_bit | (size == 0   ? static_cast<int>(length)
                                       : size == 2 ? 126
                                                   : 127));
  for (int i = size; i-- > 0;) out += static_cast<char>(static_cast<uint64_t>(length) >> (8 * i));
}

}  // namespace

struct WsParser::Head {
  bool fin = false;
  bool reserved = false;
  bool masked = false;
  WsOpcode opcode = WsOpcode::kContinuation;
  std::array<char, 4> mask{};
  uint64_t length = 0;
};

struct WsParser::Partial {
  std::array<char, kMaxHead> head_bytes;  // of a header that is not whole
  size_t head_size = 0;
  bool in_frame = false;
  Head frame;          // if in_frame
  uint64_t taken = 0;  // bytes of its payload that came
  std::string control;
  WsOpcode opcode =
      WsOpcode::kContinuation;  // of the started message; kContinuation: there is none
  std::string message;
  Utf8Checker utf8;

  bool Idle() const { return head_size == 0 && !in_frame && opcode == WsOpcode::kContinuation; }
};

WsParser::WsParser(WsPeer peer, size_t max_message) : peer_(peer), max_message_(max_message) {}
WsParser::~WsParser() = default;
WsParser::WsParser(WsParser&&) noexcept = default;
WsParser& WsParser::operator=(WsParser&&) noexcept = default;

std::optional<WsError> WsParser::Feed(std::span<char> bytes, WsSink& sink) {
  while (!bytes.empty() && !spent_) {
    error_ = Step(bytes, sink);
    spent_ |= error_ != nullptr;
    if (partial_ && (spent_ || partial_->Idle())) partial_.reset();
  }
  return error_ ? std::optional(*error_) : std::nullopt;
}

const WsError* WsParser::Step(std::span<char>& bytes, WsSink& sink) {
  Head head;
  uint64_t taken = 0;
  const bool resumed = partial_ && partial_->in_frame;
  if (resumed) {
    head = partial_->frame;
    taken = partial_->taken;
  } else {
    if (!TakeHead(bytes, head)) return nullptr;
    if (const WsError* error = CheckHead(head)) return error;
  }
  const auto size = static_cast<size_t>(std::min<uint64_t>(head.length - taken, bytes.size()));
  const std::span<char> piece = bytes.first(size);
  bytes = bytes.subspan(size);
  if (head.masked) Mask(piece, head.mask, taken);
  const std::string_view payload(piece.data(), piece.size());
  if (!resumed && size == head.length) {  // the whole frame is in hand: no copy
    if (IsControl(head.opcode)) return OnControl(head.opcode, payload, sink);
    if (head.fin && head.opcode != WsOpcode::kContinuation) {
      if (head.opcode == WsOpcode::kText && !IsUtf8(payload)) return &kNotUtf8;
      sink.OnWsMessage(head.opcode, payload);
      return nullptr;
    }
  }
  return Gather(head, payload, taken + size, sink);
}

bool WsParser::TakeHead(std::span<char>& bytes, Head& head) {
  // A header that came in pieces is put together in `partial_`; otherwise it is read where it lies.
  const size_t before = partial_ ? partial_->head_size : 0;
  std::array<char, kMaxHead> joined;
  const size_t fits = std::min(bytes.size(), kMaxHead - before);
  if (before > 0) std::copy_n(partial_->head_bytes.data(), before, joined.data());
  std::copy_n(bytes.data(), fits, joined.data() + before);
  const size_t have = before + fits;
  const bool masked = have >= 2 && (joined[1] & 0x80) != 0;
  const size_t length_size = have >= 2 ? LengthSize(joined[1]) : 0;
  const size_t need = 2 + length_size + (masked ? 4 : 0);
  if (have < need) {
    if (!partial_) partial_ = std::make_unique<Partial>();
    partial_->head_bytes = joined;
    partial_->head_size = have;
    bytes = {};
    return false;
  }
  head.fin = (joined[0] & 0x80) != 0;
  head.reserved = (joined[0] & 0x70) != 0;
  head.opcode = static_cast<WsOpcode>(joined[0] & 0x0F);
  head.masked = masked;
  head.length = length_size == 0 ? joined[1] & 0x7F : ReadBig({&joined[2], length_size});
  if (masked) std::copy_n(&joined[2 + length_size], 4, head.mask.data());
  if (partial_) partial_->head_size = 0;
  bytes = bytes.subspan(need - before);
  return true;
}

const WsError* WsParser::CheckHead(const Head& head) const {
  if (head.reserved) return &kReservedBits;
  const auto opcode = static_cast<uint8_t>(head.opcode);
  if ((opcode & 7) > 2) return &kUnknownOpcode;
  if (peer_ == WsPeer::kClient && !head.masked) return &kNotMasked;
  if (peer_ == WsPeer::kServer && head.masked) return &kMasked;
  if (head.length >> 63 != 0) return &kBadLength;
  if (IsControl(head.opcode)) {
    return head.fin && head.length <= kMaxControl ? nullptr : &kBadControl;
  }
  const bool started = partial_ && partial_->opcode != WsOpcode::kContinuation;
  const bool continues = head.opcode == WsOpcode::kContinuation;
  if (continues && !started) return &kNothingToContinue;
  if (!continues && started) return &kNotContinued;
  const size_t before = started ? partial_->message.size() : 0;
  return head.length > max_message_ - before ? &kTooLong : nullptr;
}

// Keeps a piece of a frame that is not handed out at once; `end` is where in the payload the piece
// ends.
const WsError* WsParser::Gather(const Head& head, std::string_view piece, uint64_t end,
                                WsSink& sink) {
  if (!partial_) partial_ = std::make_unique<Partial>();
  Partial& partial = *partial_;
  partial.in_frame = end < head.length;
  partial.frame = head;
  partial.taken = end;
  if (IsControl(head.opcode)) {
    partial.control += piece;
    if (partial.in_frame) return nullptr;
    return OnControl(head.opcode, std::exchange(partial.control, {}), sink);
  }
  if (head.opcode != WsOpcode::kContinuation) partial.opcode = head.opcode;
  const bool text = partial.opcode == WsOpcode::kText;
  if (text && !partial.utf8.Feed(piece)) return &kNotUtf8;
  partial.message += piece;
  if (partial.in_frame || !head.fin) return nullptr;
  if (text && !partial.utf8.Complete()) return &kNotUtf8;
  const std::string message = std::exchange(partial.message, {});
  sink.OnWsMessage(std::exchange(partial.opcode, WsOpcode::kContinuation), message);
  return nullptr;
}

const WsError* WsParser::OnControl(WsOpcode opcode, std::string_view payload, WsSink& sink) {
  if (opcode == WsOpcode::kPing) {
    sink.OnWsPing(payload);
    return nullptr;
  }
  if (opcode == WsOpcode::kPong) {
    sink.OnWsPong(payload);
    return nullptr;
  }
  uint16_t code = 1005;
  if (payload.size() == 1) return &kBadClose;
  if (!payload.empty()) {
    code = static_cast<uint16_t>(ReadBig(payload.substr(0, 2)));
    if (!IsCloseCode(code)) return &kBadClose;
    payload.remove_prefix(2);
    if (!IsUtf8(payload)) return &kNotUtf8;
  }
  spent_ = true;
  sink.OnWsClose(code, payload);
  return nullptr;
}

std::string EncodeWsFrame(WsOpcode opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(10 + payload.size());
  AppendHead(frame, opcode, payload.size(), 0);
  frame += payload;
  return frame;
}

std::string EncodeWsClientFrame(WsOpcode opcode, std::string_view payload, uint32_t mask) {
  std::string frame;
  frame.reserve(kMaxHead + payload.size());
  AppendHead(frame, opcode, payload.size(), 0x80);
  std::array<char, 4> key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(mask >> (24 - 8 * i));
  frame.append(key.data(), key.size());
  const size_t start = frame.size();
  frame += payload;
  Mask(std::span(frame).subspan(start), key, 0);
  return frame;
}

std::string EncodeWsClose(uint16_t code, std::string_view reason) {
  size_t size = std::min(reason.size(), kMaxControl - 2);
  while (size < reason.size() && size > 0 && (reason[size] & 0xC0) == 0x80) --size;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return payload.append(reason.substr(0, size));
}

std::optional<std::string> WsAccept(std::string_view key) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (key.size() != 24 || key.find_first_not_of(kAlphabet) != 22 || key.substr(22) != "==") {
    return std::nullopt;
  }
  return crypto::Sha1Base64(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
}

}  // namespace offing::proto
