#include "server/channel_settings.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace offing::server {

namespace {

constexpr int64_t kMaxCount = int64_t{1} << 40;

store::Retention ReadRetention(TomlTable& table) {
  store::Retention retention;
  if (const auto age = table.DurationMs("age")) retention.age_ms = *age;
  if (const auto events = table.Integer("events", 1, kMaxCount)) {
    retention.events = static_cast<uint64_t>(*events);
  }
  if (const auto bytes = table.Size("bytes")) retention.bytes = *bytes;
  return retention;
}

channels::Publish ReadPublish(TomlTable& table) {
  const auto who = table.String("publish");
  if (!who) return channels::Publish::kNobody;
  if (*who == "token") return channels::Publish::kToken;
  if (*who == "users") return channels::Publish::kUsers;
  if (*who == "anyone") return channels::Publish::kAnyone;
  table.Complain("publish", fmt::format("\"{}\": \"token\", \"users\" or \"anyone\"", *who));
  return channels::Publish::kNobody;
}

channels::Stamp ReadStamp(TomlTable& table) {
  return {.key = table.String("key").value_or(""),
          .user = table.String("user").value_or(""),
          .at = table.String("at").value_or("")};
}

}  // namespace

channels::ChannelRule ReadChannel(TomlTable& table) {
  channels::ChannelRule rule;
  const auto name = table.String("name");
  if (!name || name->empty()) {
    table.Complain("name", "every [[channel]] needs a name, like \"feed*\"");
  }
  rule.pattern = name.value_or("");
  const size_t star = rule.pattern.find('*');
  if (star != std::string::npos && star + 1 != rule.pattern.size()) {
    table.Complain("name", fmt::format("\"{}\": a * may only stand at the end", rule.pattern));
  }
  table.Table("log", [&rule](TomlTable& log) { rule.log = ReadRetention(log); });
  rule.publish = ReadPublish(table);
  table.Table("stamp", [&rule](TomlTable& stamp) { rule.stamp = ReadStamp(stamp); });
  if (rule.publish != channels::Publish::kNobody && !rule.log) {
    table.Complain("publish", "clients publish to channels with a log only; give it one");
  }
  if (table.Has("stamp") && rule.publish == channels::Publish::kNobody) {
    table.Complain("stamp", "is for what clients publish, and nobody may; say who with publish");
  }
  return rule;
}

}  // namespace offing::server
