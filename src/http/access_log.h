// AccessLog: one JSON object per request and line:
// {"time","peer","method","target","status","bytes","ms","ws"}. A WebSocket is one line when it is
// accepted ("ws":"open", status 101) and one when it ends ("ws":"close"). Queries are written as
// sent, except auth_* parameters, whose values are left out.
//
// Threading: any thread; one write(2) per line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

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
    std::string_view ws;  // "", "open" or "close"
  };
  // "-" is standard output. Appends. kIo names the file and the way out.
  static base::Result<std::unique_ptr<AccessLog>> Open(const std::string& path);
  ~AccessLog();
  bool Write(const Entry& entry);  // false: the line was not (wholly) written

 private:
  explicit AccessLog(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace offing::http
