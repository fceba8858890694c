#include "origin/trouble.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"

namespace offing::origin {

namespace {

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Html(std::string_view title, std::string_view detail) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
      "<h1>{0}</h1>\n<p>{1}.</p>\n</html>\n",
      title, EscapeHtml(detail));
}

std::string Problem(int status, std::string_view title, std::string_view detail) {
  std::string json = fmt::format("{{\"status\":{},\"title\":", status);
  base::AppendQuoted(json, title);
  json += ",\"detail\":";
  base::AppendQuoted(json, detail);
  return json + "}\n";
}

}  // namespace

http::Response AnswerTrouble(const Trouble& trouble, std::string_view origin,
                             std::string_view accept) {
  const std::string_view title = http::ReasonPhrase(trouble.status);
  const std::string detail = fmt::format("the origin {} {}", origin, trouble.what);
  http::Response response;
  response.status = trouble.status;
  std::string_view type = "text/plain; charset=utf-8";
  if (accept.contains("text/html")) {
    type = "text/html; charset=utf-8";
    response.body = Html(fmt::format("{} {}", trouble.status, title), detail);
  } else if (accept.contains("json")) {
    type = "application/problem+json";
    response.body = Problem(trouble.status, title, detail);
  } else {
    response.body = fmt::format("{} {}: {}\n", trouble.status, title, detail);
  }
  response.headers.emplace_back("content-type", type);
  response.headers.emplace_back("cache-control", "no-store");
  if (trouble.retry_after_s > 0) {
    response.headers.emplace_back("retry-after", std::to_string(trouble.retry_after_s));
  }
  return response;
}

}  // namespace offing::origin
