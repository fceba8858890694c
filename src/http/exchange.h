// Exchange: one request that waits for its answer. A handler keeps it as long as it needs and
// answers once, on the same core. If the peer goes away first, answering does nothing. If an
// Exchange is dropped unanswered, 500 is sent and counted: nobody waits for ever.
//
// Threading: core-local.
#pragma once

#include <memory>

#include "http/message.h"
#include "http/websocket.h"
#include "net/core.h"

namespace offing::http {

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
};

// Decides what a request is answered with; one for the whole server, called on every core.
// Threading: any thread; Handle is called on the exchange's core.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void Handle(std::unique_ptr<Exchange> exchange) = 0;
};

}  // namespace offing::http
