// Answers: how every answer of the site leaves: with the headers that the configuration adds, and
// counted.
//
// Threading: any thread; Send on the exchange's core.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "http/exchange.h"

namespace offing::site {

using ExtraHeaders = std::vector<std::pair<std::string, std::string>>;

// kInvalidArgument: a name or value that HTTP does not allow, or a header that says what only the
// server can know (Content-Length, ETag, Cache-Control, ...).
base::Result<void> CheckExtraHeaders(const ExtraHeaders& headers);

class Answers {
 public:
  Answers(ExtraHeaders headers, base::Metrics& metrics);

  void Send(http::Exchange& exchange, http::Response response) const;
  // The same for a content of the site.
  void SendContent(http::Exchange& exchange, http::Response response) const;

 private:
  const ExtraHeaders headers_;
  base::Counter& files_;
  base::Counter& bytes_;
  base::Counter& encoded_;
};

}  // namespace offing::site
