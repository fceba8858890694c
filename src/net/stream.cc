#include "net/stream.h"

#include <unistd.h>

#include <utility>

#include "net/open_stream.h"
#include "net/socket.h"
#include "net/tls.h"

namespace offing::net {

namespace {

class SocketStream final : public Stream {
 public:
  explicit SocketStream(boost::intrusive_ptr<Socket> socket) : socket_(std::move(socket)) {}
  ~SocketStream() override { socket_->Orphan(); }
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  void SetListener(Listener* listener) override { socket_->SetListener(listener); }
  void ResumeReading() override { socket_->ResumeReading(); }
  void PauseReading() override { socket_->PauseReading(); }
  void Write(base::SharedBytes bytes) override { socket_->Write(std::move(bytes)); }
  void Write(std::string bytes) override { socket_->Write(base::MakeShared(std::move(bytes))); }
  void WriteFile(int fd, uint64_t offset, uint64_t length) override {
    socket_->WriteFile(fd, offset, length);
  }
  size_t queued_bytes() const override { return socket_->queued_bytes(); }
  void AwaitDrained() override { socket_->AwaitDrained(); }
  bool ended_in_order() const override { return socket_->ended_in_order(); }
  void Close(int64_t max_wait_ms) override { socket_->Close(max_wait_ms); }
  void Abort() override { socket_->Abort(); }
  std::string_view peer_address() const override { return socket_->peer_address(); }
  std::string_view tls_version() const override { return socket_->tls_version(); }

 private:
  const boost::intrusive_ptr<Socket> socket_;
};

}  // namespace

std::unique_ptr<Stream> OpenStream(Core& core, int fd, std::string peer_address) {
  boost::intrusive_ptr socket(new Socket(core, fd, std::move(peer_address)));
  if (!socket->open()) return nullptr;
  return std::make_unique<SocketStream>(std::move(socket));
}

std::unique_ptr<Stream> OpenTlsStream(Core& core, int fd, std::string peer_address,
                                      TlsContext& tls) {
  auto session = tls.Accept(fd);
  if (!session) {
    close(fd);
    return nullptr;
  }
  boost::intrusive_ptr socket(new Socket(core, fd, std::move(peer_address), std::move(session),
                                         tls.handshake_timeout_ms()));
  if (!socket->open()) return nullptr;
  return std::make_unique<SocketStream>(std::move(socket));
}

}  // namespace offing::net
