#include "live/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "live/json_patch.h"
#include "live/value.h"

namespace offing::live {

namespace {

using base::Json;
using Kind = Operation::Kind;

enum class End { kFront, kBack };

// Puts `item` at one end; beyond the limit items go from the other.
Effect Push(Value& value, Json item, End end, const ValueLimits& limits) {
  Json& array = value.json;
  if (!array.is_array() || ValueDepth(item) + 1 > kMaxDepth) return Effect::kNone;
  const size_t count = array.size();
  size_t drop = 0;
  if (limits.items && count + 1 > *limits.items) drop = count + 1 - *limits.items;
  drop = std::min(drop, count);

  size_t bytes = value.bytes + ValueBytes(item) + (array.empty() ? 0 : 1);
  for (size_t i = 0; i < drop; ++i) {
    bytes -= ValueBytes(array[end == End::kFront ? count - 1 - i : i]) + 1;
  }
  if (bytes > limits.max_bytes) return Effect::kNone;

  auto& items = array.get_ref<Json::array_t&>();
  const auto dropped = static_cast<Json::array_t::difference_type>(drop);
  if (end == End::kFront) {
    items.erase(items.end() - dropped, items.end());
    items.insert(items.begin(), std::move(item));
  } else {
    items.erase(items.begin(), items.begin() + dropped);
    items.push_back(std::move(item));
  }
  value.bytes = bytes;
  return Effect::kApplied;
}

// The member `key` of an object; nullptr if there is none or `item` is no object.
const Json* Member(const Json& item, const std::string& key) {
  if (!item.is_object()) return nullptr;
  const auto member = item.find(key);
  return member == item.end() ? nullptr : &*member;
}

// Items that stand beyond the limit since before this event.
size_t Surplus(const Json& array, const ValueLimits& limits) {
  return limits.items && array.size() > *limits.items ? array.size() - *limits.items : 0;
}

// Replaces the item with the same key where it stands, else adds one at `end`; beyond the limit
// items go from the other end.
Effect Put(Value& value, Json item, const std::string& key, End end, const ValueLimits& limits) {
  const Json* wanted = Member(item, key);
  if (!value.json.is_array() || wanted == nullptr) return Effect::kNone;
  auto& items = value.json.get_ref<Json::array_t&>();
  const auto same = std::ranges::find_if(items, [&](const Json& other) {
    const Json* member = Member(other, key);
    return member != nullptr && JsonEqual(*member, *wanted);
  });
  if (same == items.end()) return Push(value, std::move(item), end, limits);
  if (ValueDepth(item) + 1 > kMaxDepth) return Effect::kNone;

  const size_t surplus = Surplus(value.json, limits);
  const size_t from = end == End::kFront ? items.size() - surplus : 0;
  const auto first = items.begin() + static_cast<Json::array_t::difference_type>(from);
  const auto last = first + static_cast<Json::array_t::difference_type>(surplus);
  size_t bytes = value.bytes - ValueBytes(*same) + ValueBytes(item);
  for (auto gone = first; gone != last; ++gone) {
    bytes -= ValueBytes(gone == same ? item : *gone) + 1;
  }
  if (bytes > limits.max_bytes) return Effect::kNone;
  *same = std::move(item);
  items.erase(first, last);
  value.bytes = bytes;
  return Effect::kApplied;
}

Effect Remove(Value& value, const Json& data, const std::string& key, const ValueLimits& limits) {
  const Json* wanted = data.is_object() ? Member(data, key) : &data;
  if (!value.json.is_array() || wanted == nullptr) return Effect::kNone;
  auto& items = value.json.get_ref<Json::array_t&>();
  const auto goes = [&](const Json& item) {
    const Json* member = Member(item, key);
    return member != nullptr && JsonEqual(*member, *wanted);
  };
  size_t freed = 0;
  size_t going = 0;
  for (const Json& item : items) {
    if (!goes(item)) continue;
    freed += ValueBytes(item) + 1;
    ++going;
  }
  if (going > 0 && going == items.size()) --freed;  // one comma less than items
  if (value.bytes - freed > limits.max_bytes) return Effect::kNone;
  if (going > 0) std::erase_if(items, goes);
  value.bytes -= freed;
  return Effect::kApplied;
}

Effect Replace(Value& value, Json json, const ValueLimits& limits) {
  const size_t bytes = ValueBytes(json);
  if (bytes > limits.max_bytes) return Effect::kNone;
  value.json = std::move(json);
  value.bytes = bytes;
  return Effect::kApplied;
}

Effect MergePatch(Value& value, const Json& patch, const ValueLimits& limits) {
  // A merged value holds no more than both and a comma: then no way back is needed.
  if (value.bytes + ValueBytes(patch) + 1 <= limits.max_bytes) {
    value.json.merge_patch(patch);
    value.bytes = ValueBytes(value.json);
    return Effect::kApplied;
  }
  Json merged = value.json;
  merged.merge_patch(patch);
  return Replace(value, std::move(merged), limits);
}

}  // namespace

base::Result<Operation> ParseOperation(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Kind>, 6> kPlain{{
      {"prepend", Kind::kPrepend},
      {"append", Kind::kAppend},
      {"replace", Kind::kReplace},
      {"merge-patch", Kind::kMergePatch},
      {"json-patch", Kind::kJsonPatch},
      {"invalidate", Kind::kInvalidate},
  }};
  for (const auto& [name, kind] : kPlain) {
    if (text == name) return Operation{kind, ""};
  }
  for (const auto& [prefix, kind] :
       {std::pair<std::string_view, Kind>{"upsert:", Kind::kUpsert}, {"remove:", Kind::kRemove}}) {
    if (text.starts_with(prefix) && text.size() > prefix.size()) {
      return Operation{kind, std::string(text.substr(prefix.size()))};
    }
  }
  return base::Fail(base::Code::kInvalidArgument,
                    fmt::format("no operation \"{}\"; there are prepend, append, replace, "
                                "merge-patch, json-patch, upsert:KEY, remove:KEY and invalidate",
                                text));
}

Value MakeValue(Json json) {
  const size_t bytes = ValueBytes(json);
  return Value{std::move(json), bytes};
}

Effect Apply(Value& value, const Operation& operation, std::string_view data,
             const ValueLimits& limits) {
  if (operation.kind == Kind::kInvalidate) return Effect::kApplied;
  auto parsed = ParseData(data);
  if (!parsed) return Effect::kNone;
  switch (operation.kind) {
    case Kind::kPrepend:
    case Kind::kAppend: {
      const End end = operation.kind == Kind::kPrepend ? End::kFront : End::kBack;
      if (operation.key.empty()) return Push(value, std::move(*parsed), end, limits);
      return Put(value, std::move(*parsed), operation.key, end, limits);
    }
    case Kind::kReplace:
      return Replace(value, std::move(*parsed), limits);
    case Kind::kMergePatch:
      return MergePatch(value, *parsed, limits);
    case Kind::kUpsert:
      return Put(value, std::move(*parsed), operation.key, End::kBack, limits);
    case Kind::kRemove:
      return Remove(value, *parsed, operation.key, limits);
    case Kind::kJsonPatch: {
      auto patched = JsonPatch(value.json, *parsed, limits.max_bytes);
      return patched ? Replace(value, std::move(*patched), limits) : Effect::kNone;
    }
    case Kind::kInvalidate:
      break;
  }
  return Effect::kNone;
}

}  // namespace offing::live
