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

std::string JsonLine(const AccessLog::Entry& entry) {
  const auto second = static_cast<time_t>(entry.at_ms / 1000);
  std::string line = fmt::format("{{\"time\":\"{:%Y-%m-%dT%H:%M:%S}.{:03}Z\",\"peer\":\"{}\"",
                                 fmt::gmtime(second), entry.at_ms % 1000, entry.peer);
  line += ",\"method\":";
  AppendAscii(line, entry.method);
  line += ",\"target\":";
  AppendAscii(line, WithoutSecrets(entry.target));
  line += fmt::format(",\"status\":{},\"bytes\":{},\"ms\":{}", entry.status, entry.bytes, entry.ms);
  if (!entry.tls.empty()) line += fmt::format(",\"tls\":\"{}\"", entry.tls);
  if (!entry.ws.empty()) line += fmt::format(",\"ws\":\"{}\"", entry.ws);
  return line + "}\n";
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    }
  }
}

void AppendField(std::string& out, std::string_view text) {
  out += '"';
  AppendEscaped(out, text.empty() ? "-" : text);
  out += '"';
}

// Names of months whatever the locale.
std::string_view Month(const std::tm& time) {
  constexpr std::string_view kNames = "JanFebMarAprMayJunJulAugSepOctNovDec";
  return kNames.substr(static_cast<size_t>(time.tm_mon) * 3, 3);
}

std::string TextLine(const AccessLog::Entry& entry) {
  const std::tm time = fmt::gmtime(static_cast<time_t>(entry.at_ms / 1000));
  std::string line =
      fmt::format("{} - - [{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000] ", entry.peer, time.tm_mday,
                  Month(time), time.tm_year + 1900, time.tm_hour, time.tm_min, time.tm_sec);
  if (entry.method.empty()) {
    line += "\"-\"";  // what came was no request
  } else {
    AppendField(line, fmt::format("{} {} HTTP/1.{}", entry.method, WithoutSecrets(entry.target),
                                  entry.version - 10));
  }
  line += fmt::format(" {} {} ", entry.status, entry.bytes);
  AppendField(line, entry.referer);
  line += ' ';
  AppendField(line, entry.user_agent);
  return line + '\n';
}

int OpenFile(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

std::unexpected<base::Error> CannotOpen(const std::string& path) {
  return base::Fail(
      base::Code::kIo,
      fmt::format("--access-log {}: cannot be opened: {}; choose a file in a folder that this user "
                  "may write to, or - for standard output",
                  path, std::strerror(errno)));
}

}  // namespace

base::Result<std::unique_ptr<AccessLog>> AccessLog::Open(const std::string& path, Format format) {
  const int fd = path == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : OpenFile(path);
  if (fd < 0) return CannotOpen(path);
  return std::unique_ptr<AccessLog>(new AccessLog(path, format, fd));
}

AccessLog::~AccessLog() {
  close(fd_);
}

// The number of the descriptor stays, so that nobody who writes meanwhile has to wait.
base::Result<void> AccessLog::Reopen() {
  if (path_ == "-") return {};
  const int fd = OpenFile(path_);
  if (fd < 0) return CannotOpen(path_);
  const int done = dup3(fd, fd_, O_CLOEXEC);
  close(fd);
  if (done < 0) return CannotOpen(path_);
  return {};
}

bool AccessLog::Write(const Entry& entry) {
  if (format_ == Format::kText && entry.ws == "close") return true;
  const std::string line = format_ == Format::kJson ? JsonLine(entry) : TextLine(entry);
  ssize_t written;
  do {
    written = write(fd_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(line.size());
}

}  // namespace offing::http
