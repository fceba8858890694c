#include "journal/replies.h"

#include <utility>

namespace offing::journal {

std::string EncodeReceipt(const Receipt& receipt) {
  std::string text;
  for (const base::Position& position : receipt.positions) {
    if (!text.empty()) text += ' ';
    text += base::FormatPosition(position);
  }
  if (!receipt.answer.empty()) text += '\n' + receipt.answer;
  return text;
}

std::optional<Receipt> ParseReceipt(std::string_view text) {
  Receipt receipt;
  const size_t line = text.find('\n');
  if (line != std::string_view::npos) receipt.answer = text.substr(line + 1);
  text = text.substr(0, line);
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const auto position = base::ParsePosition(text.substr(0, space));
    if (!position) return std::nullopt;
    receipt.positions.push_back(*position);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return receipt;
}

base::Result<std::optional<Remembered>> FindRemembered(store::Reader& reader,
                                                       const store::ReplyName& name,
                                                       int64_t oldest_ms) {
  auto reply = reader.FindReply(name);
  if (!reply) return std::unexpected(reply.error());
  if (!*reply || (*reply)->at_ms < oldest_ms) return std::nullopt;
  auto receipt = ParseReceipt((*reply)->body);
  if (!receipt) {
    return base::Fail(base::Code::kCorrupt, "what was answered to a key cannot be read back");
  }
  return Remembered{std::move((*reply)->fingerprint), (*reply)->at_ms, std::move(*receipt)};
}

base::Result<Found> Find(store::Reader& reader, const Publication::Key& key, int64_t oldest_ms) {
  Found found;
  // The mark first: an answer that is committed in between is found, and its mark does not matter.
  if (key.entry) {
    auto mark = reader.FindMark(key.app, key.scope, key.entry->client, key.entry->lane);
    if (!mark) return std::unexpected(mark.error());
    if (*mark) found.mark = (*mark)->seq;
  }
  auto reply = FindRemembered(reader, {key.app, key.scope, key.key}, oldest_ms);
  if (!reply) return std::unexpected(reply.error());
  found.reply = std::move(*reply);
  return found;
}

}  // namespace offing::journal
