#include "cli/line_follower.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace offing::cli {

namespace {

constexpr size_t kReadBytes = 64 << 10;

}  // namespace

LineFollower::~LineFollower() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

base::Result<void> LineFollower::Open(From from) {
  if (auto opened = OpenFile(0); !opened) return opened;
  if (from == From::kEnd && fd_ != STDIN_FILENO) {
    struct stat info{};
    if (::fstat(fd_, &info) == 0) buffer_start_ = static_cast<uint64_t>(info.st_size);
  }
  return {};
}

base::Result<void> LineFollower::OpenAt(const Place& place) {
  if (auto opened = OpenFile(0); !opened) return opened;
  struct stat info{};
  if (::fstat(fd_, &info) == 0 && inode_ == place.inode &&
      static_cast<uint64_t>(info.st_size) >= place.offset) {
    buffer_start_ = place.offset;
  }
  return {};
}

base::Result<void> LineFollower::OpenFile(uint64_t offset) {
  buffer_.clear();
  buffer_start_ = offset;
  skipping_ = false;
  if (path_ == "-") {
    fd_ = STDIN_FILENO;
    return {};
  }
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info{};
  if (fd < 0 || ::fstat(fd, &info) != 0) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return base::Fail(error == ENOENT ? base::Code::kNotFound : base::Code::kIo,
                      fmt::format("--follow {}: {}", path_, std::strerror(error)));
  }
  if (fd_ > STDIN_FILENO) ::close(fd_);
  fd_ = fd;
  inode_ = info.st_ino;
  return {};
}

base::Result<std::optional<LineFollower::Line>> LineFollower::Next() {
  for (;;) {
    if (auto line = TakeLine()) return line;
    const auto more = Fill();
    if (!more) return std::unexpected(more.error());
    if (*more) continue;
    if (fd_ == STDIN_FILENO) {
      at_end_ = true;
      return std::nullopt;
    }
    if (!Replaced()) return std::nullopt;
    if (auto opened = OpenFile(0); !opened) return std::nullopt;  // between two files: later
    ++turns_;
  }
}

std::optional<LineFollower::Line> LineFollower::TakeLine() {
  for (;;) {
    const size_t newline = buffer_.find('\n');
    const bool too_long =
        newline == std::string::npos ? buffer_.size() > max_line_ : newline > max_line_;
    if (newline == std::string::npos && !too_long) return std::nullopt;
    const size_t text_end = too_long ? max_line_ : newline;
    const size_t taken = newline == std::string::npos ? buffer_.size() : newline + 1;
    Line line{buffer_.substr(0, text_end),
              {inode_, buffer_start_},
              {inode_, buffer_start_ + taken},
              too_long};
    buffer_.erase(0, taken);
    buffer_start_ += taken;
    const bool rest_of_cut_line = skipping_;
    skipping_ = newline == std::string::npos;
    if (!rest_of_cut_line) return line;
  }
}

base::Result<bool> LineFollower::Fill() {
  std::array<char, kReadBytes> bytes;
  const ssize_t count = fd_ == STDIN_FILENO
                            ? ::read(fd_, bytes.data(), bytes.size())
                            : ::pread(fd_, bytes.data(), bytes.size(),
                                      static_cast<off_t>(buffer_start_ + buffer_.size()));
  if (count < 0) {
    if (errno == EINTR) return true;
    return base::Fail(base::Code::kIo, fmt::format("--follow {}: {}", path_, std::strerror(errno)));
  }
  buffer_.append(bytes.data(), static_cast<size_t>(count));
  return count > 0;
}

bool LineFollower::Replaced() const {
  struct stat now{};
  if (::stat(path_.c_str(), &now) != 0) return false;
  return now.st_ino != inode_ || static_cast<uint64_t>(now.st_size) < buffer_start_;
}

}  // namespace offing::cli
