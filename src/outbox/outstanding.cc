#include "outbox/outstanding.h"

#include <algorithm>
#include <functional>

namespace offing::outbox {

Outstanding::Turn& Outstanding::Turn::operator=(Turn&& other) noexcept {
  if (this == &other) return *this;
  Give();
  table_ = std::exchange(other.table_, nullptr);
  name_ = std::move(other.name_);
  bytes_ = other.bytes_;
  return *this;
}

void Outstanding::Turn::Give() {
  if (Outstanding* const table = std::exchange(table_, nullptr)) table->Give(name_, bytes_);
}

bool Outstanding::Turn::Hold(size_t bytes) {
  if (table_ == nullptr || !table_->TakeBytes(bytes)) return false;
  bytes_ += bytes;
  return true;
}

bool Outstanding::TakeBytes(size_t bytes) {
  if (bytes_.fetch_add(bytes) + bytes <= limits_.bytes) return true;
  bytes_.fetch_sub(bytes);
  return false;
}

Outstanding::Part& Outstanding::PartOf(const std::string& name) {
  return parts_[std::hash<std::string>()(name) % parts_.size()];
}

Outstanding::Taken Outstanding::Take(Errand errand, size_t bytes, Turn& turn) {
  const std::string name = errand.scope + '\n' + errand.key;  // no scope has a line's end in it
  Part& part = PartOf(name);
  const std::lock_guard lock(part.mutex);
  if (part.errands.contains(name)) return Taken::kUnderWay;
  if (keys_.fetch_add(1) >= limits_.keys) {
    keys_.fetch_sub(1);
    return Taken::kFull;
  }
  if (!TakeBytes(bytes)) {
    keys_.fetch_sub(1);
    return Taken::kFull;
  }
  part.errands.emplace(name, std::move(errand));
  gauge_.Add();
  turn.Give();
  turn.table_ = this;
  turn.name_ = name;
  turn.bytes_ = bytes;
  return Taken::kYes;
}

void Outstanding::Give(const std::string& name, size_t bytes) {
  Part& part = PartOf(name);
  const std::lock_guard lock(part.mutex);
  part.errands.erase(name);
  bytes_.fetch_sub(bytes);
  keys_.fetch_sub(1);
  gauge_.Sub();
}

std::vector<Errand> Outstanding::List(size_t most) const {
  std::vector<Errand> list;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    for (const auto& [name, errand] : part.errands) list.push_back(errand);
  }
  std::ranges::sort(list, {}, &Errand::at_ms);
  if (list.size() > most) list.resize(most);
  return list;
}

}  // namespace offing::outbox
