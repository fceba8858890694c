// WebSocket framing (RFC 6455) without I/O: bytes in, messages out; messages in, frames out.
//
// A server frame is not masked, so its bytes are the same for every peer: EncodeWsFrame's result is
// made once and shared by all subscribers of a channel (base/bytes.h). That is why the framing is
// ours.
//
// The parser takes bytes in any cut, unmasks them in place, joins fragments, checks UTF-8, and
// holds no buffer between messages: an idle connection costs only the parser object itself.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/utf8.h"  // IsUtf8

namespace offing::proto {

enum class WsOpcode : uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

// What a peer did wrong, as the close code to answer with (1002, 1007, 1009) and a reason for its
// developer.
struct WsError {
  uint16_t code;
  std::string_view reason;
};

// Receives what WsParser finds, in order; a view is valid during the call only.
class WsSink {
 public:
  virtual ~WsSink() = default;
  virtual void OnWsMessage(WsOpcode opcode,
                           std::string_view payload) = 0;  // kText (valid UTF-8) or kBinary
  virtual void OnWsPing(std::string_view payload) = 0;
  virtual void OnWsPong(std::string_view payload) = 0;
  // code 1005 when the frame had none. Nothing follows it.
  virtual void OnWsClose(uint16_t code, std::string_view reason) = 0;
};

// kClient frames must be masked and server frames must not be: each side checks the other's.
enum class WsPeer { kClient, kServer };

class WsParser {
 public:
  // max_message: bytes of one message, all its fragments together; one byte more is error 1009,
  // said as soon as a frame's header tells its length. A length that a peer only claims is never
  // allocated.
  WsParser(WsPeer peer, size_t max_message);
  ~WsParser();
  WsParser(WsParser&&) noexcept;
  WsParser& operator=(WsParser&&) noexcept;

  // Consumes all of `bytes` (and overwrites them while unmasking). After an error or a close frame
  // the parser is spent: every later call returns the same error, or nullopt and does nothing. A
  // sink must neither feed nor destroy the parser that calls it.
  std::optional<WsError> Feed(std::span<char> bytes, WsSink& sink);

 private:
  struct Head;     // of a frame
  struct Partial;  // a started header, frame or message; an idle parser has none

  // Consumes at least one byte: up to the end of the frame that is in hand.
  const WsError* Step(std::span<char>& bytes, WsSink& sink);
  bool TakeHead(std::span<char>& bytes, Head& head);  // false: all bytes consumed, more needed
  const WsError* CheckHead(const Head& head) const;
  const WsError* Gather(const Head& head, std::string_view piece, uint64_t end, WsSink& sink);
  const WsError* OnControl(WsOpcode opcode, std::string_view payload, WsSink& sink);

  WsPeer peer_;
  bool spent_ = false;
  const WsError* error_ = nullptr;  // one of the constants in ws_frame.cc
  size_t max_message_;
  std::unique_ptr<Partial> partial_;
};

// One unfragmented frame as a server sends it (no mask).
std::string EncodeWsFrame(WsOpcode opcode, std::string_view payload);
// One frame as a client sends it; `mask` is the masking key.
std::string EncodeWsClientFrame(WsOpcode opcode, std::string_view payload, uint32_t mask);
// The close frame's payload; reason is cut at 123 bytes on a character's border.
std::string EncodeWsClose(uint16_t code, std::string_view reason);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key; nullopt unless the key is base64 of 16 bytes.
std::optional<std::string> WsAccept(std::string_view key);

}  // namespace offing::proto
