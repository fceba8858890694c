#include "http/access_log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/json.h"

namespace offing::http {

namespace {

// `auth_signature=abc` becomes `auth_signature=`.
std::string WithoutSecrets(std::string_view target) {
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return std::string(target);
  std::string clean(target.substr(0, question + 1));
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const size_t equals = pair.find('=');
    const bool secret = pair.starts_with("auth_") && equals != std::string_view::npos;
    clean += secret ? pair.substr(0, equals + 1) : pair;
    if (end < rest.size()) clean += '&';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return clean;
}

// Bytes of a request may be anything; a line of JSON is UTF-8.
void AppendAscii(std::string& out, std::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  base::AppendQuoted(out, clean);
}

}  // namespace

base::Result<std::unique_ptr<AccessLog>> AccessLog::Open(const std::string& path) {
  const int fd = path == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                             : open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) {
    return base::Fail(
        base::Code::kIo,
        fmt::format("--access-log {}: cannot be opened: {}; choose a file in a folder that this "
                    "user may write to, or - for standard output",
                    path, std::strerror(errno)));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(fd));
}

AccessLog::~AccessLog() {
  close(fd_);
}

bool AccessLog::Write(const Entry& entry) {
  const auto second = static_cast<time_t>(entry.at_ms / 1000);
  std::string line = fmt::format("{{\"time\":\"{:%Y-%m-%dT%H:%M:%S}.{:03}Z\",\"peer\":\"{}\"",
                                 fmt::gmtime(second), entry.at_ms % 1000, entry.peer);
  line += ",\"method\":";
  AppendAscii(line, entry.method);
  line += ",\"target\":";
  AppendAscii(line, WithoutSecrets(entry.target));
  line += fmt::format(",\"status\":{},\"bytes\":{},\"ms\":{}", entry.status, entry.bytes, entry.ms);
  if (!entry.ws.empty()) line += fmt::format(",\"ws\":\"{}\"", entry.ws);
  line += "}\n";
  ssize_t written;
  do {
    written = write(fd_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(line.size());
}

}  // namespace offing::http
