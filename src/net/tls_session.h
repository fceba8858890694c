// TlsSession: TLS on one non-blocking descriptor, as a Socket uses it in place of recv(2) and
// send(2). It owns OpenSSL's object, but not the descriptor.
//
// OpenSSL writes into memory here and never to the descriptor, so it is never told to wait for
// it: what the kernel does not take lies in this object until it does.
//
// Threading: core-local.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/tls_files.h"
#include "net/tls_shared.h"
#include "net/write_queue.h"

namespace offing::net {

class TlsSession {
 public:
  // Counts as a handshake under way until it is established, or gone.
  TlsSession(std::shared_ptr<TlsShared> shared, SSL_CTX* context, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  bool usable() const { return ssl_ != nullptr; }  // false: no memory

  bool established() const { return !handshaking_; }
  std::string_view version() const;  // "TLSv1.3"; "" before the end of the handshake

  // Like recv(2): reads plain text, or goes on with the handshake. 0: the peer said that it ends.
  // -1 and errno EAGAIN: nothing more now; EPROTO: what came is not TLS as it should be.
  ptrdiff_t Receive(std::span<char> bytes);
  // True: Receive has something to say although the descriptor may not be readable.
  bool more() const { return more_; }

  // Sends what waits here, then from `queue`, about `budget` bytes of it at most. `scratch` is
  // overwritten. During the handshake the queue is left as it is, and that is kEmpty.
  WriteQueue::Outcome Flush(WriteQueue& queue, std::span<char> scratch, size_t budget);
  // Sends what waits here, and close_notify behind it.
  WriteQueue::Outcome SayGoodbye();
  WriteQueue::Outcome SendUnsent();
  size_t unsent() const { return unsent_.size(); }
  void Forget();  // the connection is over

  void CountTimeout() { shared_->counters.timeouts.Add(); }

 private:
  // Where sealed bytes go during Flush; what does not fit goes to unsent_.
  struct Sealed {
    std::span<char> room;
    size_t size = 0;
  };

  static int OnBioRead(BIO* bio, char* bytes, int size);
  static int OnBioWrite(BIO* bio, const char* bytes, int size);
  friend BIO_METHOD* NewTlsBioMethod();

  bool Shake();  // true: established; else errno as in Receive
  ptrdiff_t Explain(int result);
  WriteQueue::Outcome SendSealed(Sealed& sealed);
  void StopCounting();

  const std::shared_ptr<TlsShared> shared_;
  std::unique_ptr<SSL, OpenSslDeleter<SSL_free>> ssl_;
  std::string unsent_;        // sealed bytes that the kernel has not taken
  Sealed* sealed_ = nullptr;  // during Flush
  const int fd_;
  bool handshaking_ = true;
  bool counted_ = true;  // among the handshakes under way
  bool dry_ = false;     // the last read left nothing in the kernel
  bool ended_ = false;   // the peer's FIN came
  bool more_ = false;
  bool said_goodbye_ = false;
  bool failed_ = false;
};

}  // namespace offing::net
