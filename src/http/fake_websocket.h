// FakeWebSocket: a WebSocket without a connection, for tests of listeners, with a peer that reads
// at once, or only what the test lets it read.
//
// A peer that reads at once takes everything when the core's round ends, as a socket with room does
// (so OnDrained is not called); what one that waits leaves behind is counted by queued_bytes().
//
// Threading: core-local.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "http/websocket.h"
#include "proto/ws_frame.h"

namespace offing::http {

// The payload of one unmasked, unfragmented frame.
inline std::string PayloadOf(const std::string& frame) {
  CHECK(frame.size() >= 2, "a frame has a header");
  const auto length = static_cast<uint8_t>(frame[1]);
  return frame.substr(length == 127 ? 10 : length == 126 ? 4 : 2);
}

class FakeWebSocket final : public WebSocket {
 public:
  enum class Peer { kReadsAtOnce, kWaits };

  FakeWebSocket(net::Core& core, std::unique_ptr<WebSocketListener> listener,
                Peer peer = Peer::kReadsAtOnce)
      : state_(std::make_shared<State>(core, std::move(listener), peer)) {
    state_->listener->OnOpen(*this);
  }
  ~FakeWebSocket() override { Vanish(); }
  FakeWebSocket(const FakeWebSocket&) = delete;
  FakeWebSocket& operator=(const FakeWebSocket&) = delete;

  // What the peer does.
  void Receive(std::string_view text) {
    if (state_->listener != nullptr) state_->listener->OnText(text);
  }
  void ShowLife() {
    if (state_->listener != nullptr) state_->listener->OnPeerAlive();
  }
  void set_peer(Peer peer) { state_->peer = peer; }
  // A peer that waits reads at most so many frames.
  void Read(size_t frames = SIZE_MAX) { state_->Take(frames); }
  // The connection breaks.
  void Vanish() { state_->End(); }

  // What the peer has read, each once.
  std::vector<std::string> TakeTexts() { return std::exchange(state_->read, {}); }
  // 0 while nobody has closed.
  uint16_t close_code() const { return state_->close_code; }
  const std::string& close_reason() const { return state_->close_reason; }
  bool over() const { return state_->listener == nullptr; }
  size_t most_queued_bytes() const { return state_->most_queued_bytes; }

  // WebSocket:
  void Send(base::SharedBytes frame) override { state_->Queue(state_, std::move(frame)); }
  void SendText(std::string_view text) override {
    Send(base::MakeShared(proto::EncodeWsFrame(proto::WsOpcode::kText, text)));
  }
  size_t queued_bytes() const override { return state_->queued_bytes; }
  void Close(uint16_t code, std::string_view reason) override {
    if (state_->close_code != 0) return;
    state_->close_code = code;
    state_->close_reason = reason;
    state_->core.Post([state = state_] { state->End(); });
  }
  net::Core& core() override { return state_->core; }

 private:
  struct State {
    State(net::Core& its_core, std::unique_ptr<WebSocketListener> its_listener, Peer its_peer)
        : core(its_core), listener(std::move(its_listener)), peer(its_peer) {}

    void Queue(const std::shared_ptr<State>& self, base::SharedBytes frame) {
      if (close_code != 0 || listener == nullptr) return;
      queued_bytes += frame->size();
      most_queued_bytes = std::max(most_queued_bytes, queued_bytes);
      queue.push_back(std::move(frame));
      if (std::exchange(flush_due, true)) return;
      core.Defer([self] { self->Flush(); });
    }
    void Flush() {
      flush_due = false;
      if (peer == Peer::kReadsAtOnce) {
        Move(SIZE_MAX);
      } else {
        left_over = true;
      }
    }
    void Take(size_t frames) {
      Move(frames);
      if (queue.empty() && std::exchange(left_over, false) && listener != nullptr) {
        listener->OnDrained();
      }
    }
    void Move(size_t frames) {
      for (; frames > 0 && !queue.empty(); --frames) {
        queued_bytes -= queue.front()->size();
        read.push_back(PayloadOf(*queue.front()));
        queue.pop_front();
      }
    }
    void End() {
      if (listener == nullptr) return;
      if (peer == Peer::kReadsAtOnce) Move(SIZE_MAX);
      listener->OnClosed();
      listener.reset();
    }

    net::Core& core;
    std::unique_ptr<WebSocketListener> listener;
    Peer peer;
    std::deque<base::SharedBytes> queue;
    size_t queued_bytes = 0;
    size_t most_queued_bytes = 0;
    bool flush_due = false;
    bool left_over = false;
    std::vector<std::string> read;
    uint16_t close_code = 0;
    std::string close_reason;
  };
  std::shared_ptr<State> state_;
};

}  // namespace offing::http
