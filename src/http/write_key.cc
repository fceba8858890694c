#include "http/write_key.h"

#include <algorithm>

#include "crypto/digest.h"
#include "proto/structured.h"

namespace offing::http {

namespace {

constexpr size_t kClientDigits = 32;
constexpr size_t kMaxHashBytes = 64;

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::unexpected<base::Error> Malformed(std::string_view why) {
  return base::Fail(base::Code::kInvalidArgument, std::string(why));
}

// A count that a header states; nullopt: it is there and is none.
std::optional<uint64_t> CountOf(const proto::Dictionary& entry, std::string_view name) {
  if (!entry.Has(name)) return 0;
  const auto value = entry.Integer(name);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

base::Result<WriteEntry> ReadEntry(std::string_view header) {
  const auto read = proto::ParseDictionary(header);
  if (!read) return Malformed("Offing-Entry is no dictionary of strings and integers (RFC 8941)");
  WriteEntry entry;
  entry.client = read->String("client").value_or("");
  if (entry.client.size() != kClientDigits || !IsHex(entry.client)) {
    return Malformed("Offing-Entry: client is 32 hexadecimal digits in lower case");
  }
  if (read->Has("lane") && !read->String("lane")) {
    return Malformed("Offing-Entry: lane is a string");
  }
  entry.lane = read->String("lane").value_or("");
  if (entry.lane.size() > kMaxLaneBytes) return Malformed("Offing-Entry: lane is too long");
  const auto seq = CountOf(*read, "seq");
  const auto acked = CountOf(*read, "acked");
  if (!seq || !acked) return Malformed("Offing-Entry: seq and acked are counts");
  if (!entry.lane.empty() && *seq == 0) {
    return Malformed("Offing-Entry: an entry of a lane has a seq, from 1");
  }
  entry.seq = entry.lane.empty() ? 0 : *seq;
  entry.acked = entry.lane.empty() ? 0 : *acked;
  return entry;
}

bool Has(const Request& request, std::string_view name) {
  return std::ranges::find(request.headers, name, [](const auto& header) {
           return std::string_view(header.first);
         }) != request.headers.end();
}

}  // namespace

base::Result<std::optional<WriteKey>> ReadWriteKey(const Request& request) {
  if (!Has(request, "idempotency-key")) return std::nullopt;
  auto key = proto::ParseStringItem(JoinHeader(request.headers, "idempotency-key"));
  if (!key) {
    return Malformed(
        "Idempotency-Key is a string in double quotes (RFC 8941), like \"8e03978e-40d5-43dd\"");
  }
  if (key->empty() || key->size() > kMaxKeyBytes) {
    return Malformed("Idempotency-Key has 1 to 200 characters");
  }
  WriteKey read{std::move(*key), std::nullopt};
  if (!Has(request, "offing-entry")) return read;
  auto entry = ReadEntry(JoinHeader(request.headers, "offing-entry"));
  if (!entry) return std::unexpected(entry.error());
  read.entry = std::move(*entry);
  return read;
}

std::string ScopeOf(const Request& request, const WriteKey& key, std::string_view user) {
  if (key.entry) {
    const std::string_view wrote = request.Header("offing-user").substr(0, kMaxHashBytes);
    return "c:" + key.entry->client + ":" + std::string(wrote);
  }
  if (!user.empty()) return "u:" + std::string(user);
  return "a:" + crypto::Sha256Hex(JoinHeader(request.headers, "authorization") + "\n" +
                                  JoinHeader(request.headers, "cookie"));
}

}  // namespace offing::http
