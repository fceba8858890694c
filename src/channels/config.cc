#include "channels/config.h"

namespace offing::channels {

namespace {

bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

}  // namespace

const ChannelRule* ChannelsConfig::RuleOf(std::string_view channel) const {
  for (const ChannelRule& rule : rules) {
    if (Matches(rule.pattern, channel)) return &rule;
  }
  return nullptr;
}

std::optional<store::Retention> ChannelsConfig::RetentionOf(std::string_view channel) const {
  const ChannelRule* const rule = RuleOf(channel);
  return rule == nullptr ? std::nullopt : rule->log;
}

}  // namespace offing::channels
