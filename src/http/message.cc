#include "http/message.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "base/json.h"

namespace offing::http {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};
constexpr auto kPhrases = std::to_array<Phrase>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
});

}  // namespace

std::string_view FindHeader(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

uint64_t Response::body_size() const {
  if (const auto* text = std::get_if<std::string>(&body)) return text->size();
  if (const auto* shared = std::get_if<base::SharedBytes>(&body)) {
    return *shared ? (*shared)->size() : 0;
  }
  if (const auto* file = std::get_if<FileBody>(&body)) return file->length;
  uint64_t size = 0;
  for (const auto& piece : std::get<BodyPieces>(body)) {
    const auto* text = std::get_if<std::string>(&piece);
    size += text != nullptr ? text->size() : std::get<FileBody>(piece).length;
  }
  return size;
}

void CloseFiles(Response& response) {
  const auto close_file = [](FileBody& file) {
    if (file.fd >= 0) close(std::exchange(file.fd, -1));
  };
  if (auto* file = std::get_if<FileBody>(&response.body)) close_file(*file);
  if (auto* pieces = std::get_if<BodyPieces>(&response.body)) {
    for (auto& piece : *pieces) {
      if (auto* file = std::get_if<FileBody>(&piece)) close_file(*file);
    }
  }
}

Response TextResponse(int status, std::string text) {
  return {.status = status,
          .headers = {{"content-type", "text/plain; charset=utf-8"},
                      {"x-content-type-options", "nosniff"}},
          .body = std::move(text)};
}

Response JsonResponse(int status, std::string json) {
  return {.status = status,
          .headers = {{"content-type", "application/json"}, {"x-content-type-options", "nosniff"}},
          .body = std::move(json)};
}

Response ErrorResponse(int status, std::string_view message) {
  std::string json = "{\"error\":";
  base::AppendQuoted(json, message);
  json += '}';
  return JsonResponse(status, std::move(json));
}

std::string_view ReasonPhrase(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Status";
}

std::string JoinHeader(const Headers& headers, std::string_view name) {
  std::string list;
  for (const auto& [key, value] : headers) {
    if (key != name || value.empty()) continue;
    if (!list.empty()) list += ", ";
    list += value;
  }
  return list;
}

bool IsRead(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

Response NotAllowed(std::string_view allowed, std::string_view message) {
  Response response = ErrorResponse(405, message);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Response Unavailable(std::string_view message) {
  Response response = ErrorResponse(503, message);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace offing::http
