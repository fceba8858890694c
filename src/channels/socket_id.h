// SocketId: the name of a connection, on the wire and between cores. `place` says where its session
// lives (which core, which slot of that core's table) and `secret` is drawn anew for every
// connection, so a name that outlived its session finds nothing. A publisher sends the name of the
// connection that must not hear its own event: finding it takes no lookup, only the slot.
//
// On the wire: "PLACE.SECRET", two decimal numbers, as Pusher's are.
//
// Threading: immutable values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offing::channels {

struct SocketId {
  uint32_t place = 0;  // 0: nobody
  uint32_t secret = 0;

  friend bool operator==(const SocketId&, const SocketId&) = default;
  // As one number, for journal::NewEvent::tag.
  uint64_t Pack() const { return uint64_t{place} << 32 | secret; }
  static SocketId Unpack(uint64_t packed) {
    return {static_cast<uint32_t>(packed >> 32), static_cast<uint32_t>(packed)};
  }
};

std::string FormatSocketId(const SocketId& id);
// nullopt unless it is digits, a dot, digits. Numbers that we never give out make SocketId{}:
// nobody.
std::optional<SocketId> ParseSocketId(std::string_view text);

}  // namespace offing::channels
