// Redirect: what listens in the clear beside TLS. It answers 308 to the same host and target with
// https (RFC 9110, 15.4.9), so that a POST stays one, and hands on to another handler what must not
// be redirected: GET and HEAD of /_offing/health (who checks speaks HTTP) and of
// /.well-known/acme-challenge/ (a certificate is asked for before there is one; RFC 8555, 8.3).
//
// The host is the request's, which the parser has found well-formed; 400 without one (HTTP/1.0) and
// for a target that is no path. Browsers may keep the answer for an hour.
//
// Threading: any thread; Handle is called on the exchange's core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/exchange.h"

namespace offing::http {

class Redirect final : public Handler {
 public:
  // `port`: of https, as clients see it. `inner` answers what is not redirected.
  Redirect(Handler& inner, uint16_t port) : inner_(inner), port_(port) {}
  void Handle(std::unique_ptr<Exchange> exchange) override;

 private:
  Handler& inner_;
  const uint16_t port_;
};

}  // namespace offing::http
