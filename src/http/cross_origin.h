// CrossOrigin: which pages may have a browser send a write with its user's cookies. Those of our
// own origin may, those of the origins that are named may and are told so as CORS wants it, and
// nobody else's: a foreign page must not write as whoever happens to visit it.
//
// A browser says where a write comes from in Origin. What has no Origin comes from no browser,
// unless Sec-Fetch-Site says otherwise. Our own origin is the one whose host is the request's Host;
// where a proxy in front changes Host, it has to be named like any other.
//
// Threading: any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace offing::http {

class CrossOrigin {
 public:
  // `allowed`: as Origin has them, "https://app.example".
  explicit CrossOrigin(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

  bool Allows(const Request& request) const;
  // Lets a page of a named origin read the response.
  void Admit(const Request& request, Response& response) const;
  // Answers OPTIONS of a path that takes `methods`.
  Response Preflight(const Request& request, std::string_view methods) const;

 private:
  bool IsNamed(std::string_view origin) const;

  const std::vector<std::string> allowed_;
};

}  // namespace offing::http
