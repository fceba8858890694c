// Exchange: one request that waits for its answer. A handler keeps it as long as it needs and
// answers once, on the same core. If the peer goes away first, answering does nothing. If an
// Exchange is dropped unanswered, 500 is sent and counted: nobody waits for ever.
//
// Most handlers read request().body, which is whole, and Send() a whole response. One that passes
// on what it does not want to hold streams instead:
//
//   * The request's body. If the handler said BodyMode::kStreamed, Handle is called when the head
//     is whole. Unless the body came whole with it (then streamed() is false and the body is where
//     it always is), the body comes through the listener: OnBody..., OnBodyEnd, each only between
//     ResumeBody() and PauseBody(). Expect: 100-continue is answered when the handler resumes for
//     the first time. Limits: http::ServerConfig; a body that is malformed, too long or too slow is
//     answered (or, behind Begin, broken off) by the connection itself, and the handler hears
//     OnGone.
//   * The response. Begin() sends the head; the writer sends the body, by Content-Length if the
//     length is known, else chunked, else (HTTP/1.0) until the connection's end. The writer looks
//     at queued_bytes() and may wait for OnDrained: there is no limit here. A response that begins
//     before the request's body is whole closes its connection at its end.
//   * The stream itself (TakeStream), for another protocol.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/parser.h"
#include "http/taken_stream.h"
#include "http/websocket.h"
#include "net/core.h"

namespace offing::http {

// What an exchange says to the handler that listens. The exchange may be dropped inside any call.
class ExchangeListener {
 public:
  virtual ~ExchangeListener() = default;
  virtual void OnBody(std::string_view bytes) = 0;  // gone after the call
  virtual void OnBodyEnd() = 0;
  // What was written, and left over in a queue, is with the kernel (see AwaitDrained).
  virtual void OnDrained() = 0;
  // The client went away or was sent away; nothing follows, and answering does nothing. A client
  // that ends its side of the connection is gone too. Without a listener nobody looks.
  virtual void OnGone() = 0;
};

// The body of a response. It is a part of its exchange and goes with it; dropping that before End()
// breaks the connection off, so that no client takes a part for the whole.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  // Copied; dropped where the response has no body (HEAD, 204, 304). Sent when the round ends.
  virtual void Write(std::string_view bytes) = 0;
  // With a known length fewer bytes break the connection off, and more are a bug.
  virtual void End() = 0;
  virtual void Abort() = 0;
  virtual size_t queued_bytes() const = 0;
  // Makes OnDrained follow, if anything is queued.
  virtual void AwaitDrained() = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  virtual net::Core& core() = 0;
  virtual void Send(Response response) = 0;
  // Answers 101 and hands the connection over to `listener` (which owns the WebSocket from OnOpen
  // on; OnOpen is called before this returns). Only if request().wants_websocket. Bytes that
  // followed the request are not lost.
  virtual void AcceptWebSocket(std::unique_ptr<WebSocketListener> listener,
                               WebSocketLimits limits) = 0;

  // From now on, until the exchange is answered or dropped; nullptr ends it. Never calls back
  // before it returns, and neither do the next two.
  virtual void Listen(ExchangeListener* listener) = 0;
  virtual bool streamed() const = 0;
  virtual void ResumeBody() = 0;
  virtual void PauseBody() = 0;

  // Sends a 1xx response other than 100 and 101 (to HTTP/1.0 nothing). Before Begin and Send only.
  virtual void Inform(const Response& head) = 0;
  // `head` without a body. The writer is the exchange's.
  virtual ResponseWriter& Begin(Response head, std::optional<uint64_t> length) = 0;
  // Hands the connection over; the caller writes what comes first (101). Only for a request without
  // a body. None if the client is gone.
  virtual std::optional<TakenStream> TakeStream() = 0;
};

// Decides what a request is answered with; one for the whole server, called on every core.
// Threading: any thread; Handle is called on the exchange's core.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void Handle(std::unique_ptr<Exchange> exchange) = 0;
  // Asked when the head is whole and a body follows.
  virtual BodyMode BodyOf(const Request&) const { return BodyMode::kBuffered; }
};

}  // namespace offing::http
