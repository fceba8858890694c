#include "http/problem.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "base/json.h"

namespace offing::http {

namespace {

enum class Again : uint8_t { kNo, kSoon };  // whether to come back in a second helps

struct Facts {
  Problem problem;
  std::string_view name;
  int status;
  Again again;
  std::string_view title;
  std::string_view page;  // what happened, and what to do
};

// In the order of the enumeration.
constexpr auto kFacts = std::to_array<Facts>({
    {Problem::kToken, "token", 401, Again::kNo, "The token is missing or cannot be believed",
     "The request needs a token and has none, or its token is malformed, expired, not valid yet, "
     "or "
     "signed with a key that this server does not know. Get a new token from the app and send the "
     "request again; the library does that once by itself."},
    {Problem::kNotAllowed, "not-allowed", 403, Again::kNo, "This user may not do this",
     "The server knows who asks, or that nobody is logged in, and the channel or the token does "
     "not "
     "allow it. Look at the token's <code>channels</code> and <code>publish</code>, and at the "
     "channel's rule in <code>offing.toml</code>."},
    {Problem::kOtherUser, "other-user", 403, Again::kNo, "This was written by another user",
     "<code>Offing-User</code> names another user than the one who asks, so nothing was done. The "
     "write waits in the browser until the user who wrote it is there again."},
    {Problem::kMalformed, "malformed", 400, Again::kNo, "The request cannot be read",
     "The body is not what this route takes; <code>detail</code> says what is wrong with it."},
    {Problem::kTooLarge, "too-large", 413, Again::kNo, "The request is too large",
     "The data are longer than the server's configuration allows."},
    {Problem::kKeyMissing, "key-missing", 400, Again::kNo, "An Idempotency-Key is required",
     "This route takes only writes with an <code>Idempotency-Key</code>, so that one that is sent "
     "twice takes effect once."},
    {Problem::kKeyMalformed, "key-malformed", 400, Again::kNo, "The Idempotency-Key cannot be read",
     "<code>Idempotency-Key</code> is a string of RFC 8941, in quotes, with 1 to 200 characters; "
     "<code>Offing-Entry</code> is a dictionary."},
    {Problem::kOutstanding, "outstanding", 409, Again::kSoon,
     "A request with this key is under way",
     "The first request with this <code>Idempotency-Key</code> has no answer yet. Come back with "
     "the "
     "same key and get that answer."},
    {Problem::kKeyReused, "key-reused", 422, Again::kNo, "The key belongs to another request",
     "The <code>Idempotency-Key</code> was used for a request with another method, URL or body. A "
     "new write needs a new key."},
    {Problem::kDecided, "decided", 409, Again::kNo, "This write took its effect long ago",
     "The lane of this write is past it: it was carried out or refused, and what was answered is "
     "forgotten. There is nothing left to do."},
    {Problem::kOutcomeUnknown, "outcome-unknown", 409, Again::kNo,
     "Nobody knows whether this write took effect",
     "An earlier attempt may have reached the app's server and no answer came. The rule says that "
     "a "
     "person decides: look at the data, then send it again or discard it."},
    {Problem::kTooMany, "too-many", 429, Again::kSoon, "Too many requests",
     "More came from this user or address than is allowed. Slow down and come back."},
    {Problem::kFull, "full", 503, Again::kSoon, "There is no room for another answer",
     "The server's storage for answers is full, so that it cannot promise to do this once. Come "
     "back later; the operator can raise the limit."},
    {Problem::kUnavailable, "unavailable", 503, Again::kSoon, "Nobody could say who asks",
     "The app's own server was asked who this is and gave no answer that can be understood, or "
     "none "
     "in time. Come back later; the operator looks at <code>[auth] origin</code>."},
});

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kFacts.size(); ++i) {
    if (static_cast<size_t>(kFacts[i].problem) != i) return false;
  }
  return true;
}
static_assert(IsInOrder());

const Facts& FactsOf(Problem problem) {
  return kFacts[static_cast<size_t>(problem)];
}

// As a quoted string of a header (RFC 9110, 5.6.4); what is not printable ASCII is left out.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c < ' ' || c > '~') continue;
    out += c == '"' || c == '\\' ? '\'' : c;
  }
  return out += '"';
}

}  // namespace

std::string_view ProblemName(Problem problem) {
  return FactsOf(problem).name;
}

int ProblemStatus(Problem problem) {
  return FactsOf(problem).status;
}

Response ProblemResponse(Problem problem, std::string_view detail) {
  const Facts& facts = FactsOf(problem);
  std::string json =
      fmt::format("{{\"type\":\"{}{}\",\"title\":\"{}\",\"status\":{},\"detail\":", kProblemPath,
                  facts.name, facts.title, facts.status);
  base::AppendQuoted(json, detail);
  Response response{.status = facts.status,
                    .headers = {{"content-type", "application/problem+json"},
                                {"x-content-type-options", "nosniff"},
                                {"cache-control", "no-store"}},
                    .body = json += '}'};
  if (facts.again == Again::kSoon) response.headers.emplace_back("retry-after", "1");
  if (problem == Problem::kToken) {
    response.headers.emplace_back(
        "www-authenticate", "Bearer error=\"invalid_token\", error_description=" + Quoted(detail));
  }
  return response;
}

std::optional<std::string> ProblemPage(std::string_view name) {
  for (const Facts& facts : kFacts) {
    if (facts.name != name) continue;
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title>"
        "<style>body{{font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}}"
        "</style>\n<h1>{0}</h1>\n<p><code>{1}</code>, status {2}</p>\n<p>{3}</p>\n</html>\n",
        facts.title, facts.name, facts.status, facts.page);
  }
  return std::nullopt;
}

}  // namespace offing::http
