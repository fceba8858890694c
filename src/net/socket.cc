#include "net/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace offing::net {

namespace {

constexpr int kReadsPerEvent = 4;  // then others have their turn
constexpr int64_t kLingerMs = 2'000;

}  // namespace

Socket::Socket(Core& core, int fd, std::string peer_address, std::unique_ptr<TlsSession> tls,
               int64_t handshake_timeout_ms)
    : core_(core),
      descriptor_(core.impl().io),
      tls_(std::move(tls)),
      peer_address_(std::move(peer_address)) {
  boost::system::error_code error;
  descriptor_.assign(fd, error);
  if (error) {
    ::close(fd);
    state_ = State::kClosed;
  } else if (tls_) {
    closer_ = core_.After(handshake_timeout_ms, [this] {
      tls_->CountTimeout();
      Break();
    });
  }
}

Socket::~Socket() = default;

size_t Socket::queued_bytes() const {
  return queue_.bytes() + (tls_ ? tls_->unsent() : 0);
}

std::string_view Socket::tls_version() const {
  return tls_ ? tls_->version() : std::string_view();
}

bool Socket::shaking_hands() const {
  return tls_ && !tls_->established();
}

void Socket::ResumeReading() {
  reading_ = true;
  if (state_ == State::kOpen) WaitReadable();
}

void Socket::Write(base::SharedBytes bytes) {
  DCHECK(core_.OnThisThread(), "a stream is used by its core's thread only");
  if (state_ != State::kOpen && state_ != State::kPeerClosed) return;
  queue_.Push(std::move(bytes));
  MarkDirty();
}

void Socket::WriteFile(int file, uint64_t offset, uint64_t length) {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) {
    close(file);
    return;
  }
  queue_.PushFile(file, offset, length);
  MarkDirty();
}

void Socket::MarkDirty() {
  if (waits_writable_ || dirty_) return;
  dirty_ = true;
  core().Flush(this);
}

void Socket::Close(int64_t max_wait_ms) {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) return;
  if (shaking_hands()) return Abort();
  listener_ = nullptr;
  state_ = State::kClosing;
  WatchProgress(max_wait_ms);
  MarkDirty();
}

// The timers hold no reference: a socket that is closing is held by its flush or its wait.
void Socket::WatchProgress(int64_t max_wait_ms) {
  closer_ = core_.After(max_wait_ms, [this, max_wait_ms, before = queued_bytes()] {
    if (state_ != State::kClosing) return;
    if (queued_bytes() < before) return WatchProgress(max_wait_ms);
    Abort();
  });
}

void Socket::Abort() {
  listener_ = nullptr;
  if (state_ == State::kClosed) return;
  const linger reset{1, 0};  // frees the kernel's buffers at once
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  Release();
}

void Socket::Orphan() {
  listener_ = nullptr;
  if (state_ == State::kOpen || state_ == State::kPeerClosed) Abort();
}

void Socket::Release() {
  state_ = State::kClosed;
  closer_.reset();
  queue_.Clear();
  if (tls_) tls_->Forget();
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

void Socket::Break() {
  Release();
  if (Stream::Listener* listener = std::exchange(listener_, nullptr)) listener->OnClosed();
}

bool Socket::BeginFlush() {
  dirty_ = false;
  return state_ != State::kClosed && state_ != State::kLingering;
}

WriteQueue::Outcome Socket::Flush(size_t budget) {
  if (!tls_) return queue_.Flush(fd(), budget);
  const auto outcome = tls_->Flush(queue_, core().scratch, budget);
  if (outcome != WriteQueue::Outcome::kEmpty || state_ == State::kOpen) return outcome;
  return tls_->SayGoodbye();
}

void Socket::EndFlush(WriteQueue::Outcome outcome) {
  switch (outcome) {
    case WriteQueue::Outcome::kEmpty:
      return OnSent();
    case WriteQueue::Outcome::kBlocked:
      left_over_ = true;
      return WaitWritable();
    case WriteQueue::Outcome::kBudget:
      left_over_ = true;
      return MarkDirty();
    case WriteQueue::Outcome::kBroken:
      if (!tls_ && state_ == State::kOpen && reading_) OnReadable();  // its last words
      return Break();
  }
}

void Socket::OnSent() {
  const bool had_left_over = std::exchange(left_over_, false);
  if (state_ == State::kClosing) return Linger();
  if (state_ == State::kPeerClosed) return Break();
  if (had_left_over && listener_ != nullptr) listener_->OnDrained();
}

void Socket::Linger() {
  state_ = State::kLingering;
  shutdown(fd(), SHUT_WR);
  closer_ = core_.After(kLingerMs, [this] { Release(); });
  WaitReadable();
}

void Socket::WaitReadable() {
  if (std::exchange(waits_readable_, true)) return;
  if (tls_ && tls_->more() && state_ != State::kLingering) {
    boost::asio::post(core().io, [self = boost::intrusive_ptr(this)] {
      self->waits_readable_ = false;
      self->OnReadable();
    });
    return;
  }
  descriptor_.async_wait(descriptor_.wait_read,
                         [self = boost::intrusive_ptr(this)](boost::system::error_code error) {
                           self->waits_readable_ = false;
                           if (!error) self->OnReadable();
                         });
}

void Socket::WaitWritable() {
  if (std::exchange(waits_writable_, true)) return;
  descriptor_.async_wait(descriptor_.wait_write,
                         [self = boost::intrusive_ptr(this)](boost::system::error_code error) {
                           self->waits_writable_ = false;
                           if (!error) self->MarkDirty();
                         });
}

ptrdiff_t Socket::Receive(std::span<char> bytes) {
  if (!tls_ || state_ == State::kLingering) {
    return recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  }
  const bool was_shaking_hands = shaking_hands();
  const ptrdiff_t size = tls_->Receive(bytes);
  if (was_shaking_hands && tls_->established()) {
    closer_.reset();
    if (!queue_.empty()) MarkDirty();
  }
  if (tls_->unsent() > 0) MarkDirty();
  return size;
}

void Socket::OnReadable() {
  const std::span<char> scratch = core().scratch;
  for (int reads = 0; reads < kReadsPerEvent && WantsBytes(); ++reads) {
    const ptrdiff_t size = Receive(scratch);
    if (size == 0) return OnPeerClosed();
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return errno == EPROTO ? OnFailure() : Break();
    }
    const auto taken = static_cast<size_t>(size);
    if (state_ == State::kOpen && listener_ != nullptr) listener_->OnBytes(scratch.first(taken));
    if (taken < scratch.size()) break;  // the wait below tells of more, and of the end
  }
  if (WantsBytes()) WaitReadable();
}

void Socket::OnPeerClosed() {
  if (state_ == State::kLingering) return Release();
  ended_in_order_ = true;
  if (queued_bytes() > 0 && !shaking_hands()) {
    state_ = State::kPeerClosed;
    return;
  }
  if (tls_) tls_->SayGoodbye();
  Break();
}

void Socket::OnFailure() {
  tls_->SendUnsent();
  Stream::Listener* const listener = std::exchange(listener_, nullptr);
  queue_.Clear();
  Linger();
  if (listener != nullptr) listener->OnClosed();
}

}  // namespace offing::net
