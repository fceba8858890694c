#include "site/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "crypto/digest.h"

namespace offing::site {

namespace {

using base::Code;
using base::Fail;

// O_NONBLOCK: opening a named pipe must not wait for its other end.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int Openat2(int root, const char* path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed on the way, and the kernel cannot tell that it stayed beneath.
  for (int attempt = 0; attempt < 8; ++attempt) {
    const long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) return static_cast<int>(fd);
  }
  return -1;
}

Code CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ENXIO:
      return Code::kNotFound;
    case EXDEV:
    case ELOOP:
    case EACCES:
    case EPERM:
      return Code::kForbidden;
    default:
      return Code::kIo;
  }
}

auto FailErrno(std::string_view what, std::string_view path) {
  const int error = errno;
  return Fail(CodeOf(error), fmt::format("cannot {} \"{}\": {}", what, path, std::strerror(error)));
}

int64_t Nanoseconds(const struct timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStamp ToStamp(const struct stat& info) {
  return FileStamp{info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size),
                   Nanoseconds(info.st_mtim), Nanoseconds(info.st_ctim)};
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) close(fd_);
}

base::Result<Folder> Folder::Open(const std::filesystem::path& dir) {
  auto folder = Open(dir, Lookup::kOpenat2);
  if (!folder) return folder;
  const FileHandle probe(Openat2(folder->root_.fd(), ".", kFlags));
  if (probe.fd() < 0) folder->lookup_ = Lookup::kByComponent;
  return folder;
}

base::Result<Folder> Folder::Open(const std::filesystem::path& dir, Lookup lookup) {
  FileHandle root(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.fd() < 0) {
    const int error = errno;
    return Fail(CodeOf(error),
                fmt::format("DIR {}: {}; name the site's folder, one that this user may read",
                            dir.native(), std::strerror(error)));
  }
  return Folder(std::move(root), lookup);
}

int Folder::OpenBeneath(const std::string& path) const {
  return Openat2(root_.fd(), path.empty() ? "." : path.c_str(), kFlags);
}

int Folder::OpenByComponent(const std::string& path) const {
  FileHandle at(openat(root_.fd(), ".", kFlags | O_DIRECTORY));
  std::string_view rest = path;
  while (at.fd() >= 0 && !rest.empty()) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool folder = !rest.empty();
    if (name == "." || name == "..") {
      errno = EXDEV;
      return -1;
    }
    at =
        FileHandle(openat(at.fd(), name.c_str(), kFlags | O_NOFOLLOW | (folder ? O_DIRECTORY : 0)));
  }
  return at.Release();
}

base::Result<OpenFile> Folder::OpenAt(const std::string& path) const {
  const bool whole = path.find('\0') == std::string::npos && !path.starts_with('/');
  if (!whole) return Fail(Code::kForbidden, "a path that is not below the folder");
  OpenFile file;
  file.handle = FileHandle(lookup_ == Lookup::kOpenat2 ? OpenBeneath(path) : OpenByComponent(path));
  if (file.handle.fd() < 0) return FailErrno("open", path);
  struct stat info;
  if (fstat(file.handle.fd(), &info) != 0) return FailErrno("look at", path);
  file.kind = S_ISREG(info.st_mode)   ? FileKind::kFile
              : S_ISDIR(info.st_mode) ? FileKind::kFolder
                                      : FileKind::kOther;
  file.stamp = ToStamp(info);
  return file;
}

base::Result<std::vector<std::string>> Folder::List(const std::string& path, size_t max) const {
  auto folder = OpenAt(path);
  if (!folder) return std::unexpected(folder.error());
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(fdopendir(folder->handle.fd()), closedir);
  if (dir == nullptr) return FailErrno("list", path);
  folder->handle.Release();  // closedir closes it
  std::vector<std::string> names;
  while (names.size() < max) {
    const dirent* entry = readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

base::Result<FileStamp> StampOf(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return FailErrno("look at", "an open file");
  return ToStamp(info);
}

namespace {

// Calls `take` with the file's bytes, piece by piece.
template <class Take>
base::Result<void> ReadWhole(const OpenFile& file, Take take) {
  std::string buffer(64 << 10, '\0');
  uint64_t offset = 0;
  while (offset <= file.stamp.size) {  // a file that grows is not followed
    const ssize_t got =
        pread(file.handle.fd(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno("read", "an open file");
    if (got == 0) break;
    take(std::string_view(buffer.data(), static_cast<size_t>(got)));
    offset += static_cast<uint64_t>(got);
  }
  auto stamp = StampOf(file.handle.fd());
  if (!stamp) return std::unexpected(stamp.error());
  if (*stamp != file.stamp || offset != file.stamp.size) {
    return Fail(Code::kConflict, "the file changed while it was read");
  }
  return {};
}

}  // namespace

base::Result<std::string> HashFile(const OpenFile& file) {
  crypto::Sha256Stream hash;
  auto read = ReadWhole(file, [&hash](std::string_view bytes) { hash.Update(bytes); });
  if (!read) return std::unexpected(read.error());
  return hash.FinishHex().substr(0, 32);
}

base::Result<std::string> ReadFile(const OpenFile& file) {
  std::string all;
  all.reserve(file.stamp.size);
  auto read = ReadWhole(file, [&all](std::string_view bytes) { all += bytes; });
  if (!read) return std::unexpected(read.error());
  return all;
}

}  // namespace offing::site
