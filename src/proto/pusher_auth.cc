#include "proto/pusher_auth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

#include "crypto/digest.h"
#include "proto/uri.h"

namespace offing::proto {

namespace {

using base::Code;
using base::Fail;

constexpr int64_t kMaxSkewS = 600;
constexpr size_t kMaxParams = 64;

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c |= 32;
  }
  return out;
}

// Ids and keys stand in paths and in "KEY:HEX".
bool IsToken(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string ChannelText(std::string_view socket_id, std::string_view channel,
                        std::string_view channel_data) {
  std::string text = fmt::format("{}:{}", socket_id, channel);
  if (!channel_data.empty()) text.append(":").append(channel_data);
  return text;
}

// The parameters as they are signed: names in lower case, in order, decoded.
QueryParams SignedParams(std::string_view query) {
  QueryParams params = ParseQuery(query, kMaxParams);
  for (auto& [name, value] : params) name = Lower(name);
  std::ranges::stable_sort(params, {}, &QueryParams::value_type::first);
  return params;
}

// nullptr unless `name` stands exactly once.
const std::string* Only(const QueryParams& params, std::string_view name) {
  const auto range = std::ranges::equal_range(
      params, name, {}, [](const auto& pair) { return std::string_view(pair.first); });
  return range.size() == 1 ? &range.begin()->second : nullptr;
}

std::string Sign(const AppCredentials& app, std::string_view method, std::string_view path,
                 const QueryParams& params) {
  std::string text = fmt::format("{}\n{}\n", method, path);
  bool first = true;
  for (const auto& [name, value] : params) {
    if (name == "auth_signature") continue;
    if (!std::exchange(first, false)) text += '&';
    text.append(name).append("=").append(value);
  }
  return crypto::HmacSha256Hex(app.secret, text);
}

base::Result<void> CheckTimestamp(std::string_view text, int64_t now_s) {
  int64_t stamp = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), stamp);
  if (error != std::errc{} || end != text.data() + text.size() || stamp < 0) {
    return Fail(Code::kUnauthorized, "auth_timestamp is not a number of seconds since 1970");
  }
  if (stamp < now_s - kMaxSkewS || stamp > now_s + kMaxSkewS) {
    return Fail(
        Code::kUnauthorized,
        fmt::format("Timestamp expired: given timestamp ({}) not within {}s of server time ({})",
                    stamp, kMaxSkewS, now_s));
  }
  return {};
}

}  // namespace

base::Result<AppCredentials> ParseAppCredentials(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return Fail(Code::kInvalidArgument, fmt::format("app must be ID:KEY:SECRET; {}", why));
  };
  const size_t first = text.find(':');
  if (first == std::string_view::npos) return refuse("the key and the secret are missing");
  const size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) return refuse("the secret is missing");
  const std::string_view id = text.substr(0, first);
  const std::string_view key = text.substr(first + 1, second - first - 1);
  const std::string_view secret = text.substr(second + 1);
  if (id.empty()) return refuse("the id is empty");
  if (key.empty()) return refuse("the key is empty");
  if (secret.empty()) return refuse("the secret is empty");
  if (!IsToken(id) || !IsToken(key)) return refuse("id and key are made of A-Z a-z 0-9 - _ .");
  return AppCredentials{std::string(id), std::string(key), std::string(secret)};
}

std::string SignChannel(const AppCredentials& app, std::string_view socket_id,
                        std::string_view channel, std::string_view channel_data) {
  return app.key + ":" +
         crypto::HmacSha256Hex(app.secret, ChannelText(socket_id, channel, channel_data));
}

base::Result<void> VerifyChannel(const AppCredentials& app, std::string_view auth,
                                 std::string_view socket_id, std::string_view channel,
                                 std::string_view channel_data) {
  if (auth.empty()) {
    return Fail(Code::kUnauthorized,
                fmt::format("Auth value for subscription to {} is missing", channel));
  }
  const size_t colon = std::min(auth.find(':'), auth.size());
  if (auth.substr(0, colon) != app.key) {
    return Fail(Code::kUnauthorized, "Invalid key in subscription auth data");
  }
  if (!crypto::ConstantTimeEqual(auth, SignChannel(app, socket_id, channel, channel_data))) {
    return Fail(Code::kUnauthorized,
                fmt::format("Invalid signature: expected HMAC SHA256 hex digest of {}",
                            ChannelText(socket_id, channel, channel_data)));
  }
  return {};
}

base::Result<void> VerifyApiCall(const AppCredentials& app, const ApiCall& call, int64_t now_s) {
  const auto refuse = [](std::string why) { return Fail(Code::kUnauthorized, std::move(why)); };
  // What is not read would not be signed.
  if (std::ranges::count(call.raw_query, '&') >= static_cast<std::ptrdiff_t>(kMaxParams)) {
    return refuse(fmt::format("more than {} query parameters", kMaxParams));
  }
  const QueryParams params = SignedParams(call.raw_query);
  constexpr std::array<std::string_view, 4> kNeeded{"auth_key", "auth_timestamp", "auth_version",
                                                    "auth_signature"};
  for (const std::string_view name : kNeeded) {
    if (!Only(params, name)) return refuse(fmt::format("{} must be given once", name));
  }
  if (*Only(params, "auth_key") != app.key) return refuse("unknown auth_key");
  if (*Only(params, "auth_version") != "1.0") return refuse("auth_version must be 1.0");
  if (const auto in_time = CheckTimestamp(*Only(params, "auth_timestamp"), now_s); !in_time) {
    return in_time;
  }
  const std::string& given = *Only(params, "auth_signature");
  bool good = crypto::ConstantTimeEqual(given, Sign(app, call.method, call.raw_path, params));
  if (!good) {
    const std::optional<std::string> path = PercentDecode(call.raw_path);
    good = path && crypto::ConstantTimeEqual(given, Sign(app, call.method, *path, params));
  }
  if (!good) {
    return refuse(
        "Invalid signature: expected HMAC SHA256 hex digest of method, path and sorted query, "
        "joined by line feeds");
  }
  const bool told = std::ranges::count(params, "body_md5", &QueryParams::value_type::first) != 0;
  if (!told && call.body.empty()) return {};
  const std::string* const md5 = Only(params, "body_md5");
  if (!md5) return refuse("body_md5 must be given once");
  if (*md5 != crypto::Md5Hex(call.body)) return refuse("body_md5 does not match the body");
  return {};
}

std::string SignApiCall(const AppCredentials& app, const ApiCall& call, int64_t now_s) {
  QueryParams params = SignedParams(call.raw_query);
  params.emplace_back("auth_key", app.key);
  params.emplace_back("auth_timestamp", std::to_string(now_s));
  params.emplace_back("auth_version", "1.0");
  if (!call.body.empty()) params.emplace_back("body_md5", crypto::Md5Hex(call.body));
  std::ranges::stable_sort(params, {}, &QueryParams::value_type::first);
  params.emplace_back("auth_signature", Sign(app, call.method, call.raw_path, params));
  std::string query;
  for (const auto& [name, value] : params) {
    if (!query.empty()) query += '&';
    query.append(PercentEncode(name)).append("=").append(PercentEncode(value));
  }
  return query;
}

}  // namespace offing::proto
