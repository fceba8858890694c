// Transfer: what a Connection knows of an exchange that streams. Only such exchanges have one.
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace offing::http {

struct Transfer {
  // The request's body.
  std::string early;       // came with the head
  bool streamed = false;   // it comes through the listener
  bool wanted = false;     // the handler has resumed
  bool ended = false;      // whole, and said
  int64_t body_at_ms = 0;  // the last byte came, or the handler resumed

  // The response.
  bool begun = false;
  bool chunked = false;
  int status = 0;
  std::optional<uint64_t> left;  // of the length that was said
  uint64_t sent = 0;             // bytes of the body that were queued
};

}  // namespace offing::http
