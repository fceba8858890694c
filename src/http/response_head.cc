#include "http/response_head.h"

#include <algorithm>

#include "base/ascii.h"
#include "proto/ws_frame.h"

namespace offing::http {

namespace {

constexpr std::string_view kStrictTransport = "Strict-Transport-Security";

// In any case of letters.
bool Has(const Headers& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [name](const auto& header) { return base::SameIgnoringCase(header.first, name); });
}

bool IsClean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void AppendField(std::string& head, std::string_view name, std::string_view value) {
  if (!IsClean(name) || !IsClean(value)) return;
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool HasBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string EncodeHead(const Response& response, const HeadFacts& facts) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(ReasonPhrase(response.status)).append("\r\n");
  if (FindHeader(response.headers, "date").empty()) AppendField(head, "Date", facts.date);
  if (FindHeader(response.headers, "server").empty()) AppendField(head, "Server", "offing");
  for (const auto& [name, value] : response.headers) AppendField(head, name, value);
  if (!facts.strict_transport.empty() && !Has(response.headers, kStrictTransport)) {
    AppendField(head, kStrictTransport, facts.strict_transport);
  }
  if (HasBody(response.status)) {
    if (facts.framing == Framing::kLength) {
      AppendField(head, "Content-Length", std::to_string(facts.length));
    } else if (facts.framing == Framing::kChunked) {
      AppendField(head, "Transfer-Encoding", "chunked");
    }
  }
  if (facts.persistence == Persistence::kClose) AppendField(head, "Connection", "close");
  if (facts.persistence == Persistence::kKeepAliveSaid) {
    AppendField(head, "Connection", "keep-alive");
  }
  return head.append("\r\n");
}

std::string EncodeInterim(const Response& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(ReasonPhrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) AppendField(head, name, value);
  return head.append("\r\n");
}

std::string EncodeSwitching(std::string_view key, std::string_view date) {
  std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
  AppendField(head, "Date", date);
  AppendField(head, "Server", "offing");
  AppendField(head, "Upgrade", "websocket");
  AppendField(head, "Connection", "Upgrade");
  AppendField(head, "Sec-WebSocket-Accept", proto::WsAccept(key).value_or(""));
  return head.append("\r\n");
}

}  // namespace offing::http
