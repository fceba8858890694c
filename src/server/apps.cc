#include "server/apps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace offing::server {

namespace {

std::string FileOf(const std::string& data_dir) {
  return data_dir + "/app";
}

base::Result<void> WriteDurably(const std::string& file, const std::string& text) {
  const std::string draft = file + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = fd >= 0 &&
              ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              ::fsync(fd) == 0;
  int error = errno;
  if (fd >= 0) ::close(fd);
  if (good && std::rename(draft.c_str(), file.c_str()) != 0) {
    good = false;
    error = errno;
  }
  if (good) return {};
  return base::Fail(
      base::Code::kIo,
      fmt::format("--data: cannot write {}: {}; name a folder that this user may write to", file,
                  std::strerror(error)));
}

}  // namespace

base::Result<proto::AppCredentials> LoadMadeApp(const std::string& data_dir) {
  const std::string file = FileOf(data_dir);
  std::error_code ignored;
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file, ignored)) {
    return base::Fail(
        base::Code::kNotFound,
        fmt::format("no app: {} cannot be read; give --app ID:KEY:SECRET, or --data DIR "
                    "with the server's data folder",
                    file));
  }
  std::string text((std::istreambuf_iterator<char>(in)), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auto app = proto::ParseAppCredentials(text);
  if (!app) {
    return base::Fail(
        base::Code::kCorrupt,
        fmt::format("{} does not hold ID:KEY:SECRET; remove it, and the server makes a new app",
                    file));
  }
  return app;
}

base::Result<MadeApp> LoadOrMakeApp(const std::string& data_dir, crypto::Random& random) {
  if (::access(FileOf(data_dir).c_str(), F_OK) == 0) {
    auto app = LoadMadeApp(data_dir);
    if (!app) return std::unexpected(app.error());
    return MadeApp{std::move(*app), false};
  }
  MadeApp made;
  made.is_new = true;
  made.app = {"1", crypto::RandomHex(random, 10), crypto::RandomHex(random, 16)};
  const auto written = WriteDurably(
      FileOf(data_dir), fmt::format("{}:{}:{}\n", made.app.id, made.app.key, made.app.secret));
  if (!written) return std::unexpected(written.error());
  return made;
}

}  // namespace offing::server
