// GuardedWrite: one write on its way through the guard (guard.h says what it promises).
//
//   who asks -> its turn -> what is known -> [written down: hold] -> the origin -> its answer
//            -> committed with the mark -> passed on
//
// What a step needs of other threads comes back to the exchange's core; the write lives as long as
// one of them, or the origin's call, holds it.
//
//   kBefore      nothing was sent to the origin
//   kAsking      the origin has the request, or is about to get it
//   kCollecting  its answer is being read, to be committed whole
//   kSettling    something is being committed; what comes meanwhile is kept, or held back
//   kPassing     the answer is passed on as it comes
//   kOver        the client has its answer
//
// Threading: core-local; made on the exchange's core and destroyed there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/authenticator.h"
#include "http/exchange.h"
#include "http/problem.h"
#include "http/write_key.h"
#include "journal/journal.h"
#include "outbox/guard_shared.h"
#include "outbox/kept_answer.h"
#include "outbox/origin_call.h"
#include "outbox/outstanding.h"

namespace offing::outbox {

class GuardedWrite final : public std::enable_shared_from_this<GuardedWrite>,
                           public AnswerSink,
                           private http::ExchangeListener {
 public:
  // `rule`: nullptr if none matches.
  static void Begin(GuardShared& shared, std::unique_ptr<http::Exchange> exchange,
                    http::WriteKey key, const Rule* rule);
  ~GuardedWrite() override = default;

 private:
  enum class Stage : uint8_t { kBefore, kAsking, kCollecting, kSettling, kPassing, kOver };

  GuardedWrite(GuardShared& shared, std::unique_ptr<http::Exchange> exchange, http::WriteKey key,
               const Rule* rule);

  // A callback for any thread that continues here, with what it was given.
  template <class Value>
  std::function<void(Value)> OnCore(void (GuardedWrite::*step)(Value));
  const http::Request& request() const { return exchange_->request(); }
  ForEntry for_entry() const { return key_.entry ? ForEntry::kYes : ForEntry::kNo; }
  bool holds() const { return rule_ != nullptr && rule_->lost == Lost::kHold; }
  journal::Publication::Key StoreKey(std::optional<journal::Entry> entry) const;

  void Identify();
  void OnWho(base::Result<auth::Authenticator::Who> who);
  void TakeTurn();
  void OnFound(base::Result<journal::Found> found);
  void OnKnown(const journal::Remembered& known);
  void RefuseUnderWay();
  void WriteDown();
  void OnWrittenDown(base::Result<journal::Receipt> done);
  void Forward();

  void OnTrouble(http::Response said) override;
  void OnHead(http::Response head, std::optional<uint64_t> length) override;
  void OnBytes(std::string_view bytes) override;
  void OnEnd() override;
  void OnBroken() override;
  void OnOver() override { call_ = nullptr; }
  size_t queued_bytes() const override;
  void AwaitDrained() override;

  // Nothing was decided: the origin had no answer, or one that decides nothing. `head_` is said to
  // the client once what was written down is forgotten.
  void Forget();
  void OnForgotten(base::Result<journal::Receipt> done);
  void OnLost(http::Response said);
  void Commit(KeptAnswer::Kind kind);
  void OnCommitted(base::Result<journal::Receipt> done);
  void Pass(Status status);

  void Refuse(http::Problem problem, std::string_view detail, base::Counter& counter);
  void Answer(http::Response response);

  // From the client, while the answer is passed on.
  void OnBody(std::string_view) override {}
  void OnBodyEnd() override {}
  void OnDrained() override;
  void OnGone() override;

  GuardShared& shared_;
  std::unique_ptr<http::Exchange> exchange_;
  net::Core& core_;
  const http::WriteKey key_;
  const Rule* const rule_;
  std::string scope_;
  std::string user_;
  std::string fingerprint_;
  Outstanding::Turn turn_;
  Stage stage_ = Stage::kBefore;
  bool under_way_ = false;     // another request has this key's turn
  bool written_down_ = false;  // the store says that it is held
  bool sent_ = false;          // some of it may have reached the origin

  OriginCall* call_ = nullptr;  // while the origin answers
  http::Response head_;
  std::optional<uint64_t> length_;
  std::string body_;     // what came and was not passed on
  bool ended_ = false;   // and it is all of it
  bool broken_ = false;  // and there will be no more
  http::ResponseWriter* writer_ = nullptr;
};

}  // namespace offing::outbox
