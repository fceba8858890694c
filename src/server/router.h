// Router: asks each feature, in order, whether it claims a request; the first that does answers it.
// Besides the features it answers for itself:
//
//   GET /_offing/health    200 "ok" while the server takes traffic; 503 while it starts or drains
//   GET /_offing/problems/NAME  what a problem is, for people
//   GET /_offing/metrics   every counter in Prometheus' text format, to a peer on this machine that
//                          does not forward for somebody else
//
// Threading: any thread; Handle is called on the exchange's core. Features are added before the
// cores run.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "http/exchange.h"

namespace offing::server {

enum class Readiness { kStarting, kReady, kDraining };

class Router final : public http::Handler {
 public:
  using Claims = std::function<bool(const http::Request&)>;

  explicit Router(const base::Metrics& metrics) : metrics_(metrics) {}
  void Add(Claims claims, http::Handler& handler) {
    routes_.push_back({std::move(claims), &handler});
  }
  void SetReadiness(Readiness readiness) { readiness_ = readiness; }

  void Handle(std::unique_ptr<http::Exchange> exchange) override;
  // As the feature says that claims the request.
  http::BodyMode BodyOf(const http::Request& head) const override;

 private:
  struct Route {
    Claims claims;
    http::Handler* handler;
  };
  http::Response Health() const;
  http::Response Metrics(const http::Request& request) const;

  const base::Metrics& metrics_;
  std::vector<Route> routes_;
  std::atomic<Readiness> readiness_{Readiness::kStarting};
};

}  // namespace offing::server
