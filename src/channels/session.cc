#include "channels/session.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "channels/catch_up.h"
#include "proto/pusher_auth.h"

namespace offing::channels {

using proto::ChannelKind;

Session::Session(Shard& shard, AppIndex app)
    : shard_(shard),
      tokens_(shard.shared.config.limits.client_messages_burst),
      refilled_s_(shard.now_s()),
      app_(app) {}

Session::~Session() {
  OnClosed();
}

void Session::OnOpen(http::WebSocket& socket) {
  socket_ = &socket;
  state_ = State::kOpen;
  shard_.OnSessionOpened();
  id_ = shard_.sessions.Add(*this, shard_.now_s());
  shard_.shared.counters.connections.Add();
  const auto timeout_s = static_cast<int>(shard_.shared.config.activity_timeout_ms / 1'000);
  Reply(proto::EncodeConnectionEstablished(FormatSocketId(id_), std::max(1, timeout_s)));
  if (app_ != AppIndex{0} || !shard_.first_frame) return;
  if (const std::string frame = shard_.first_frame(); !frame.empty()) Reply(frame);
}

void Session::OnText(std::string_view text) {
  if (state_ != State::kOpen) return;
  shard_.sessions.Heard(id_, shard_.now_s());
  if (!TakeToken()) {
    shard_.shared.counters.flooding_closed.Add();
    return Close(4100, "too many messages");
  }
  const base::Result<proto::ClientMessage> message = proto::ParseClientMessage(text);
  if (!message) return Reply(proto::EncodeError(0, message.error().detail));
  std::visit([this](const auto& each) { Handle(each); }, *message);
}

void Session::OnPeerAlive() {
  if (state_ == State::kOpen) shard_.sessions.Heard(id_, shard_.now_s());
}

void Session::OnDrained() {
  if (catch_up_) catch_up_->Continue();
}

void Session::OnClosed() {
  if (state_ == State::kNew || state_ == State::kGone) return;
  Leave();
  state_ = State::kGone;
  shard_.OnSessionClosed();
}

void Session::OnSilent() {
  Reply(proto::EncodePing());
}

void Session::OnDead() {
  shard_.shared.counters.silent_closed.Add();
  Close(4201, "no answer to a ping");
}

void Session::OnSentAway(std::string_view reason) {
  Close(4200, reason);
}

void Session::OnFull(Subscription& subscription) {
  if (subscription.channel->log == ChannelLog::kNone) {
    shard_.shared.counters.slow_closed.Add();
    return Close(4200, "the client reads too slowly");
  }
  shard_.shared.counters.fell_back.Add();
  subscription.feed = Feed::kReplaying;
  ReadLog(subscription);
}

void Session::OnPage(base::Result<store::Page> page) {
  const base::Result<void> read = catch_up_->OnPage(std::move(page));
  if (!read) {
    shard_.shared.counters.read_failed.Add();
    shard_.shared.log.Error("channels: a log cannot be read: " + read.error().detail);
    return Close(4100, "the log cannot be read");
  }
  if (catch_up_->idle()) catch_up_.reset();
}

void Session::OnFlushed() {
  if (catch_up_) catch_up_->OnFlushed();
}

void Session::OnTick() {
  if (catch_up_) catch_up_->OnTick();
}

void Session::Handle(const proto::SubscribeMessage& message) {
  const Channel* const known = shard_.hub.Find(app_, message.channel);
  if (known != nullptr && *Find(known) != nullptr) {
    return Reply(proto::EncodeError(0, "Existing subscription to channel " + message.channel));
  }
  std::optional<Refused> refused = Check(message);
  const ChannelLog log =
      shard_.shared.config.RetentionOf(message.channel) ? ChannelLog::kKept : ChannelLog::kNone;
  Channel* const channel = refused ? nullptr : shard_.hub.Open(app_, message.channel, log);
  if (!refused && channel == nullptr) refused = {"LimitReached", "too many channels", 429};
  if (refused) {
    shard_.shared.counters.subscriptions_refused.Add();
    return Reply(proto::EncodeSubscriptionError(message.channel, refused->type, refused->error,
                                                refused->status));
  }
  Start(Add(*channel), message);
}

// What cannot be subscribed to, and by whom; nullopt: nothing speaks against it.
std::optional<Session::Refused> Session::Check(const proto::SubscribeMessage& message) const {
  const std::optional<ChannelKind> kind = proto::ChannelKindOf(message.channel);
  if (!kind) return Refused{"BadRequest", "not a channel name", 400};
  if (!message.malformed.empty()) return Refused{"BadRequest", message.malformed, 400};
  if (*kind == ChannelKind::kPresence) {
    return Refused{"Unsupported", "presence channels are not supported by this version", 501};
  }
  if (*kind != ChannelKind::kPublic) {
    if (auto refused = CheckProof(message)) return refused;
  }
  if (subscription_count_ >= shard_.shared.config.limits.max_subscriptions_per_connection) {
    return Refused{"LimitReached", "too many subscriptions on this connection", 429};
  }
  return std::nullopt;
}

std::optional<Session::Refused> Session::CheckProof(const proto::SubscribeMessage& message) const {
  const proto::AppCredentials& app = shard_.shared.config.apps[static_cast<size_t>(app_)];
  if (message.token.empty() || !message.auth.empty()) {
    const base::Result<void> proof = proto::VerifyChannel(app, message.auth, FormatSocketId(id_),
                                                          message.channel, message.channel_data);
    if (!proof) return Refused{"AuthError", proof.error().detail, 401};
    return std::nullopt;
  }
  if (shard_.shared.auth == nullptr) return Refused{"AuthError", "no tokens are taken here", 401};
  const auto identity = shard_.shared.auth->CheckToken(message.token, app.id);
  if (!identity) return Refused{"AuthError", identity.error().detail, 401};
  if (auth::MatchesChannel(identity->channels, message.channel)) return std::nullopt;
  return Refused{"AuthError", "the token's channels do not match " + message.channel, 403};
}

Subscription& Session::Add(Channel& channel) {
  auto made = std::make_unique<Subscription>();
  made->session = this;
  made->socket = socket_;
  made->channel = &channel;
  made->next = std::move(subscriptions_);
  subscriptions_ = std::move(made);
  ++subscription_count_;
  shard_.hub.Join(*subscriptions_);
  return *subscriptions_;
}

void Session::Start(Subscription& subscription, const proto::SubscribeMessage& message) {
  if (subscription.channel->log == ChannelLog::kNone) {
    subscription.feed = Feed::kLive;
    return Reply(proto::EncodeSubscriptionSucceeded(message.channel, std::nullopt));
  }
  subscription.feed = message.resume_after ? Feed::kResuming : Feed::kJoining;
  subscription.position = message.resume_after.value_or(base::Position{});
  subscription.on_gap = message.on_gap;
  ReadLog(subscription);
}

void Session::ReadLog(Subscription& subscription) {
  if (!catch_up_) catch_up_ = std::make_unique<CatchUp>(shard_, id_, *socket_);
  catch_up_->Add(subscription);
}

void Session::Handle(const proto::UnsubscribeMessage& message) {
  const Channel* const channel = shard_.hub.Find(app_, message.channel);
  if (channel == nullptr) return;
  std::unique_ptr<Subscription>& link = *Find(channel);
  if (!link) return;
  const std::unique_ptr<Subscription> gone = std::move(link);
  link = std::move(gone->next);
  --subscription_count_;
  if (catch_up_) catch_up_->Remove(*gone);
  if (catch_up_ && catch_up_->idle()) catch_up_.reset();
  shard_.hub.Leave(*gone);
}

void Session::Handle(const proto::PingMessage&) {
  Reply(proto::EncodePong());
}

void Session::Handle(const proto::PongMessage&) {}

void Session::Handle(const proto::ClientEventMessage&) {
  Reply(proto::EncodeError(0, "client events are not enabled"));
}

void Session::Handle(const proto::UnknownMessage& message) {
  Reply(proto::EncodeError(0, "unknown event " + message.name));
}

std::unique_ptr<Subscription>* Session::Find(const Channel* channel) {
  std::unique_ptr<Subscription>* link = &subscriptions_;
  while (*link && (*link)->channel != channel) link = &(*link)->next;
  return link;
}

bool Session::TakeToken() {
  const Limits& limits = shard_.shared.config.limits;
  const uint64_t earned =
      uint64_t{shard_.now_s() - refilled_s_} * limits.client_messages_per_second;
  tokens_ =
      static_cast<uint32_t>(std::min<uint64_t>(tokens_ + earned, limits.client_messages_burst));
  refilled_s_ = shard_.now_s();
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

void Session::Reply(std::string_view text) {
  if (state_ != State::kOpen) return;
  if (socket_->queued_bytes() > shard_.shared.config.limits.max_queued_bytes) {
    shard_.shared.counters.slow_closed.Add();
    return Close(4200, "the client reads too slowly");
  }
  socket_->SendText(text);
}

void Session::Close(uint16_t code, std::string_view reason) {
  if (state_ != State::kOpen) return;
  Leave();
  socket_->Close(code, reason);
}

// The hub, the table and the catch-up forget this session; the connection may take a while to end.
void Session::Leave() {
  if (state_ != State::kOpen) return;
  state_ = State::kLeft;
  catch_up_.reset();
  while (subscriptions_) {
    shard_.hub.Leave(*subscriptions_);
    subscriptions_ = std::move(subscriptions_->next);
  }
  shard_.sessions.Remove(id_);
  shard_.shared.counters.connections.Sub();
}

}  // namespace offing::channels
