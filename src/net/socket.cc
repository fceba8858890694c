#include "net/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace offing::net {

namespace {

constexpr int kReadsPerEvent = 4;  // then others have their turn
constexpr int64_t kLingerMs = 2'000;

}  // namespace

Socket::Socket(Core& core, int fd, std::string peer_address)
    : core_(core), descriptor_(core.impl().io), peer_address_(std::move(peer_address)) {
  boost::system::error_code error;
  descriptor_.assign(fd, error);
  if (!error) return;
  ::close(fd);
  state_ = State::kClosed;
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
  listener_ = nullptr;
  state_ = State::kClosing;
  WatchProgress(max_wait_ms);
  MarkDirty();
}

// The timers hold no reference: a socket that is closing is held by its flush or its wait.
void Socket::WatchProgress(int64_t max_wait_ms) {
  closer_ = core_.After(max_wait_ms, [this, max_wait_ms, before = queue_.bytes()] {
    if (state_ != State::kClosing) return;
    if (queue_.bytes() < before) return WatchProgress(max_wait_ms);
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

void Socket::OnReadable() {
  const std::span<char> scratch = core().scratch;
  for (int reads = 0; reads < kReadsPerEvent && WantsBytes(); ++reads) {
    const ptrdiff_t size = recv(fd(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (size == 0) return OnPeerClosed();
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return Break();
    }
    const auto taken = static_cast<size_t>(size);
    if (state_ == State::kOpen && listener_ != nullptr) listener_->OnBytes(scratch.first(taken));
    if (taken < scratch.size()) break;  // the wait below tells of more, and of the end
  }
  if (WantsBytes()) WaitReadable();
}

void Socket::OnPeerClosed() {
  if (state_ == State::kLingering) return Release();
  if (queue_.empty()) return Break();
  state_ = State::kPeerClosed;
}

}  // namespace offing::net
