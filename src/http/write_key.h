// WriteKey: how a write names itself (spec/outbox.md, "An attempt"): Idempotency-Key, and where it
// stands in its client's lane, Offing-Entry. And in whose scope its key is looked up.
//
// Limits: 1 to 200 characters of key; CLIENT is 32 hexadecimal digits; kMaxLaneBytes of a lane's
// name as the header has it, percent-encoded, which is also how it is remembered.
//
// Threading: values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace offing::http {

inline constexpr size_t kMaxKeyBytes = 200;
inline constexpr size_t kMaxLaneBytes = 1'500;

struct WriteEntry {
  std::string client;
  std::string lane;  // "": an entry of no lane, which has no seq
  uint64_t seq = 0;
  uint64_t acked = 0;
};
struct WriteKey {
  std::string key;  // without its quotes
  std::optional<WriteEntry> entry;
};

// nullopt: there is no Idempotency-Key. kInvalidArgument: it, or Offing-Entry, is malformed, and
// how.
base::Result<std::optional<WriteKey>> ReadWriteKey(const Request& request);

// Who is meant by "the same key", as text without a line's end:
//
//   c:CLIENT:HASH  an entry: its client and writer (Offing-User; "": nobody was logged in), whoever
//                  sends it now. A session that ends or begins between two attempts must not make
//                  two writes of it
//   u:USER         no entry, and `user` asks
//   a:DIGEST       neither: of Authorization and Cookie
//
// `user`: who asks, or "".
std::string ScopeOf(const Request& request, const WriteKey& key, std::string_view user);

}  // namespace offing::http
