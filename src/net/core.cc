#include "net/core.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "net/core_impl.h"
#include "net/socket.h"

namespace offing::net {

namespace asio = boost::asio;

Core::Impl::Impl(int index, Deps deps)
    : index(index),
      deps(deps),
      accept_failures(deps.metrics.AddCounter(
          "offing_net_accept_failures_total",
          "Times that no connection could be accepted, for lack of descriptors or memory.")),
      work_(io.get_executor()),
      egress_(deps.metrics.AddCounter("offing_net_sent_bytes_total",
                                      "Bytes handed to the kernel for peers.")) {}

void Core::Impl::Run() {
  thread_ = std::this_thread::get_id();
  io.run();
  io.restart();
}

size_t Core::Impl::Poll() {
  thread_ = std::this_thread::get_id();
  const size_t count = io.poll();
  if (io.stopped()) io.restart();
  return count;
}

void Core::Impl::Stop() {
  asio::post(io, [this] {
    EndRound();
    io.stop();
  });
}

void Core::Impl::Post(std::function<void()> task) {
  if (mailbox_.Put(std::move(task)) == Mailbox::Wake::kUnderWay) return;
  asio::post(io, [this] { RunMail(); });
}

void Core::Impl::RunMail() {
  for (auto& task : mailbox_.TakeAll()) task();
}

void Core::Impl::Defer(std::function<void()> task) {
  DCHECK(OnThisThread(), "a core is used by its own thread only");
  deferred_.push_back(std::move(task));
  ArmRound();
}

void Core::Impl::Flush(boost::intrusive_ptr<Socket> socket) {
  egress_.Add(std::move(socket));
  ArmRound();
}

void Core::Impl::ArmRound() {
  if (std::exchange(round_armed_, true)) return;
  asio::post(io, [this] { EndRound(); });
}

void Core::Impl::EndRound() {
  round_armed_ = false;
  for (auto& task : std::exchange(deferred_, {})) task();
  egress_.Flush();
}

bool Core::Impl::OnThisThread() const {
  const std::thread::id thread = thread_;
  return thread == std::thread::id() || thread == std::this_thread::get_id();
}

namespace {

// The part of a timer that outlives it while the loop holds on to it.
class TimerState : public boost::intrusive_ref_counter<TimerState, boost::thread_unsafe_counter> {
 public:
  enum class Kind { kOnce, kRepeating };
  TimerState(asio::io_context& io, Kind kind, int64_t ms, std::function<void()> task)
      : timer_(io), kind_(kind), period_(ms), task_(std::move(task)) {}

  void Arm() {
    timer_.expires_after(period_);
    timer_.async_wait([self = boost::intrusive_ptr(this)](boost::system::error_code error) {
      if (!error && !self->cancelled_) self->Fire();
    });
  }
  void Cancel() {
    cancelled_ = true;
    timer_.cancel();
  }

 private:
  using AsioTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                               asio::wait_traits<std::chrono::steady_clock>,
                                               asio::io_context::executor_type>;
  void Fire() {
    if (kind_ == Kind::kRepeating) Arm();
    task_();
  }

  AsioTimer timer_;
  const Kind kind_;
  const std::chrono::milliseconds period_;
  const std::function<void()> task_;
  bool cancelled_ = false;
};

class AsioTimerHandle final : public Timer {
 public:
  explicit AsioTimerHandle(boost::intrusive_ptr<TimerState> state) : state_(std::move(state)) {
    state_->Arm();
  }
  ~AsioTimerHandle() override { state_->Cancel(); }
  AsioTimerHandle(const AsioTimerHandle&) = delete;
  AsioTimerHandle& operator=(const AsioTimerHandle&) = delete;

 private:
  const boost::intrusive_ptr<TimerState> state_;
};

std::unique_ptr<Timer> MakeTimer(Core::Impl& core, TimerState::Kind kind, int64_t ms,
                                 std::function<void()> task) {
  return std::make_unique<AsioTimerHandle>(
      boost::intrusive_ptr(new TimerState(core.io, kind, ms, std::move(task))));
}

}  // namespace

Core::Core(int index, Deps deps) : impl_(std::make_unique<Impl>(index, deps)) {}
Core::~Core() = default;

int Core::index() const {
  return impl_->index;
}
void Core::Run() {
  impl_->Run();
}
size_t Core::Poll() {
  return impl_->Poll();
}
void Core::Stop() {
  impl_->Stop();
}
void Core::Post(std::function<void()> task) {
  impl_->Post(std::move(task));
}
void Core::Defer(std::function<void()> task) {
  impl_->Defer(std::move(task));
}
std::unique_ptr<Timer> Core::After(int64_t ms, std::function<void()> task) {
  return MakeTimer(*impl_, TimerState::Kind::kOnce, ms, std::move(task));
}
std::unique_ptr<Timer> Core::Every(int64_t ms, std::function<void()> task) {
  return MakeTimer(*impl_, TimerState::Kind::kRepeating, ms, std::move(task));
}
std::span<char> Core::scratch() {
  return impl_->scratch;
}
bool Core::OnThisThread() const {
  return impl_->OnThisThread();
}

}  // namespace offing::net
