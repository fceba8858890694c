#include "http/websocket_peer.h"

#include <utility>

namespace offing::http {

namespace {

constexpr int64_t kCloseWaitMs = 5'000;
constexpr size_t kMaxQueuedForPong = 64 << 10;

}  // namespace

WebSocketPeer::WebSocketPeer(Lobby& lobby, std::unique_ptr<net::Stream> stream,
                             std::unique_ptr<WebSocketListener> listener, WebSocketLimits limits,
                             std::string target)
    : lobby_(lobby),
      stream_(std::move(stream)),
      listener_(std::move(listener)),
      parser_(proto::WsPeer::kClient, limits.max_message) {
  lobby_.counters().websockets.Add();
  lobby_.counters().websockets_accepted.Add();
  if (lobby_.shared().access_log != nullptr) {
    extra().target = std::move(target);
    extra().opened_ms = lobby_.now_ms();
  }
}

WebSocketPeer::~WebSocketPeer() {
  if (state_ != State::kOver) listener_->OnClosed();
  lobby_.counters().websockets.Sub();
  lobby_.counters().connections.Sub();
  --lobby_.shared().connections;
}

WebSocketPeer::Extra& WebSocketPeer::extra() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  return *extra_;
}

void WebSocketPeer::Start(std::unique_ptr<std::string> left_over) {
  stream_->SetListener(this);
  listener_->OnOpen(*this);
  if (left_over) {
    extra().left_over = std::move(left_over);
    lobby_.Wake(*this);
  } else {
    stream_->ResumeReading();
  }
}

void WebSocketPeer::Continue() {
  if (state_ == State::kOver) return;
  const auto bytes = std::exchange(extra().left_over, nullptr);
  stream_->ResumeReading();
  if (bytes) OnBytes(*bytes);
}

void WebSocketPeer::Write(base::SharedBytes frame) {
  if (extra_) extra_->bytes += frame->size();
  stream_->Write(std::move(frame));
}

void WebSocketPeer::Send(base::SharedBytes frame) {
  if (state_ == State::kOpen) Write(std::move(frame));
}

void WebSocketPeer::SendText(std::string_view text) {
  Send(base::MakeShared(proto::EncodeWsFrame(proto::WsOpcode::kText, text)));
}

void WebSocketPeer::SendClose(uint16_t code, std::string_view reason) {
  const std::string payload = code == 1005 ? std::string() : proto::EncodeWsClose(code, reason);
  Write(base::MakeShared(proto::EncodeWsFrame(proto::WsOpcode::kClose, payload)));
}

void WebSocketPeer::Close(uint16_t code, std::string_view reason) {
  if (state_ != State::kOpen) return;
  SendClose(code, reason);
  state_ = State::kClosing;
  extra().deadline_ms = lobby_.now_ms() + kCloseWaitMs;
  lobby_.SweepToo(*this);
}

void WebSocketPeer::OnBytes(std::span<char> bytes) {
  if (state_ == State::kOver) return;
  const auto error = parser_.Feed(bytes, *this);
  if (state_ == State::kOver) return;
  if (error) {
    lobby_.counters().websocket_errors.Add();
    if (state_ == State::kOpen) SendClose(error->code, error->reason);
    return End();
  }
  if (peer_said_close_) End();
}

void WebSocketPeer::OnWsMessage(proto::WsOpcode opcode, std::string_view payload) {
  if (state_ != State::kOpen) return;
  if (opcode == proto::WsOpcode::kText) return listener_->OnText(payload);
  lobby_.counters().websocket_errors.Add();
  Close(1003, "binary messages are not understood here");
}

void WebSocketPeer::OnWsPing(std::string_view payload) {
  if (state_ != State::kOpen) return;
  if (stream_->queued_bytes() > kMaxQueuedForPong) {
    lobby_.counters().pongs_dropped.Add();
  } else {
    Write(base::MakeShared(proto::EncodeWsFrame(proto::WsOpcode::kPong, payload)));
  }
  listener_->OnPeerAlive();
}

void WebSocketPeer::OnWsPong(std::string_view) {
  if (state_ == State::kOpen) listener_->OnPeerAlive();
}

void WebSocketPeer::OnWsClose(uint16_t code, std::string_view) {
  if (state_ == State::kOpen) SendClose(code, {});
  peer_said_close_ = true;  // the parser, which calls this, is not left from here
}

void WebSocketPeer::End() {
  stream_->Close(kCloseWaitMs);
  OnClosed();
}

void WebSocketPeer::OnDrained() {
  if (state_ == State::kOpen) listener_->OnDrained();
}

void WebSocketPeer::OnClosed() {
  if (state_ == State::kOver) return;
  state_ = State::kOver;
  if (extra_ && lobby_.shared().access_log != nullptr) {
    lobby_.Log({.at_ms = lobby_.shared().clock.WallMs(),
                .peer = stream_->peer_address(),
                .method = "GET",
                .target = extra_->target,
                .status = 101,
                .bytes = extra_->bytes,
                .ms = lobby_.now_ms() - extra_->opened_ms,
                .ws = "close",
                .tls = stream_->tls_version()});
  }
  listener_->OnClosed();
  lobby_.Bury(*this);
}

void WebSocketPeer::Sweep(int64_t now_ms) {
  if (state_ != State::kClosing || now_ms < extra().deadline_ms) return;
  if (stream_->queued_bytes() > 0) {
    lobby_.counters().slow_readers.Add();
    stream_->Abort();
    return OnClosed();
  }
  End();
}

}  // namespace offing::http
