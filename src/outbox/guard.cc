#include "outbox/guard.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "http/problem.h"
#include "http/write_key.h"
#include "outbox/guarded_write.h"
#include "outbox/path_pattern.h"

namespace offing::outbox {

namespace {

constexpr auto kNoWrites =
    std::to_array<std::string_view>({"GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"});

bool IsWrite(const http::Request& request) {
  return std::ranges::find(kNoWrites, request.method) == kNoWrites.end() &&
         !request.path.starts_with("/_offing/");
}

bool HasKey(const http::Request& request) {
  return std::ranges::any_of(request.headers,
                             [](const auto& header) { return header.first == "idempotency-key"; });
}

}  // namespace

const Rule* Guard::RuleOf(const http::Request& request) const {
  const auto& rules = shared_.config.rules;
  const auto rule = std::ranges::find_if(rules, [&request](const Rule& one) {
    return std::ranges::find(one.methods, request.method) != one.methods.end() &&
           MatchesPath(one.match, request.path);
  });
  return rule == rules.end() ? nullptr : &*rule;
}

bool Guard::Claims(const http::Request& request) const {
  if (!IsWrite(request)) return false;
  const Rule* const rule = RuleOf(request);
  if (!HasKey(request)) return rule != nullptr && rule->key == KeyNeed::kRequired;
  // A header of that name in a form of somebody else's is the origin's business, unless a rule
  // makes it ours.
  return rule != nullptr || http::ReadWriteKey(request).has_value();
}

void Guard::Handle(std::unique_ptr<http::Exchange> exchange) {
  shared_.counters.writes.Add();
  const http::Request& request = exchange->request();
  auto key = http::ReadWriteKey(request);
  if (!key) {
    shared_.counters.refused.Add();
    return exchange->Send(http::ProblemResponse(http::Problem::kKeyMalformed, key.error().detail));
  }
  if (!*key) {
    shared_.counters.refused.Add();
    return exchange->Send(http::ProblemResponse(
        http::Problem::kKeyMissing, "writes to this path need an Idempotency-Key, one for each"));
  }
  const Rule* const rule = RuleOf(request);
  GuardedWrite::Begin(shared_, std::move(exchange), std::move(**key), rule);
}

}  // namespace offing::outbox
