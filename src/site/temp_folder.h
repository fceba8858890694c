// TempFolder: a folder for one test, with files in it; gone afterwards.
//
// Threading: tests.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.h"

namespace offing::site {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "offing-site-XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    top_ = name;
    std::filesystem::create_directory(top_ / "site");
    std::filesystem::create_directory(top_ / "outside");
    std::ofstream(top_ / "outside" / "secret.txt") << "secret";
  }
  ~TempFolder() { std::filesystem::remove_all(top_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path dir() const { return top_ / "site"; }
  std::filesystem::path outside() const { return top_ / "outside"; }

  // Makes the folders on the way. The file looks an hour old, so that it counts as settled.
  void Write(const std::string& path, const std::string& bytes, int64_t age_s = 3600) {
    std::filesystem::create_directories((dir() / path).parent_path());
    std::ofstream(dir() / path, std::ios::binary) << bytes;
    const auto time = std::filesystem::file_time_type::clock::now() - std::chrono::seconds(age_s);
    std::filesystem::last_write_time(dir() / path, time);
  }
  void Link(const std::string& path, const std::string& target) {
    std::filesystem::create_symlink(target, dir() / path);
  }
  void Pipe(const std::string& path) {
    CHECK(mkfifo((dir() / path).c_str(), 0600) == 0, "a named pipe can be made");
  }

 private:
  std::filesystem::path top_;
};

}  // namespace offing::site
