// A Stream over a descriptor that is there already: from accept(2), or one end of a socket pair in
// a test.
//
// Threading: core-local.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

namespace offing::net {

class TlsContext;

// `fd` is a connected, non-blocking stream socket; the Stream owns it. None if the kernel
// refuses to watch it (out of memory); it is closed then.
std::unique_ptr<Stream> OpenStream(Core& core, int fd, std::string peer_address);

// The same with TLS around it (net/tls.h). None also if too many handshakes are under way.
std::unique_ptr<Stream> OpenTlsStream(Core& core, int fd, std::string peer_address,
                                      TlsContext& tls);

}  // namespace offing::net
