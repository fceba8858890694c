// Requests and responses as values (RFC 9110). No transport, no parsing.
//
// Threading: core-local values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace offing::http {

// In the order of arrival; names in lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;

// The first value of `name` (lower case), or "".
std::string_view FindHeader(const Headers& headers, std::string_view name);
// All values of `name` (lower case) as one list (RFC 9110, 5.3).
std::string JoinHeader(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // upper case: "GET"
  std::string target;  // as sent
  std::string path;    // of the target, as sent
  std::string query;   // as sent, without '?'
  Headers headers;
  std::string body;
  std::string peer_address;
  int version = 11;              // 10 or 11
  bool secure = false;           // it came over TLS
  bool wants_websocket = false;  // a well-formed upgrade request (RFC 6455, 4.2.1)

  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
};

// GET or HEAD.
bool IsRead(const Request& request);

// Bytes of an open file; whoever holds it last closes it, sending it hands it over.
struct FileBody {
  int fd = -1;
  uint64_t offset = 0;
  uint64_t length = 0;
};

// Several pieces as one body, in order (multipart/byteranges).
using BodyPieces = std::vector<std::variant<std::string, FileBody>>;

struct Response {
  int status = 200;
  // Without Content-Length and Connection: the connection writes those, and Date and Server where
  // they are not here.
  Headers headers;
  std::variant<std::string, base::SharedBytes, FileBody, BodyPieces> body;

  uint64_t body_size() const;
};

// Closes the files of a body that is not sent.
void CloseFiles(Response& response);

Response TextResponse(int status, std::string text);
Response JsonResponse(int status, std::string json);
// {"error": message}
Response ErrorResponse(int status, std::string_view message);
// 405 that says which methods there are, and 503 that asks to come back in a second.
Response NotAllowed(std::string_view allowed, std::string_view message = "method not allowed");
Response Unavailable(std::string_view message);
std::string_view ReasonPhrase(int status);

}  // namespace offing::http
