// What is remembered of keyed writes, as the store has it: how a receipt is kept in a store::Reply
// (its positions, separated by spaces; then, if there is an answer, a newline and its bytes), and
// how it is found again.
//
// Threading: any thread; Find as its reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/journal.h"

namespace offing::journal {

std::string EncodeReceipt(const Receipt& receipt);
// nullopt: EncodeReceipt did not write this.
std::optional<Receipt> ParseReceipt(std::string_view text);

// What is remembered under a name since `oldest_ms`. kCorrupt, and the reader's errors.
base::Result<std::optional<Remembered>> FindRemembered(store::Reader& reader,
                                                       const store::ReplyName& name,
                                                       int64_t oldest_ms);
// As Journal::FindReply.
base::Result<Found> Find(store::Reader& reader, const Publication::Key& key, int64_t oldest_ms);

}  // namespace offing::journal
