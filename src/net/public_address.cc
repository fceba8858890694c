#include "net/public_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace offing::net {

namespace {

struct Range4 {
  uint32_t first;
  int bits;
};
constexpr auto kSetAside4 = std::to_array<Range4>({
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocols
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // relays
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 3},   // multicast, and what is reserved
});

bool IsPublic4(uint32_t address) {
  return std::ranges::none_of(kSetAside4, [address](const Range4& range) {
    return (address ^ range.first) >> (32 - range.bits) == 0;
  });
}

uint32_t Word(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

// Of IPv6 only 2000::/3 is given out; within it go what carries another address and what is kept
// for documents.
bool IsPublic6(const unsigned char* bytes) {
  const uint32_t first = Word(bytes);
  const bool mapped = first == 0 && Word(bytes + 4) == 0 && Word(bytes + 8) == 0xffff;
  const bool translated = first == 0x0064ff9b && Word(bytes + 4) == 0 && Word(bytes + 8) == 0;
  if (mapped || translated) return IsPublic4(Word(bytes + 12));
  if (first >> 16 == 0x2002) return IsPublic4(first << 16 | Word(bytes + 4) >> 16);
  const bool protocols = first >> 9 == 0x20010000u >> 9;  // 2001::/23: Teredo, ORCHID, benchmarks
  const bool documents = first == 0x20010db8 || first >> 12 == 0x3fff0000u >> 12;
  return first >> 29 == 1 && !protocols && !documents;
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof(v4));
    return IsPublic4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof(v6));
    return IsPublic6(v6.sin6_addr.s6_addr);
  }
  return false;
}

}  // namespace offing::net
