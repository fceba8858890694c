// LineFollower: the lines of a file that grows, as `tail -F` sees them: a line counts once its
// newline is there; a file that is replaced (log rotation) is read to its end and then the new one
// from its start; a file that shrinks is read from its start.
//
// A line is known by where it starts (inode and offset), so whoever stores that place can go on
// there after a restart, and a line has the same name every time it is read.
//
// Limits: a line is cut at max_line bytes; the rest of it is skipped and `cut` is set.
//
// Threading: one thread at a time. Next() does not block: it answers nullopt when there is nothing
// new.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offing::cli {

class LineFollower {
 public:
  struct Place {
    uint64_t inode = 0;
    uint64_t offset = 0;

    friend bool operator==(const Place&, const Place&) = default;
  };
  struct Line {
    std::string text;  // without the newline
    Place start;
    Place next;
    bool cut = false;
  };
  enum class From { kStart, kEnd };

  LineFollower(std::string path, size_t max_line) : path_(std::move(path)), max_line_(max_line) {}
  ~LineFollower();
  LineFollower(const LineFollower&) = delete;
  LineFollower& operator=(const LineFollower&) = delete;

  // kNotFound, kIo. "-" is standard input, which has no place to go back to.
  base::Result<void> Open(From from);
  // Goes on at `place` if the file is still the same one and as long; else at its start.
  base::Result<void> OpenAt(const Place& place);
  base::Result<std::optional<Line>> Next();
  // How often another file was taken up, or the same one from its start.
  int turns() const { return turns_; }
  // Where the next line begins.
  Place place() const { return {inode_, buffer_start_}; }
  // Standard input has ended, or the file cannot be followed.
  bool at_end() const { return at_end_; }

 private:
  base::Result<void> OpenFile(uint64_t offset);
  std::optional<Line> TakeLine();
  base::Result<bool> Fill();
  bool Replaced() const;

  std::string path_;
  size_t max_line_;
  int fd_ = -1;
  uint64_t inode_ = 0;
  uint64_t buffer_start_ = 0;  // offset in the file of buffer_[0]
  std::string buffer_;
  bool skipping_ = false;  // inside the tail of a cut line
  bool at_end_ = false;
  int turns_ = 0;
};

}  // namespace offing::cli
