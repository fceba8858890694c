#include "store/sqlite/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace offing::store::sqlite {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

base::Error SystemError(const std::string& what, const std::string& path, int error) {
  const std::string why = path + " (" + std::strerror(error) + ")";
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return {base::Code::kForbidden,
              what + " " + why + ": give user " + std::to_string(::geteuid()) +
                  " write access to it, or name another folder with --data"};
    case ENOTDIR:
    case EEXIST:
      return {base::Code::kConflict,
              what + " " + why + ": it is not a folder; name another one with --data"};
    default:
      return {base::Code::kIo, what + " " + why + "; name another folder with --data"};
  }
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A new folder's name is an entry of its parent, which has to reach the disk too.
base::Result<void> SyncFolder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(SystemError("cannot open the folder", path, errno));
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  // Some file systems cannot sync a folder and say so; there is nothing more to ask of them.
  if (failed != 0 && failed != EINVAL) {
    return std::unexpected(SystemError("cannot sync the folder", path, failed));
  }
  return {};
}

base::Result<void> MakeFolder(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    return std::unexpected(SystemError("cannot use the data folder", path, ENOTDIR));
  }
  const std::string parent = ParentOf(path);
  if (parent != path) {
    if (auto made = MakeFolder(parent); !made) return made;
  }
  if (::mkdir(path.c_str(), kFolderMode) == 0) return SyncFolder(parent);
  const int error = errno;
  if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
  return std::unexpected(SystemError("cannot make the data folder", path, error));
}

std::string HolderOf(int lock) {
  char pid[32] = {};
  const ssize_t size = ::pread(lock, pid, sizeof pid - 1, 0);
  std::string text(pid, size > 0 ? static_cast<size_t>(size) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.empty() ? "another process" : "process " + text;
}

}  // namespace

base::Result<DataFolder> DataFolder::Open(const std::string& path) {
  std::string folder = path;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  if (folder.empty()) {
    return base::Fail(base::Code::kInvalidArgument, "--data is empty; name a folder");
  }
  if (auto made = MakeFolder(folder); !made) return std::unexpected(made.error());

  const std::string file = folder + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (lock < 0) {
    return std::unexpected(SystemError("cannot write in the data folder", folder, errno));
  }
  DataFolder opened(folder, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(SystemError("cannot lock", file, errno));
    return base::Fail(base::Code::kConflict, "the data folder " + folder + " is in use by " +
                                                 HolderOf(lock) +
                                                 "; stop it, or name another folder with --data");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 ||
      ::pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return std::unexpected(SystemError("cannot write", file, errno));
  }
  return opened;
}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace offing::store::sqlite
