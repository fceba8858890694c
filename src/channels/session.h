// Session: one client's connection, as the Pusher protocol sees it (spec/channels.md). It greets,
// answers what the client asks, and owns the client's subscriptions; the hub and the catch-up send
// the events.
//
// The greeting, pusher:connection_established, is the first frame always: clients do not survive
// another one. Who may not come in does not get this far (refusal.h).
//
// Timeouts cost no timer: the shard's tick finds who was silent. Nothing here is made for a client
// that is idle and caught up but this object (72 bytes) and its subscriptions.
//
// Limits (config.h): subscriptions, messages per second, and what waits to be read: a client that
// asks without reading the answers is closed with 4200.
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "channels/hub.h"
#include "channels/shard.h"
#include "channels/socket_id.h"
#include "http/websocket.h"
#include "proto/pusher_frame.h"
#include "store/types.h"

namespace offing::channels {

class CatchUp;

class Session final : public http::WebSocketListener {
 public:
  Session(Shard& shard, AppIndex app);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // From the transport.
  void OnOpen(http::WebSocket& socket) override;
  void OnText(std::string_view text) override;
  void OnPeerAlive() override;
  void OnDrained() override;
  void OnClosed() override;

  // From the shard's tick: the client was silent for the activity timeout; did not answer either;
  // it is to come back, to another server or to the same (4200).
  void OnSilent();
  void OnDead();
  void OnSentAway(std::string_view reason);
  // From the hub: too much waits for the client to send this subscription its event.
  void OnFull(Subscription& subscription);
  // For the catch-up: a page is there; what was written has been flushed; the tick that was asked
  // for.
  void OnPage(base::Result<store::Page> page);
  void OnFlushed();
  void OnTick();

  // A frame that belongs to no channel.
  void Tell(std::string_view text) { Reply(text); }

  const SocketId& id() const { return id_; }
  AppIndex app() const { return app_; }

 private:
  enum class State : uint8_t { kNew, kOpen, kLeft, kGone };
  // Why a subscription is refused, as pusher:subscription_error says it.
  struct Refused {
    std::string_view type;
    std::string error;
    int status;
  };

  void Handle(const proto::SubscribeMessage& message);
  void Handle(const proto::UnsubscribeMessage& message);
  void Handle(const proto::PingMessage& message);
  void Handle(const proto::PongMessage& message);
  void Handle(const proto::ClientEventMessage& message);
  void Handle(const proto::UnknownMessage& message);

  std::optional<Refused> Check(const proto::SubscribeMessage& message) const;
  // Of a private channel: the signature, or the token in its place.
  std::optional<Refused> CheckProof(const proto::SubscribeMessage& message) const;
  Subscription& Add(Channel& channel);
  void Start(Subscription& subscription, const proto::SubscribeMessage& message);
  // The link of the list that holds the subscription to `channel`, or its empty end.
  std::unique_ptr<Subscription>* Find(const Channel* channel);
  void ReadLog(Subscription& subscription);

  bool TakeToken();
  void Reply(std::string_view text);
  void Close(uint16_t code, std::string_view reason);
  void Leave();

  Shard& shard_;
  http::WebSocket* socket_ = nullptr;
  SocketId id_;
  std::unique_ptr<Subscription> subscriptions_;
  std::unique_ptr<CatchUp> catch_up_;  // while a subscription is not live
  uint32_t subscription_count_ = 0;
  uint32_t tokens_;
  uint32_t refilled_s_;
  AppIndex app_;
  State state_ = State::kNew;
};

}  // namespace offing::channels
