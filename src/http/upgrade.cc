#include "http/upgrade.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "proto/ws_frame.h"

namespace offing::http {

namespace {

// Any of the headers of that name has the token.
bool AnyHasToken(const Headers& headers, std::string_view name, std::string_view token) {
  return std::ranges::any_of(headers, [&](const auto& header) {
    return header.first == name && HasToken(header.second, token);
  });
}

}  // namespace

bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (base::SameIgnoringCase(base::TrimBlanks(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

UpgradeCheck CheckUpgrade(const Request& request) {
  if (request.method != "GET" || !AnyHasToken(request.headers, "upgrade", "websocket") ||
      !AnyHasToken(request.headers, "connection", "upgrade")) {
    return {};
  }
  if (request.Header("sec-websocket-version") != "13") {
    return {.status = 426, .reason = "this server speaks WebSocket version 13"};
  }
  const auto keys = std::ranges::count(request.headers, "sec-websocket-key",
                                       [](const auto& header) { return header.first; });
  if (keys != 1 || !proto::WsAccept(request.Header("sec-websocket-key"))) {
    return {.status = 400, .reason = "Sec-WebSocket-Key must be 16 bytes in base64, once"};
  }
  if (!request.body.empty()) return {.status = 400, .reason = "a WebSocket upgrade has no body"};
  return {.wants_websocket = true};
}

}  // namespace offing::http
