// The head of a response as bytes (RFC 9112), with what the connection adds: Content-Length, Date,
// Server, Connection; Date and Server not, where the response has its own (an origin's).
//
// Threading: any thread (pure functions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace offing::http {

enum class Persistence { kKeepAlive, kKeepAliveSaid, kClose };
// What tells where the body ends; kEnd: the connection's end does, or there is no body.
enum class Framing { kLength, kChunked, kEnd };

struct HeadFacts {
  std::string_view date;
  Persistence persistence = Persistence::kKeepAlive;
  Framing framing = Framing::kLength;
  uint64_t length = 0;  // of kLength
  // Strict-Transport-Security, where the response has none; empty: none.
  std::string_view strict_transport = {};
};
// True if a response with this status has a body (RFC 9110, 6.4.1).
bool HasBody(int status);
// A header with a line break or NUL in it is left out: it would be a second response's beginning.
std::string EncodeHead(const Response& response, const HeadFacts& facts);
// A 1xx response: its headers and nothing of the connection's.
std::string EncodeInterim(const Response& response);
// 101 for a Sec-WebSocket-Key that was checked before.
std::string EncodeSwitching(std::string_view key, std::string_view date);

}  // namespace offing::http
