// Targets of HTTP requests, read defensively (RFC 3986; what browsers and attackers send).
//
// Threading: any thread (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/pusher_auth.h"

namespace offing::proto {

struct Target {
  std::string_view path;   // as sent, starts with '/'
  std::string_view query;  // as sent, without '?'
};
// Origin form ("/a?b") or absolute form ("http://h/a?b"); nullopt for anything else, or with a byte
// that no target has.
std::optional<Target> SplitTarget(std::string_view target);

// %XX decoded; nullopt for a broken escape.
std::optional<std::string> PercentDecode(std::string_view text);
std::string PercentEncode(std::string_view text);  // all but unreserved characters
// "a=1&b=2" decoded, '+' as a space, in order; broken escapes stay as they are. At most `limit`
// pairs are read.
QueryParams ParseQuery(std::string_view query, size_t limit);

// The path of a file below a folder, "/" separated, without a leading '/', a trailing one kept
// ("/" is "", "/a/" is "a/"): decoded once, kInvalidArgument for a NUL or other control byte, a
// backslash, an encoded slash (%2F), a broken escape, an empty, "." or ".." segment (encoded or
// not), or a segment that begins with a dot (".git"); ".well-known" as the first segment is
// allowed.
base::Result<std::string> FilePath(std::string_view raw_path);

}  // namespace offing::proto
