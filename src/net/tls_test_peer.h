// TlsTestPeer: a TestPeer that speaks TLS as a client. It takes any certificate.
//
// Threading: core-local.
#pragma once

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "net/test_peer.h"
#include "net/tls_files.h"

namespace offing::net {

class TlsTestPeer : public TestPeer {
 public:
  using SessionPtr = std::unique_ptr<SSL_SESSION, OpenSslDeleter<SSL_SESSION_free>>;
  struct Options {
    int version = 0;   // TLS1_2_VERSION; 0: any
    std::string alpn;  // in wire form: "\x08http/1.1"
    SSL_SESSION* resume = nullptr;
  };
  // Takes over `fd`.
  explicit TlsTestPeer(int fd) : TlsTestPeer(fd, Options{}) {}
  TlsTestPeer(int fd, const Options& options) : TestPeer(fd) { SetUp(options); }
  TlsTestPeer(uint16_t port, int receive_buffer, const Options& options)
      : TestPeer(port, receive_buffer) {
    SetUp(options);
  }

  // Turns the core until the handshake is done. False: it failed (reason() says why), or never
  // ends.
  bool Shake(Core& core) {
    CrankUntil(core, [&] {
      StepHandshake();
      return shaken_ || end_ || reset_;
    });
    return shaken_;
  }
  size_t Send(std::string_view bytes) override {
    if (!shaken_) return 0;
    size_t sent = 0;
    while (sent < bytes.size()) {
      ERR_clear_error();
      const auto left = static_cast<int>(bytes.size() - sent);
      const int done = SSL_write(ssl_.get(), bytes.data() + sent, left);
      if (done <= 0) break;
      sent += static_cast<size_t>(done);
    }
    return sent;
  }
  void Pump(size_t at_most = 1 << 20) override {
    if (!shaken_) return StepHandshake();
    std::array<char, 16 << 10> buffer;
    while (at_most > 0) {
      ERR_clear_error();
      const int size =
          SSL_read(ssl_.get(), buffer.data(), static_cast<int>(std::min(buffer.size(), at_most)));
      if (size <= 0) return Explain(size);
      received_.append(buffer.data(), static_cast<size_t>(size));
      at_most -= static_cast<size_t>(size);
    }
  }
  void HalfClose() override {
    SSL_shutdown(ssl_.get());
    TestPeer::HalfClose();
  }

  SSL* ssl() { return ssl_.get(); }
  bool said_goodbye() const { return said_goodbye_; }  // the server did, with close_notify
  const std::string& reason() const { return reason_; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  // A copy: OpenSSL gives up the connection's own when that ends without a goodbye.
  SessionPtr session() { return SessionPtr(SSL_SESSION_dup(SSL_get0_session(ssl_.get()))); }

 private:
  void SetUp(const Options& options) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own writes raise it
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context_.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ssl_.reset(SSL_new(context_.get()));
    if (options.version != 0) {
      SSL_set_min_proto_version(ssl_.get(), options.version);
      SSL_set_max_proto_version(ssl_.get(), options.version);
    }
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()),
                        static_cast<unsigned>(options.alpn.size()));
    if (options.resume != nullptr) SSL_set_session(ssl_.get(), options.resume);
    fcntl(fd_, F_SETFL, O_NONBLOCK);
    SSL_set_fd(ssl_.get(), fd_);
    SSL_set_connect_state(ssl_.get());
  }
  void StepHandshake() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    shaken_ = done == 1;
    if (!shaken_) Explain(done);
  }
  void Explain(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return;
      case SSL_ERROR_ZERO_RETURN:
        end_ = said_goodbye_ = true;
        return;
      default: {
        const char* text = ERR_reason_error_string(ERR_peek_last_error());
        reason_ = text != nullptr ? text : "";
        const bool cut =
            ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
        (cut ? end_ : reset_) = true;
      }
    }
  }

  std::unique_ptr<SSL_CTX, OpenSslDeleter<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, OpenSslDeleter<SSL_free>> ssl_;
  std::string reason_;
  bool shaken_ = false;
  bool said_goodbye_ = false;
};

}  // namespace offing::net
