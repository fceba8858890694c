// WebSocketPeer: the WebSocket of one upgraded connection (http/websocket.h). It is small, because
// there is one per subscriber: no buffer, no timer, and the parser allocates only within a message.
//
// Its end: a close frame goes out before FIN in every case but a broken connection. Close() then
// waits up to five seconds for the peer's close frame. What the peer says after Close() is not
// handed to the listener. Pings are not answered while more than 64 KiB wait for the peer.
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/lobby.h"
#include "http/peer.h"
#include "http/websocket.h"
#include "proto/ws_frame.h"

namespace offing::http {

class WebSocketPeer final : public Peer, public WebSocket, private proto::WsSink {
 public:
  // `target` is for the access log's last line; empty without an access log.
  WebSocketPeer(Lobby& lobby, std::unique_ptr<net::Stream> stream,
                std::unique_ptr<WebSocketListener> listener, WebSocketLimits limits,
                std::string target);
  ~WebSocketPeer() override;

  // `left_over`: bytes that came behind the request; handed on at the end of the round.
  void Start(std::unique_ptr<std::string> left_over);

  void Send(base::SharedBytes frame) override;
  void SendText(std::string_view text) override;
  size_t queued_bytes() const override { return stream_->queued_bytes(); }
  void Close(uint16_t code, std::string_view reason) override;
  net::Core& core() override { return lobby_.core(); }

  void OnBytes(std::span<char> bytes) override;
  void OnDrained() override;
  void OnClosed() override;
  void Sweep(int64_t now_ms) override;
  void Continue() override;

 private:
  enum class State : uint8_t { kOpen, kClosing, kOver };
  // What only some WebSockets need, so that the others do not carry it.
  struct Extra {
    std::string target;
    int64_t opened_ms = 0;
    uint64_t bytes = 0;
    std::unique_ptr<std::string> left_over;
    int64_t deadline_ms = 0;  // of kClosing
  };

  Extra& extra();
  void Write(base::SharedBytes frame);
  void SendClose(uint16_t code, std::string_view reason);
  // The connection is over; the stream sends what is queued and closes.
  void End();

  void OnWsMessage(proto::WsOpcode opcode, std::string_view payload) override;
  void OnWsPing(std::string_view payload) override;
  void OnWsPong(std::string_view payload) override;
  void OnWsClose(uint16_t code, std::string_view reason) override;

  Lobby& lobby_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<WebSocketListener> listener_;
  proto::WsParser parser_;
  std::unique_ptr<Extra> extra_;
  State state_ = State::kOpen;
  bool peer_said_close_ = false;
};

}  // namespace offing::http
