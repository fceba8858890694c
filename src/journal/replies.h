// How a receipt is kept in a store::Reply: its positions, separated by spaces.
//
// Threading: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "journal/journal.h"

namespace offing::journal {

std::string EncodeReceipt(const Receipt& receipt);
// nullopt: EncodeReceipt did not write this.
std::optional<Receipt> ParseReceipt(std::string_view text);

}  // namespace offing::journal
