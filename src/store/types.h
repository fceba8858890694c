// The values that the store keeps, as the rest of the program speaks of them.
//
// Threading: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/position.h"

namespace offing::store {

// Which log: a channel of an app.
struct LogKey {
  std::string app;
  std::string channel;

  friend auto operator<=>(const LogKey&, const LogKey&) = default;
};

struct Event {
  uint64_t seq = 0;
  int64_t at_ms = 0;  // when it was published; never less than the one before it
  std::string name;
  std::string data;
  std::string key = {};  // the Idempotency-Key of the write that made it; "": it had none

  friend bool operator==(const Event&, const Event&) = default;
};

// The events first..head are kept; first == head + 1 when none are. bytes: of their names and data.
struct LogState {
  base::Epoch epoch = base::kNoEpoch;
  uint64_t first = 1;
  uint64_t head = 0;
  uint64_t bytes = 0;

  friend bool operator==(const LogState&, const LogState&) = default;
};

// What a log keeps; 0 means no limit of that kind. The newest event is always kept.
struct Retention {
  int64_t age_ms = 0;
  uint64_t events = 0;
  uint64_t bytes = 0;
};

// The epoch that follows `epoch` when all logs get a new one: never the same, never 0, and two logs
// that had different ones still have. `shift`: 1 to kEpochShifts.
inline constexpr uint64_t kEpochShifts = (uint64_t{1} << 48) - 2;
inline base::Epoch RenewedEpoch(base::Epoch epoch, uint64_t shift) {
  return base::Epoch{(static_cast<uint64_t>(epoch) - 1 + shift) % (kEpochShifts + 1) + 1};
}

// Some of a log's events in order, and the log's state at the moment they were read.
struct Page {
  LogState state;
  std::vector<Event> events;
};

// A live resource's value as it was committed (spec/live-resources.md). `definition` is the
// fingerprint of the rules that made it: a snapshot made by other rules is folded anew.
struct Snapshot {
  std::string app;
  std::string path;
  base::Position position;
  std::string definition;
  std::string body;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

// Whose Idempotency-Key: keys of two scopes have nothing to do with each other. The scope of the
// signed API is "", that of a client's write is the user, or what stands for the client.
struct ReplyName {
  std::string app;
  std::string scope;
  std::string key;

  friend auto operator<=>(const ReplyName&, const ReplyName&) = default;
};

// What was answered to a write with an Idempotency-Key, kept with the write's effect.
struct Reply {
  std::string app;
  std::string scope;
  std::string key;
  std::string fingerprint;  // of the request: the same key with another request is a conflict
  int64_t at_ms = 0;
  std::string body;

  friend bool operator==(const Reply&, const Reply&) = default;
};

// How far a client's lane has come: the highest seq of an entry that was carried out or finally
// refused (spec/outbox.md, "Marks"). It outlives the replies.
struct Mark {
  std::string app;
  std::string scope;
  std::string client;
  std::string lane;
  uint64_t seq = 0;
  int64_t at_ms = 0;  // when it moved last

  friend bool operator==(const Mark&, const Mark&) = default;
};

// How much of what is bounded by count and size a store holds.
struct Totals {
  uint64_t replies = 0;
  uint64_t reply_bytes = 0;  // of all their texts
  uint64_t marks = 0;

  friend bool operator==(const Totals&, const Totals&) = default;
};

// What an operator changed while the server ran, and what must outlive it; `body` is its owner's.
struct Setting {
  std::string app;
  std::string name;
  std::string body;

  friend bool operator==(const Setting&, const Setting&) = default;
};

inline uint64_t SizeOf(const Event& event) {
  return event.name.size() + event.data.size();
}

inline uint64_t SizeOf(const Reply& reply) {
  return reply.app.size() + reply.scope.size() + reply.key.size() + reply.fingerprint.size() +
         reply.body.size();
}

}  // namespace offing::store
