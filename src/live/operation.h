// Operation: how one event changes a live resource's value (spec/live-resources.md, "Operations").
// The TypeScript worker does the same with the same events; spec/vectors hold the two together.
//
// Threading: any thread (pure functions on values).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace offing::live {

struct Operation {
  enum class Kind {
    kPrepend,
    kAppend,
    kReplace,
    kMergePatch,
    kJsonPatch,
    kUpsert,
    kRemove,
    kInvalidate,
  };
  Kind kind = Kind::kInvalidate;
  // Of kUpsert and kRemove; of kPrepend and kAppend it may be empty: they then add whatever comes,
  // and with a key they replace the item that has the same one where it stands.
  std::string key;

  bool needs_array() const {
    return kind == Kind::kPrepend || kind == Kind::kAppend || kind == Kind::kUpsert ||
           kind == Kind::kRemove;
  }
};

// "prepend", "upsert:id", ...; kInvalidArgument names what was read and what there is.
base::Result<Operation> ParseOperation(std::string_view text);

struct ValueLimits {
  std::optional<uint64_t> items;  // of an array, after prepend, append and upsert; at least 1
  size_t max_bytes = 4 << 20;     // of the value's text
};

struct Value {
  base::Json json;
  size_t bytes = 0;  // ValueBytes(json)
};
Value MakeValue(base::Json json);

enum class Effect {
  kApplied,
  kNone,  // the event could not be applied; the value is as it was
};

// Applies one event's data to `value`, wholly or not at all. prepend, append and upsert cost no
// more than the items that come and go; the rest may touch the whole value.
Effect Apply(Value& value, const Operation& operation, std::string_view data,
             const ValueLimits& limits);

}  // namespace offing::live
