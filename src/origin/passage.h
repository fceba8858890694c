// Passage: one exchange on its way to the origin and back (proxy.h says what it promises).
//
//   kWaiting   for a connection
//   kAsking    the request is being sent; no final response yet
//   kPassing   the response's head was passed on, its body follows
//   kOver
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/exchange.h"
#include "origin/forward.h"
#include "origin/pool.h"
#include "origin/response_parser.h"
#include "origin/shard.h"
#include "origin/trouble.h"

namespace offing::origin {

class Passage final : public Resident,
                      private Pool::Waiter,
                      private http::ExchangeListener,
                      private Link::User,
                      private ResponseParser::Sink {
 public:
  Passage(Shard& shard, std::unique_ptr<http::Exchange> exchange, ForwardOptions options);
  ~Passage() override = default;

  void Start();

  void Sweep(int64_t now_ms) override;
  void Drain() override;

 private:
  enum class State : uint8_t { kWaiting, kAsking, kPassing, kOver };

  // From the pool.
  void OnLink(std::unique_ptr<Link> link) override;
  void OnNoLink(const base::Error& why) override;

  // From the client.
  void OnBody(std::string_view bytes) override;
  void OnBodyEnd() override;
  void OnDrained() override;
  void OnGone() override;

  // From the origin.
  void OnLinkBytes(std::string_view bytes) override;
  void OnLinkDrained() override;
  void OnLinkClosed(End end) override;
  void OnInterim(ResponseHead head) override;
  void OnResponseHead(ResponseHead head) override;
  void OnResponseBody(std::string_view bytes) override;

  const http::Request& request() const { return exchange_->request(); }
  void WaitForLink();
  void Ask();
  void WantBody();
  void HoldBack();
  bool MayAskAgain() const;
  void Switch(std::string_view early);
  void Finish(std::string_view rest);
  void Fail(base::Counter& counter, Trouble trouble);
  void Break();
  void Over();

  Shard& shard_;
  std::unique_ptr<http::Exchange> exchange_;
  const ForwardOptions options_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<ResponseParser> parser_;
  http::ResponseWriter* writer_ = nullptr;  // the exchange's, from kPassing on
  std::string switch_head_;                 // of a 101
  BodyPlan body_;
  int64_t active_ms_;        // something moved, or began to be waited for
  int64_t kept_for_ms_ = 0;  // afterwards
  State state_ = State::kWaiting;
  bool reused_ = false;  // the connection
  bool asked_twice_ = false;
  bool heard_ = false;  // any byte of an answer
  bool body_wanted_ = false;
  bool body_sent_ = false;  // whole
  bool held_back_ = false;  // the origin, by a client that does not read
  bool endless_ = false;    // the answer: server-sent events
};

}  // namespace offing::origin
