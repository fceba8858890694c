// JSON for everything that is parsed or written at run time, over nlohmann's library. Members keep
// the order in which they were written, so a document that goes through us looks as its author
// wrote it.
//
// This header is heavy: include it in .cc files, not in headers that many files see (use
// <nlohmann/json_fwd.hpp> there). Threading: values; core-local like any other object.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offing::base {

using Json = nlohmann::ordered_json;

inline constexpr size_t kMaxJsonDepth = 64;

// kInvalidArgument with the place of the first mistake: malformed text, text that is not UTF-8,
// arrays and objects nested deeper than kMaxJsonDepth, numbers beyond a double's range, a member
// that stands twice.
Result<Json> ParseJson(std::string_view text);

// Compact. Never fails: the text of a Json made by ParseJson is always UTF-8.
std::string DumpJson(const Json& value);

// A string as JSON, with its quotes; for frames that are put together by hand.
void AppendQuoted(std::string& out, std::string_view text);

}  // namespace offing::base
