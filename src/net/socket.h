// Socket: the part of a Stream that the event loop holds on to. A Stream's owner may destroy it at
// any time, inside a callback too; the socket stays until no wait of the loop and no flush needs
// it, and says nothing to a listener that is gone. Included by .cc files of net/ only.
//
// Threading: core-local.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/core_impl.h"
#include "net/stream.h"
#include "net/tls_session.h"
#include "net/write_queue.h"

namespace offing::net {

class Socket : public boost::intrusive_ref_counter<Socket, boost::thread_unsafe_counter> {
 public:
  // `fd` is connected and non-blocking; the socket owns it. Not open() if the kernel refused.
  // With `tls` all that is said on it is, and reading begins with the handshake.
  Socket(Core& core, int fd, std::string peer_address, std::unique_ptr<TlsSession> tls = nullptr,
         int64_t handshake_timeout_ms = 0);
  ~Socket();

  bool open() const { return state_ != State::kClosed; }
  void SetListener(Stream::Listener* listener) { listener_ = listener; }
  void ResumeReading();
  void PauseReading() { reading_ = false; }
  void Write(base::SharedBytes bytes);
  void WriteFile(int file, uint64_t offset, uint64_t length);
  void AwaitDrained() { left_over_ |= !queue_.empty(); }
  bool ended_in_order() const { return ended_in_order_; }
  void Close(int64_t max_wait_ms);
  void Abort();
  // The Stream is gone.
  void Orphan();

  const WriteQueue& queue() const { return queue_; }
  size_t queued_bytes() const;
  const std::string& peer_address() const { return peer_address_; }
  std::string_view tls_version() const;

  // For Egress. False: nothing to send here any more.
  bool BeginFlush();
  WriteQueue::Outcome Flush(size_t budget);
  void EndFlush(WriteQueue::Outcome outcome);

 private:
  enum class State : uint8_t {
    kOpen,
    kPeerClosed,  // what is queued is still sent
    kClosing,     // Close() was called; what is queued is still sent
    kLingering,   // FIN sent; the peer's bytes are thrown away until its FIN
    kClosed,
  };

  bool WantsBytes() const {
    return (state_ == State::kOpen && reading_) || state_ == State::kLingering;
  }
  int fd() { return descriptor_.native_handle(); }
  bool shaking_hands() const;
  ptrdiff_t Receive(std::span<char> bytes);  // like recv(2)
  void MarkDirty();
  void WaitReadable();
  void WaitWritable();
  void OnReadable();
  void OnPeerClosed();
  void OnSent();
  void Linger();
  void WatchProgress(int64_t max_wait_ms);
  void OnFailure();  // of TLS: the peer hears the reason before FIN
  void Break();      // closes and tells the listener
  void Release();    // closes
  Core::Impl& core() { return core_.impl(); }

  Core& core_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor_;
  Stream::Listener* listener_ = nullptr;
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<Timer> closer_;  // while closing, and during a handshake
  WriteQueue queue_;
  const std::string peer_address_;
  State state_ = State::kOpen;
  bool reading_ = false;
  bool dirty_ = false;      // Egress has it
  bool left_over_ = false;  // the last flush did not empty the queue, or somebody awaits that
  bool ended_in_order_ = false;
  bool waits_readable_ = false;
  bool waits_writable_ = false;
};

}  // namespace offing::net
