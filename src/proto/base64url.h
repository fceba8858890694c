// Base64 with the alphabet for URLs and without padding (RFC 7515, 2), as tokens and their keys are
// written.
//
// Threading: any thread (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offing::proto {

// nullopt for padding, blanks, other letters, a length that nothing encodes to, and bits at the end
// that say nothing but are not zero: a text has one spelling.
std::optional<std::string> DecodeBase64Url(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);

}  // namespace offing::proto
