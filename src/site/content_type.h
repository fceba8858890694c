// Content types by file extension. A browser refuses a script or a style sheet of another type, so
// the table is the one that browsers expect, not the one of the machine.
//
// Threading: any thread (pure functions).
#pragma once

#include <string_view>

namespace offing::site {

// Of a path's last segment, whatever the case of its extension; text is said to be UTF-8.
// "application/octet-stream" for what the table does not have.
std::string_view ContentType(std::string_view path);

}  // namespace offing::site
