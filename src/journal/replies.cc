#include "journal/replies.h"

namespace offing::journal {

std::string EncodeReceipt(const Receipt& receipt) {
  std::string text;
  for (const base::Position& position : receipt.positions) {
    if (!text.empty()) text += ' ';
    text += base::FormatPosition(position);
  }
  return text;
}

std::optional<Receipt> ParseReceipt(std::string_view text) {
  Receipt receipt;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const auto position = base::ParsePosition(text.substr(0, space));
    if (!position) return std::nullopt;
    receipt.positions.push_back(*position);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return receipt;
}

}  // namespace offing::journal
