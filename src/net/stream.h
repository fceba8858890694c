// Stream: a TCP connection as bytes in and bytes out. It waits for readability and reads into the
// core's scratch buffer, so an idle connection costs a descriptor and this object; it queues shared
// buffers and writes them when the core's round ends, many at once, without copying.
//
// Limits: the owner looks at queued_bytes() and decides (close, or stop producing until OnDrained).
// Nothing is dropped in silence.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/core.h"

namespace offing::net {

class TlsContext;

class Stream {
 public:
  // What the owner hears. It may destroy the stream from inside any of these calls.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Bytes in the core's scratch buffer; they may be overwritten (WebSocket unmasks in place) and
    // are gone after the call.
    virtual void OnBytes(std::span<char> bytes) = 0;
    // The queue, which had bytes left over after a flush, is empty again.
    virtual void OnDrained() = 0;
    // The peer closed (what was queued for it has been sent before), or the connection broke;
    // nothing follows. Not called after Close() or Abort().
    virtual void OnClosed() = 0;
  };

  // Aborts if still open; what Close() has begun goes on without this object.
  virtual ~Stream() = default;

  virtual void SetListener(Listener* listener) = 0;
  // Starts reading; no OnBytes before. PauseReading stops it (back-pressure to the peer).
  virtual void ResumeReading() = 0;
  virtual void PauseReading() = 0;

  // Queues; flushed when the round ends. After Close() or a broken connection it does nothing.
  virtual void Write(base::SharedBytes bytes) = 0;
  virtual void Write(std::string bytes) = 0;
  // Queues `length` bytes of a file, sent by sendfile(2). The stream owns `fd` from here on. A file
  // that turns out shorter breaks the connection: the peer must not take half a body for a whole
  // one.
  virtual void WriteFile(int fd, uint64_t offset, uint64_t length) = 0;
  virtual size_t queued_bytes() const = 0;  // a file counts with all that is left of it
  // Makes OnDrained() follow even if one flush empties the queue. Nothing if it is empty now.
  virtual void AwaitDrained() = 0;
  // Of OnClosed(): the peer ended its side in order (FIN). False: the connection broke.
  virtual bool ended_in_order() const = 0;

  // Sends what is queued, then closes (FIN, then a short linger so that the peer reads it). After
  // `max_wait_ms` in which the peer took nothing it aborts.
  virtual void Close(int64_t max_wait_ms) = 0;
  virtual void Abort() = 0;

  virtual std::string_view peer_address() const = 0;  // "127.0.0.1"
  // "TLSv1.3"; "" in the clear, and before the end of the handshake (net/tls.h).
  virtual std::string_view tls_version() const { return {}; }
};

// A listening socket of one core (SO_REUSEPORT, one per core on one port). Destroying it stops
// accepting.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  virtual uint16_t port() const = 0;  // the real one when 0 was asked for
};

struct ListenAddress {
  std::string host;
  uint16_t port = 0;
  std::string setting = "--listen";  // whose value it is, for errors
};
// "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "localhost:8080".
base::Result<ListenAddress> ParseListenAddress(std::string_view text,
                                               std::string_view setting = "--listen");

// kFirst refuses a port that anybody listens on; kJoin shares it with this process's other cores.
enum class PortUse { kFirst, kJoin };

// With `tls`, which has to outlive the acceptor, the streams speak TLS (net/tls.h).
// Errors name the address and the way out (in use, not permitted, not an address of this machine).
// Out of descriptors: counted, logged once a second, tried again after 100 ms.
base::Result<std::unique_ptr<Acceptor>> Listen(
    Core& core, const ListenAddress& address, PortUse use,
    std::function<void(std::unique_ptr<Stream>)> on_stream, TlsContext* tls = nullptr);

}  // namespace offing::net
