// HeldExchange: an exchange that waits for another thread's work. It travels with the work in a
// copyable function; Answer brings the answer home to the exchange's core, from any thread, once.
// If the work is dropped, the exchange goes home unanswered (and is answered 500 there), because an
// exchange may be touched on its own core only.
//
// Threading: any thread; construct on the exchange's core.
#pragma once

#include <memory>
#include <utility>

#include "http/exchange.h"

namespace offing::http {

class HeldExchange {
 public:
  explicit HeldExchange(std::unique_ptr<Exchange> exchange)
      : state_(std::make_shared<State>(std::move(exchange))) {}

  // Runs `then` with the exchange on its core. Calls after the first do nothing.
  template <class Then>  // void(std::unique_ptr<Exchange>)
  void Answer(Then then) const {
    if (state_->exchange == nullptr) return;
    net::Core& core = state_->exchange->core();
    core.Post([state = state_, then = std::move(then)]() mutable {
      if (state->exchange != nullptr) then(std::move(state->exchange));
    });
  }

 private:
  struct State {
    explicit State(std::unique_ptr<Exchange> held) : exchange(std::move(held)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      if (exchange == nullptr) return;
      net::Core& core = exchange->core();
      if (core.OnThisThread()) return;
      core.Post([dropped = std::shared_ptr<Exchange>(std::move(exchange))] {});
    }
    std::unique_ptr<Exchange> exchange;
  };
  std::shared_ptr<State> state_;
};

}  // namespace offing::http
