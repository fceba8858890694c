// Position: where in a channel's log something stands. `EPOCH:SEQ` on the wire (spec/channels.md,
// "The log").
//
// Threading: immutable values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offing::base {

// The life of one log: 48 random bits, never 0 for a log that exists. 0 stands for "never written".
enum class Epoch : uint64_t {};
inline constexpr Epoch kNoEpoch{0};

struct Position {
  Epoch epoch = kNoEpoch;
  uint64_t seq = 0;  // counts from 1; 0 is "before the first event"

  friend bool operator==(const Position&, const Position&) = default;
};

// "0123456789ab:42"; "0:0" for Position{}.
std::string FormatPosition(const Position& position);
std::string FormatEpoch(Epoch epoch);
// nullopt for anything but what FormatPosition writes: 12 lower-case hex digits (or a single 0), a
// colon, and a decimal number that fits 64 bits without leading zeros. An epoch of 0 goes with seq
// 0 only.
std::optional<Position> ParsePosition(std::string_view text);

}  // namespace offing::base
