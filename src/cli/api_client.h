// ApiClient: calls the signed HTTP API of a running server (spec/channels.md) over libcurl, on one
// kept-alive connection.
//
// Threading: one thread at a time; calls block.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "proto/pusher_auth.h"

namespace offing::cli {

class ApiClient {
 public:
  struct Answer {
    int status = 0;
    std::string body;
  };

  // `server`: "http://127.0.0.1:8080", without a path.
  ApiClient(std::string server, proto::AppCredentials app, const base::Clock& clock);
  ~ApiClient();

  base::Result<Answer> Get(std::string_view path);
  // kUnavailable: no answer came (refused, broken, timed out): whether it took effect is unknown,
  // so repeat it with the same key.
  base::Result<Answer> Post(std::string_view path, const std::string& body,
                            const std::vector<std::string>& headers);

 private:
  struct Connection;
  struct Call {
    std::string_view method;
    std::string_view path;
    const std::string& body;
    const std::vector<std::string>& headers;
  };
  base::Result<Answer> Send(const Call& call);

  std::string server_;
  proto::AppCredentials app_;
  const base::Clock& clock_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace offing::cli
