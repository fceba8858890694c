// Letters and blanks of protocols, which are ASCII whatever the locale says: what a header's name,
// a token or a file's extension is compared by. Bytes beyond ASCII stay as they are.
//
// Threading: any thread (pure functions).
#pragma once

#include <string>
#include <string_view>

namespace offing::base {

std::string ToLower(std::string_view text);
bool SameIgnoringCase(std::string_view a, std::string_view b);
// Without the spaces and tabs at both ends (RFC 9110, 5.6.3).
std::string_view TrimBlanks(std::string_view text);

}  // namespace offing::base
