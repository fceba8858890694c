// AccessLog: one line per request, in one of two forms.
//
// JSON: {"time","peer","method","target","status","bytes","ms","tls","ws"}, the last two where
// there is something to say. A WebSocket is one line when it is accepted ("ws":"open", status 101)
// and one when it ends ("ws":"close").
//
// Text: the combined log format, times in UTC. Quotes, backslashes and every byte that is no
// printable ASCII are written as \", \\ and \xHH, so that nobody writes a line but us. A WebSocket
// is the line of its opening.
//
// Queries are written as sent, except auth_* parameters, whose values are left out.
//
// Threading: any thread; one write(2) per line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace offing::http {

class AccessLog {
 public:
  struct Entry {
    int64_t at_ms = 0;  // wall clock, when the request had arrived
    std::string_view peer;
    std::string_view method;
    std::string_view target;
    int status = 0;
    uint64_t bytes = 0;  // of the body, or of everything sent on a WebSocket
    int64_t ms = 0;
    std::string_view ws;        // "", "open" or "close"
    std::string_view tls = {};  // "TLSv1.3"; "" in the clear
    int version = 11;
    std::string_view referer = {};  // text only, as is the next
    std::string_view user_agent = {};
  };
  enum class Format { kJson, kText };
  // "-" is standard output. Appends. kIo names the file and the way out.
  static base::Result<std::unique_ptr<AccessLog>> Open(const std::string& path,
                                                       Format format = Format::kJson);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  bool Write(const Entry& entry);  // false: the line was not (wholly) written
  // Opens the path anew, for who moved the file away; no line is lost. If that fails, the file from
  // before is written on. Standard output stays what it is.
  base::Result<void> Reopen();

 private:
  AccessLog(std::string path, Format format, int fd)
      : path_(std::move(path)), format_(format), fd_(fd) {}
  const std::string path_;
  const Format format_;
  const int fd_;
};

}  // namespace offing::http
