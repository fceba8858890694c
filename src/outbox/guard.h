// Guard: idempotency in front of the origin (spec/outbox.md, "In front of an origin").
//
// A write with an Idempotency-Key is put to the origin once at a time, whatever core its attempts
// come to; the origin's answer is committed with the mark of its lane, and only then passed on; the
// next attempt gets it from memory. What the origin did when no answer came, nobody knows here: the
// rule says whether the write is forgotten, so that the client comes back with the same key, or
// waits for a person. The effect is at least once, with the key forwarded; an origin that commits
// the key with its effect makes it exactly once.
//
// It claims every request of another method than GET, HEAD, OPTIONS and TRACE that has a key that
// can be read, and those that a rule matches and that have a key that cannot, or none where the
// rule requires one. Everything below /_offing/ is none of the origin's.
//
// Limits (GuardConfig): keys under way and bytes that they hold, 503 `full`; an answer's bytes,
// beyond which it is passed on as it comes and remembered without its body. The request's body is
// read whole, within http::ServerConfig.
//
// Threading: any thread; Handle on the exchange's core.
#pragma once

#include <memory>
#include <vector>

#include "http/exchange.h"
#include "outbox/guard_shared.h"

namespace offing::outbox {

class Guard final : public http::Handler {
 public:
  Guard(GuardDeps deps, GuardConfig config) : shared_(std::move(deps), std::move(config)) {}

  bool Claims(const http::Request& request) const;
  void Handle(std::unique_ptr<http::Exchange> exchange) override;

  // What is under way, at most `most`, the oldest first.
  std::vector<Errand> ListOutstanding(size_t most) const { return shared_.outstanding.List(most); }

 private:
  const Rule* RuleOf(const http::Request& request) const;

  GuardShared shared_;
};

}  // namespace offing::outbox
