// Pusher's two signatures: of a subscription to a private channel, and of a call of the HTTP API
// (spec/channels.md).
//
// Threading: any thread (pure functions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace offing::proto {

struct AppCredentials {
  std::string id;
  std::string key;
  std::string secret;
};

// "ID:KEY:SECRET"; kInvalidArgument with what is missing.
base::Result<AppCredentials> ParseAppCredentials(std::string_view text);

// "KEY:hex" for socket_id and channel (and channel_data, if not empty).
std::string SignChannel(const AppCredentials& app, std::string_view socket_id,
                        std::string_view channel, std::string_view channel_data);
// kUnauthorized, with words as Pusher says them; the expected signature is never told.
base::Result<void> VerifyChannel(const AppCredentials& app, std::string_view auth,
                                 std::string_view socket_id, std::string_view channel,
                                 std::string_view channel_data);

using QueryParams = std::vector<std::pair<std::string, std::string>>;

struct ApiCall {
  std::string_view method;    // "POST"
  std::string_view raw_path;  // as sent, without the query
  std::string_view raw_query;
  std::string_view body;
};

// kUnauthorized with the reason: wrong or missing auth_key, auth_version, auth_signature, body_md5
// that does not match, a timestamp more than 600 s from now_s, more than 64 parameters. The
// signature is checked over the raw path, then over the percent-decoded one.
base::Result<void> VerifyApiCall(const AppCredentials& app, const ApiCall& call, int64_t now_s);
// The whole query string that signs `call`: the parameters of raw_query and the auth_* ones,
// percent-encoded. What is signed is raw_path as it stands.
std::string SignApiCall(const AppCredentials& app, const ApiCall& call, int64_t now_s);

}  // namespace offing::proto
