#include "net/write_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace offing::net {

namespace {

constexpr size_t kMaxPieces = 64;           // of one sendmsg(2)
constexpr uint64_t kFileSlice = 256 << 10;  // of one sendfile(2)
// A small file is cheaper to copy behind its head than to send by itself.
constexpr size_t kCopiedBytes = 8 << 10;

}  // namespace

WriteQueue::File::~File() {
  close(fd);
}

void WriteQueue::Push(base::SharedBytes bytes) {
  if (!bytes || bytes->empty()) return;
  const uint64_t size = bytes->size();
  PushChunk({std::move(bytes), nullptr, size});
}

void WriteQueue::PushFile(int fd, uint64_t offset, uint64_t length) {
  auto file = std::make_unique<File>(fd, offset);
  if (length > 0) PushChunk({nullptr, std::move(file), length});
}

void WriteQueue::PushChunk(Chunk chunk) {
  bytes_ += chunk.left;
  if (first_.left == 0) {
    first_ = std::move(chunk);
    return;
  }
  if (!rest_) rest_ = std::make_unique<std::deque<Chunk>>();
  rest_->push_back(std::move(chunk));
}

void WriteQueue::PopFront() {
  if (!rest_) {
    first_ = {};
    return;
  }
  first_ = std::move(rest_->front());
  rest_->pop_front();
  if (rest_->empty()) rest_.reset();
}

void WriteQueue::Clear() {
  first_ = {};
  rest_.reset();
  bytes_ = 0;
}

WriteQueue::Outcome WriteQueue::Flush(int fd, size_t budget) {
  size_t sent = 0;
  while (bytes_ > 0) {
    if (sent >= budget) return Outcome::kBudget;
    const bool copied = rest_ && rest_->back().file && bytes_ <= kCopiedBytes;
    const bool file = !copied && first_.file != nullptr;
    const uint64_t wanted = file ? std::min(first_.left, kFileSlice) : first_.left;
    const ptrdiff_t done = copied  ? SendCopy(fd)
                           : file  ? SendFile(fd)
                           : rest_ ? SendMany(fd)
                                   : SendOne(fd);
    if (done < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Outcome::kBlocked : Outcome::kBroken;
    }
    if (done == 0) return Outcome::kBroken;  // the file ended
    Consume(static_cast<size_t>(done));
    sent += static_cast<size_t>(done);
    // A short send of memory means that the socket is full; of a file it may mean that the file is
    // short, which the next call tells.
    if (!file && static_cast<uint64_t>(done) < wanted) return Outcome::kBlocked;
  }
  return Outcome::kEmpty;
}

void WriteQueue::Consume(size_t sent) {
  bytes_ -= sent;
  while (sent > 0) {
    const auto part = static_cast<size_t>(std::min<uint64_t>(sent, first_.left));
    first_.left -= part;
    if (first_.file) first_.file->offset += part;
    sent -= part;
    if (first_.left == 0) PopFront();
  }
}

ptrdiff_t WriteQueue::SendOne(int fd) {
  const std::string& bytes = *first_.bytes;
  return send(fd, bytes.data() + (bytes.size() - first_.left), first_.left,
              MSG_NOSIGNAL | MSG_DONTWAIT);
}

ptrdiff_t WriteQueue::SendMany(int fd) {
  std::array<iovec, kMaxPieces> pieces;
  size_t count = 0;
  int more = 0;
  const auto add = [&](const Chunk& chunk) {
    if (chunk.file) {
      more = MSG_MORE;
      return false;
    }
    const size_t skip = chunk.bytes->size() - chunk.left;
    pieces[count++] = {const_cast<char*>(chunk.bytes->data()) + skip, chunk.left};
    return count < kMaxPieces;
  };
  add(first_);
  for (const Chunk& chunk : *rest_) {
    if (!add(chunk)) break;
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | more);
}

ptrdiff_t WriteQueue::SendCopy(int fd) {
  std::array<char, kCopiedBytes> room;
  const std::string_view bytes = Peek(room);
  return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

ptrdiff_t WriteQueue::SendFile(int fd) {
  auto offset = static_cast<off_t>(first_.file->offset);
  const auto size = static_cast<size_t>(std::min(first_.left, kFileSlice));
  return sendfile(fd, first_.file->fd, &offset, size);
}

size_t WriteQueue::Copy(const Chunk& chunk, std::span<char> room) {
  const auto size = static_cast<size_t>(std::min<uint64_t>(chunk.left, room.size()));
  if (!chunk.file) {
    std::memcpy(room.data(), chunk.bytes->data() + (chunk.bytes->size() - chunk.left), size);
    return size;
  }
  ptrdiff_t done;
  do {
    done = pread(chunk.file->fd, room.data(), size, static_cast<off_t>(chunk.file->offset));
  } while (done < 0 && errno == EINTR);
  return done > 0 ? static_cast<size_t>(done) : 0;
}

std::string_view WriteQueue::Peek(std::span<char> scratch) {
  if (!first_.file && (!rest_ || first_.left >= scratch.size())) {
    const std::string_view bytes = *first_.bytes;
    return bytes.substr(bytes.size() - first_.left).substr(0, scratch.size());
  }
  size_t size = Copy(first_, scratch);
  if (size < first_.left || !rest_) return {scratch.data(), size};
  for (const Chunk& chunk : *rest_) {
    const size_t more = Copy(chunk, scratch.subspan(size));
    size += more;
    if (more < chunk.left) break;  // no room, or a file that ends too soon: the next call tells
  }
  return {scratch.data(), size};
}

}  // namespace offing::net
