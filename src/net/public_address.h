// Whether an address is one of the public Internet: where a URL that somebody else chose may lead.
// Not this machine, a private network, a link, multicast, or a range that is set aside (RFC 6890);
// an IPv4 address inside an IPv6 one counts as itself.
//
// Threading: any thread (pure function).
#pragma once

#include <sys/socket.h>

namespace offing::net {

// False for families other than AF_INET and AF_INET6.
bool IsPublicAddress(const sockaddr& address);

}  // namespace offing::net
