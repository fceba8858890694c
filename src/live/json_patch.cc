#include "live/json_patch.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "live/value.h"

namespace offing::live {

namespace {

using base::Json;
using Pointer = std::vector<std::string>;

// RFC 6901; nullopt for what is no pointer.
std::optional<Pointer> ParsePointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text[0] != '/') return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      pointer.emplace_back();
    } else if (text[i] != '~') {
      pointer.back() += text[i];
    } else if (++i < text.size() && (text[i] == '0' || text[i] == '1')) {
      pointer.back() += text[i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return pointer;
}

// An index below `size`, written without leading zeros.
std::optional<size_t> ParseIndex(std::string_view token, size_t size) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return std::nullopt;
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  if (index >= size) return std::nullopt;
  return index;
}

class Patcher {
 public:
  Patcher(Json value, size_t max_copied) : value_(std::move(value)), copy_left_(max_copied) {}

  bool Apply(const Json& operation);
  Json Take() { return std::move(value_); }

 private:
  // The place that the first `count` tokens lead to; nullptr if there is none.
  Json* Find(const Pointer& pointer, size_t count);
  Json* Find(const Pointer& pointer) { return Find(pointer, pointer.size()); }
  bool Add(const Pointer& pointer, Json value);
  bool Remove(const Pointer& pointer);
  bool Replace(const Pointer& pointer, Json value);
  bool Move(const Pointer& from, const Pointer& path);
  bool Copy(const Pointer& from, const Pointer& path);

  Json value_;
  size_t copy_left_;
};

bool FitsAt(const Pointer& pointer, const Json& value) {
  return pointer.size() + ValueDepth(value) <= kMaxDepth;
}

Json* Patcher::Find(const Pointer& pointer, size_t count) {
  Json* at = &value_;
  for (size_t i = 0; i < count; ++i) {
    if (at->is_object()) {
      const auto member = at->find(pointer[i]);
      if (member == at->end()) return nullptr;
      at = &*member;
    } else if (at->is_array()) {
      const auto index = ParseIndex(pointer[i], at->size());
      if (!index) return nullptr;
      at = &(*at)[*index];
    } else {
      return nullptr;
    }
  }
  return at;
}

bool Patcher::Add(const Pointer& pointer, Json value) {
  if (!FitsAt(pointer, value)) return false;
  if (pointer.empty()) {
    value_ = std::move(value);
    return true;
  }
  Json* parent = Find(pointer, pointer.size() - 1);
  if (parent == nullptr) return false;
  const std::string& last = pointer.back();
  if (parent->is_object()) {
    (*parent)[last] = std::move(value);
    return true;
  }
  if (!parent->is_array()) return false;
  const auto index = last == "-" ? parent->size() : ParseIndex(last, parent->size() + 1);
  if (!index) return false;
  parent->insert(parent->begin() + static_cast<Json::difference_type>(*index), std::move(value));
  return true;
}

bool Patcher::Remove(const Pointer& pointer) {
  if (pointer.empty() || Find(pointer) == nullptr) return false;
  Json* parent = Find(pointer, pointer.size() - 1);
  if (parent->is_object()) {
    parent->erase(pointer.back());
  } else {
    parent->erase(*ParseIndex(pointer.back(), parent->size()));
  }
  return true;
}

bool Patcher::Replace(const Pointer& pointer, Json value) {
  Json* place = Find(pointer);
  if (place == nullptr || !FitsAt(pointer, value)) return false;
  *place = std::move(value);
  return true;
}

bool Patcher::Move(const Pointer& from, const Pointer& path) {
  Json* source = Find(from);
  if (source == nullptr) return false;
  if (from == path) return true;
  if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin())) return false;
  Json moved = std::move(*source);
  return Remove(from) && Add(path, std::move(moved));
}

bool Patcher::Copy(const Pointer& from, const Pointer& path) {
  const Json* source = Find(from);
  if (source == nullptr) return false;
  const size_t bytes = ValueBytes(*source);
  if (bytes > copy_left_) return false;
  copy_left_ -= bytes;
  return Add(path, Json(*source));
}

std::optional<Pointer> PointerMember(const Json& operation, const char* name) {
  const auto member = operation.find(name);
  if (member == operation.end() || !member->is_string()) return std::nullopt;
  return ParsePointer(member->get_ref<const std::string&>());
}

bool Patcher::Apply(const Json& operation) {
  if (!operation.is_object()) return false;
  const auto name = operation.find("op");
  if (name == operation.end() || !name->is_string()) return false;
  const std::string& op = name->get_ref<const std::string&>();
  const auto path = PointerMember(operation, "path");
  if (!path) return false;
  if (op == "remove") return Remove(*path);
  if (op == "move" || op == "copy") {
    const auto from = PointerMember(operation, "from");
    if (!from) return false;
    return op == "move" ? Move(*from, *path) : Copy(*from, *path);
  }
  const auto value = operation.find("value");
  if (value == operation.end()) return false;
  if (op == "add") return Add(*path, *value);
  if (op == "replace") return Replace(*path, *value);
  if (op != "test") return false;
  const Json* place = Find(*path);
  return place != nullptr && JsonEqual(*place, *value);
}

}  // namespace

std::optional<Json> JsonPatch(Json value, const Json& patch, size_t max_copied) {
  if (!patch.is_array()) return std::nullopt;
  Patcher patcher(std::move(value), max_copied);
  for (const Json& operation : patch) {
    if (!patcher.Apply(operation)) return std::nullopt;
  }
  return patcher.Take();
}

}  // namespace offing::live
