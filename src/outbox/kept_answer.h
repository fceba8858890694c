// KeptAnswer: what is remembered of a write's outcome, as bytes of the store and as what a client
// gets of it (spec/outbox.md, "In front of an origin").
//
// Remembered are the status, the body and the headers, but Set-Cookie and Clear-Site-Data: they
// were meant for that moment, and a replay days later would end or take back a session. Of an
// answer that was too long the body is left out, and what describes it; a replay says so by
// `Offing-Body: forgotten`.
//
// Threading: values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace offing::outbox {

struct KeptAnswer {
  enum class Kind {
    kWhole,
    kWithoutBody,
    kHeld,  // no answer: it was written down before it was sent on, and nothing is known since
  };
  Kind kind = Kind::kWhole;
  http::Response response;  // its body is a string
};

std::string EncodeAnswer(KeptAnswer::Kind kind, const http::Response& head, std::string_view body);
std::string EncodeHeld();
// nullopt: neither of them wrote this.
std::optional<KeptAnswer> ParseAnswer(std::string_view text);

// Whether the origin has decided: 2xx, 3xx and 4xx, but 401, 403, 407, 408, 425, 429, and a 409
// that asks to come back (Retry-After).
bool IsFinal(const http::Response& head);

// What only this server may say of a write is taken out of an origin's answer.
void DropOurHeaders(http::Response& response);

enum class Status { kNone, kStored, kReplayed };
enum class ForEntry { kNo, kYes };
// The answer as the client gets it: with Idempotency-Status, and for an entry of an outbox a
// redirect as 200, because a worker cannot read redirects.
void Present(http::Response& response, Status status, ForEntry for_entry);

}  // namespace offing::outbox
