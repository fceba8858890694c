#include "server/router.h"

#include <string_view>
#include <utility>

#include "http/problem.h"

namespace offing::server {

namespace {

// From a program on this machine, and not from one that passes on what somebody else asked.
bool IsLocal(const http::Request& request) {
  const std::string_view peer = request.peer_address;
  const bool near = peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
  return near && request.Header("x-forwarded-for").empty() && request.Header("forwarded").empty() &&
         request.Header("via").empty();
}

http::Response NotAllowed() {
  http::Response response = http::TextResponse(405, "method not allowed\n");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

http::Response Problem(std::string_view path) {
  auto page = http::ProblemPage(path.substr(http::kProblemPath.size()));
  if (!page) return http::TextResponse(404, "no such problem\n");
  return {.status = 200,
          .headers = {{"content-type", "text/html; charset=utf-8"},
                      {"cache-control", "max-age=3600"},
                      {"x-content-type-options", "nosniff"}},
          .body = std::move(*page)};
}

}  // namespace

void Router::Handle(std::unique_ptr<http::Exchange> exchange) {
  const http::Request& request = exchange->request();
  if (request.path == "/_offing/health") {
    exchange->Send(http::IsRead(request) ? Health() : NotAllowed());
    return;
  }
  if (request.path == "/_offing/metrics") {
    exchange->Send(http::IsRead(request) ? Metrics(request) : NotAllowed());
    return;
  }
  if (request.path.starts_with(http::kProblemPath)) {
    exchange->Send(http::IsRead(request) ? Problem(request.path) : NotAllowed());
    return;
  }
  for (const Route& route : routes_) {
    if (route.claims(request)) {
      route.handler->Handle(std::move(exchange));
      return;
    }
  }
  exchange->Send(http::TextResponse(404, "not found\n"));
}

http::BodyMode Router::BodyOf(const http::Request& head) const {
  for (const Route& route : routes_) {
    if (route.claims(head)) return route.handler->BodyOf(head);
  }
  return http::BodyMode::kBuffered;
}

http::Response Router::Health() const {
  http::Response response = [this] {
    switch (readiness_.load()) {
      case Readiness::kStarting:
        return http::TextResponse(503, "starting\n");
      case Readiness::kReady:
        return http::TextResponse(200, "ok\n");
      case Readiness::kDraining:
        return http::TextResponse(503, "draining\n");
    }
    return http::TextResponse(503, "starting\n");
  }();
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response Router::Metrics(const http::Request& request) const {
  if (!IsLocal(request)) return http::TextResponse(404, "not found\n");
  http::Response response = http::TextResponse(200, metrics_.Render());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace offing::server
