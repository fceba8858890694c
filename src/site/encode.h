// Content codings (RFC 9110, 8.4.1): which types are worth it, and the bytes.
//
// Threading: any thread (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace offing::site {

enum class Coding { kIdentity, kGzip, kBrotli };

// "gzip", "br"; "" of the identity.
std::string_view CodingName(Coding coding);
// Text, and the few binary formats that are not compressed in themselves.
bool IsCompressible(std::string_view content_type);

// Slow and small, for what is made once and sent often. kUnavailable: no memory.
base::Result<std::string> Encode(Coding coding, std::string_view bytes);

}  // namespace offing::site
