// Core: one thread, one event loop, and everything that lives on it. A server has one Core per
// processor; every connection, timer and subscription belongs to one of them and is touched by its
// thread only.
//
// Between cores there is one way: Post() moves a function to the other core's mailbox, where
// functions run in the order in which any one thread posted them. A Core owns a scratch buffer that
// all its connections read into (an idle connection has no buffer of its own), and a list of the
// streams that were written to: they are flushed together when the current round of events and
// posted functions is done (net/stream.h).
//
// Asio stays behind this wall: only net/'s own core_impl.h and .cc files include it.
//
// Threading: core-local, unless a method says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/log.h"
#include "base/metrics.h"

namespace offing::net {

class Stream;

// A timer that is pending; destroying it cancels. Threading: core-local.
class Timer {
 public:
  virtual ~Timer() = default;
};

class Core {
 public:
  struct Deps {
    const base::Log& log;
    base::Metrics& metrics;
  };
  Core(int index, Deps deps);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  int index() const;

  // Runs the loop on the calling thread until Stop().
  void Run();
  // Runs what is ready and returns, how much that was. For tests, instead of Run().
  size_t Poll();
  // Any thread. Run() returns after the current round.
  void Stop();

  // Any thread. Runs `task` on this core's thread, never inside the call.
  void Post(std::function<void()> task);
  // Runs `task` after this round's events, before the flush; in the order of the calls.
  void Defer(std::function<void()> task);

  [[nodiscard]] std::unique_ptr<Timer> After(int64_t ms, std::function<void()> task);
  [[nodiscard]] std::unique_ptr<Timer> Every(int64_t ms, std::function<void()> task);

  std::span<char> scratch();
  bool OnThisThread() const;  // for DCHECKs

  class Impl;
  Impl& impl() { return *impl_; }  // net/ only

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace offing::net
