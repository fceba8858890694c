#include "net/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace offing::net {

namespace {

constexpr size_t kPiece = 64 << 10;            // of plain text sealed at once, four records
constexpr size_t kSealedRoom = kPiece + 1024;  // with what TLS puts around them

// Alerts (a renegotiation is answered with one) for a peer that does not read them.
constexpr size_t kMaxUnsent = 256 << 10;

}  // namespace

BIO_METHOD* NewTlsBioMethod() {
  BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "offing");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, &TlsSession::OnBioRead);
  BIO_meth_set_write(method, &TlsSession::OnBioWrite);
  BIO_meth_set_ctrl(method, [](BIO*, int command, long, void*) -> long {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  });
  return method;
}

TlsSession::TlsSession(std::shared_ptr<TlsShared> shared, SSL_CTX* context, int fd)
    : shared_(std::move(shared)), ssl_(SSL_new(context)), fd_(fd) {
  ++shared_->handshaking;
  shared_->counters.handshaking.Add();
  BIO* bio = ssl_ ? BIO_new(shared_->bio.get()) : nullptr;
  if (bio == nullptr) {
    ssl_.reset();
    return;
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsSession::~TlsSession() {
  StopCounting();
}

void TlsSession::Forget() {
  std::string().swap(unsent_);
  StopCounting();
}

void TlsSession::StopCounting() {
  if (!std::exchange(counted_, false)) return;
  --shared_->handshaking;
  shared_->counters.handshaking.Sub();
}

std::string_view TlsSession::version() const {
  return handshaking_ ? std::string_view() : SSL_get_version(ssl_.get());
}

int TlsSession::OnBioRead(BIO* bio, char* bytes, int size) {
  auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (session.dry_) {
    BIO_set_retry_read(bio);
    return -1;
  }
  ssize_t taken;
  do {
    taken = recv(session.fd_, bytes, static_cast<size_t>(size), MSG_DONTWAIT);
  } while (taken < 0 && errno == EINTR);
  if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    session.dry_ = true;
    BIO_set_retry_read(bio);
  } else {
    session.ended_ = taken == 0;
    session.dry_ = taken > 0 && taken < size;
  }
  return static_cast<int>(taken);
}

int TlsSession::OnBioWrite(BIO* bio, const char* bytes, int size) {
  auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto count = static_cast<size_t>(size);
  Sealed* sealed = session.sealed_;
  if (sealed != nullptr && session.unsent_.empty() && sealed->room.size() - sealed->size >= count) {
    std::memcpy(sealed->room.data() + sealed->size, bytes, count);
    sealed->size += count;
  } else {
    session.unsent_.append(bytes, count);
  }
  return size;
}

ptrdiff_t TlsSession::Receive(std::span<char> bytes) {
  dry_ = false;
  more_ = false;
  failed_ = failed_ || unsent_.size() > kMaxUnsent;
  if (failed_) {
    errno = EPROTO;
    return -1;
  }
  ERR_clear_error();
  if (handshaking_ && !Shake()) return -1;
  size_t size = 0;
  while (size < bytes.size()) {
    const std::span<char> rest = bytes.subspan(size);
    const int result = SSL_read(ssl_.get(), rest.data(), static_cast<int>(rest.size()));
    if (result > 0) {
      size += static_cast<size_t>(result);
      continue;
    }
    if (size == 0) return Explain(result);
    more_ = Explain(result) == 0 || errno != EAGAIN;  // what was read is told first
    return static_cast<ptrdiff_t>(size);
  }
  more_ = true;
  return static_cast<ptrdiff_t>(size);
}

bool TlsSession::Shake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    handshaking_ = false;
    StopCounting();
    shared_->counters.handshakes.Add();
    if (SSL_session_reused(ssl_.get()) == 1) shared_->counters.resumed.Add();
    return true;
  }
  const bool plain_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  if (Explain(result) < 0 && errno == EAGAIN) return false;
  if (plain_http) unsent_ = shared_->config.plain_http_answer;
  shared_->counters.failed.Add();
  failed_ = true;
  errno = EPROTO;
  return false;
}

ptrdiff_t TlsSession::Explain(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      ERR_clear_error();
      if (ended_) return 0;  // without close_notify; HTTP tells itself what is whole
      failed_ = true;
      errno = EPROTO;
      return -1;
  }
}

WriteQueue::Outcome TlsSession::SendUnsent() {
  size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t done =
        send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) return WriteQueue::Outcome::kBroken;
      unsent_.erase(0, sent);
      return WriteQueue::Outcome::kBlocked;
    }
    sent += static_cast<size_t>(done);
  }
  if (!unsent_.empty()) std::string().swap(unsent_);
  return WriteQueue::Outcome::kEmpty;
}

// The sealed bytes first, then what did not fit there.
WriteQueue::Outcome TlsSession::SendSealed(Sealed& sealed) {
  size_t sent = 0;
  while (sent < sealed.size) {
    const ssize_t done =
        send(fd_, sealed.room.data() + sent, sealed.size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) return WriteQueue::Outcome::kBroken;
      unsent_.insert(0, sealed.room.data() + sent, sealed.size - sent);
      return WriteQueue::Outcome::kBlocked;
    }
    sent += static_cast<size_t>(done);
  }
  return SendUnsent();
}

WriteQueue::Outcome TlsSession::Flush(WriteQueue& queue, std::span<char> scratch, size_t budget) {
  auto outcome = SendUnsent();
  if (handshaking_ || failed_) return outcome;
  std::array<char, kSealedRoom> room;
  size_t done = 0;
  while (outcome == WriteQueue::Outcome::kEmpty && !queue.empty()) {
    if (done >= budget) return WriteQueue::Outcome::kBudget;
    const auto piece = queue.Peek(scratch.first(std::min(scratch.size(), kPiece)));
    if (piece.empty()) return WriteQueue::Outcome::kBroken;  // a file ended
    Sealed sealed{.room = room};
    sealed_ = &sealed;
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
    sealed_ = nullptr;
    if (result <= 0) {
      Explain(result);
      failed_ = true;
      return WriteQueue::Outcome::kBroken;
    }
    queue.Consume(static_cast<size_t>(result));
    done += static_cast<size_t>(result);
    outcome = SendSealed(sealed);
  }
  return outcome;
}

WriteQueue::Outcome TlsSession::SayGoodbye() {
  if (!said_goodbye_ && !handshaking_ && !failed_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  said_goodbye_ = true;
  return SendUnsent();
}

}  // namespace offing::net
