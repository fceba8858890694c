// WriteQueue: what waits to be sent on one socket, shared buffers and pieces of files. One buffer
// lies inside the object; only more than that allocates, and all of it is freed when the queue is
// empty.
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace offing::net {

class WriteQueue {
 public:
  void Push(base::SharedBytes bytes);
  // Owns `fd` from here on.
  void PushFile(int fd, uint64_t offset, uint64_t length);
  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }
  void Clear();

  enum class Outcome {
    kEmpty,    // all is with the kernel
    kBlocked,  // the socket takes no more now
    kBudget,   // there is more, but others want their turn
    kBroken,   // the connection is, or a file is shorter than was said
  };
  // Sends to the non-blocking socket `fd` about `budget` bytes at most. One buffer takes one call
  // of send(2).
  Outcome Flush(int fd, size_t budget);

  // The next bytes, as many as `scratch` holds at most, for a caller that sends them itself and
  // then calls Consume(). They are in the queue or in `scratch`, where files are read into. Empty
  // if a file is shorter than was said. Not on an empty queue.
  std::string_view Peek(std::span<char> scratch);
  void Consume(size_t sent);

 private:
  struct File {
    File(int fd, uint64_t offset) : fd(fd), offset(offset) {}
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    const int fd;
    uint64_t offset;
  };
  struct Chunk {
    base::SharedBytes bytes;
    std::unique_ptr<File> file;
    uint64_t left = 0;  // not sent yet; of `bytes` these are the last ones
  };

  void PushChunk(Chunk chunk);
  void PopFront();
  // Each returns what send(2) or sendfile(2) did.
  ptrdiff_t SendOne(int fd);
  ptrdiff_t SendMany(int fd);
  ptrdiff_t SendCopy(int fd);
  ptrdiff_t SendFile(int fd);
  // Copies what there is of `chunk` to `room`; 0: the file ended.
  static size_t Copy(const Chunk& chunk, std::span<char> room);

  Chunk first_;
  std::unique_ptr<std::deque<Chunk>> rest_;  // none while it would be empty
  size_t bytes_ = 0;
};

}  // namespace offing::net
