// DataFolder: the folder that one running server owns. It is made for its user alone (0700), and
// held by a lock on DATA/lock for as long as this object lives; the kernel lets go of the lock when
// the process dies, however it dies.
//
// Threading: any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace offing::store::sqlite {

class DataFolder {
 public:
  // Makes the folder and its missing parents. kConflict: another process holds it (the detail names
  // the folder and the process). kForbidden: no permission. kIo: anything else.
  static base::Result<DataFolder> Open(const std::string& path);

  DataFolder(DataFolder&& other) noexcept : path_(std::move(other.path_)), lock_(other.lock_) {
    other.lock_ = -1;
  }
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

}  // namespace offing::store::sqlite
