// What a request says about WebSocket (RFC 6455, 4.2.1).
//
// Threading: any thread (pure functions).
#pragma once

#include <string_view>

#include "http/message.h"

namespace offing::http {

// `list` is a comma-separated list of tokens; case does not matter.
bool HasToken(std::string_view list, std::string_view token);

struct UpgradeCheck {
  bool wants_websocket = false;
  int status = 0;  // not 0: refuse the request with this
  std::string_view reason;
};
// Of a request without a body. An upgrade to something else is no upgrade: it is answered as if it
// had not been asked.
UpgradeCheck CheckUpgrade(const Request& request);

}  // namespace offing::http
