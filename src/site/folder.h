// Folder: opens files below one folder and never outside of it, whatever the path or the file
// system says. The kernel resolves the path beneath the folder (openat2, RESOLVE_BENEATH): symlinks
// work as long as they are relative and stay inside; one that leads out, or an absolute one, is
// refused, and so is a race that tries to swap one in. Where openat2 is not permitted (old kernels,
// some containers), each component is opened by itself and symlinks are not followed at all.
//
// Threading: any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace offing::site {

// Which file, and which state of it: a file that is replaced or written to has another, also if it
// has its old size and was given its old time, as archives and deployments do.
struct FileStamp {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;  // of any change; nobody can set it

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// An open file descriptor with an owner. Threading: core-local.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(other.Release()) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();
  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

enum class FileKind { kFile, kFolder, kOther };

struct OpenFile {
  FileHandle handle;
  FileKind kind = FileKind::kOther;
  FileStamp stamp;
};

class Folder {
 public:
  enum class Lookup { kOpenat2, kByComponent };

  // kIo or kNotFound: not a folder that can be read. Finds out which lookup there is.
  static base::Result<Folder> Open(const std::filesystem::path& dir);
  static base::Result<Folder> Open(const std::filesystem::path& dir, Lookup lookup);

  // `path`: relative, "/" separated, as proto::FilePath makes it; "" is the folder itself.
  // kNotFound; kForbidden: it leads out of the folder, or may not be read; kIo.
  base::Result<OpenFile> OpenAt(const std::string& path) const;
  // Names in the folder `path` in the order of their bytes, at most `max`, without "." and "..".
  base::Result<std::vector<std::string>> List(const std::string& path, size_t max) const;

  Lookup lookup() const { return lookup_; }

 private:
  Folder(FileHandle root, Lookup lookup) : root_(std::move(root)), lookup_(lookup) {}
  int OpenBeneath(const std::string& path) const;
  int OpenByComponent(const std::string& path) const;

  FileHandle root_;
  Lookup lookup_;
};

// The stamp of an open file now. kIo.
base::Result<FileStamp> StampOf(int fd);
// The first 32 hexadecimal digits of the SHA-256 of the file's bytes. kConflict: it changed
// meanwhile; kIo.
base::Result<std::string> HashFile(const OpenFile& file);
// All of the file's bytes. Errors as HashFile's.
base::Result<std::string> ReadFile(const OpenFile& file);

}  // namespace offing::site
