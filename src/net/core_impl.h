// What a Core is made of. Included by .cc files of net/ only: it brings Asio with it.
//
// A round: the first write or deferred task posts EndRound behind all events that are ready, so
// the loop is Asio's own and a round ends when they have been handled.
//
// Threading: core-local, unless a method says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "net/core.h"
#include "net/egress.h"
#include "net/mailbox.h"

namespace offing::net {

class Core::Impl {
 public:
  Impl(int index, Deps deps);

  void Run();
  size_t Poll();
  void Stop();                            // any thread
  void Post(std::function<void()> task);  // any thread
  void Defer(std::function<void()> task);
  void Flush(boost::intrusive_ptr<Socket> socket);  // at the round's end

  // True on the thread that runs the loop; before any has, on every thread.
  bool OnThisThread() const;

  boost::asio::io_context io{1};
  const int index;
  const Deps deps;
  base::Counter& accept_failures;
  std::array<char, 64 << 10> scratch;

 private:
  void ArmRound();
  void EndRound();
  void RunMail();

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::atomic<std::thread::id> thread_{};
  Mailbox mailbox_;
  std::vector<std::function<void()>> deferred_;
  Egress egress_;
  bool round_armed_ = false;
};

}  // namespace offing::net
