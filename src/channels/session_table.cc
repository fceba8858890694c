#include "channels/session_table.h"

#include "base/check.h"

namespace offing::channels {

SocketId SessionTable::Add(Session& session, uint32_t now_s) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  const auto secret = static_cast<uint32_t>(random_.U64());
  slot.secret = secret == slot.secret ? secret + 1 : secret;
  slot.session = &session;
  slot.since_s = now_s;
  slot.asked = 0;
  ++used_;
  return {static_cast<uint32_t>(index * cores_ + core_ + 1), slot.secret};
}

void SessionTable::Remove(const SocketId& id) {
  Slot* const slot = SlotOf(id);
  CHECK(slot != nullptr, "only a session that was added is removed");
  slot->session = nullptr;
  free_.push_back(static_cast<uint32_t>(slot - slots_.data()));
  --used_;
}

Session* SessionTable::Find(const SocketId& id) const {
  const Slot* const slot = SlotOf(id);
  return slot == nullptr ? nullptr : slot->session;
}

void SessionTable::Heard(const SocketId& id, uint32_t now_s) {
  Slot* const slot = SlotOf(id);
  CHECK(slot != nullptr, "only a session of this table is heard of");
  slot->since_s = now_s;
  slot->asked = 0;
}

void SessionTable::Sweep(uint32_t now_s, const Timeouts& timeouts,
                         const std::function<void(Session&)>& on_silent,
                         const std::function<void(Session&)>& on_dead) {
  for (size_t i = 0; i < slots_.size(); ++i) {  // by index: what is called may add sessions
    Slot& slot = slots_[i];
    if (slot.session == nullptr) continue;
    const uint32_t waited_s = now_s - slot.since_s;
    if (slot.asked != 0 && waited_s >= timeouts.answer_s) {
      on_dead(*slot.session);
    } else if (slot.asked == 0 && waited_s >= timeouts.silence_s) {
      slot.since_s = now_s;
      slot.asked = 1;
      on_silent(*slot.session);
    }
  }
}

void SessionTable::Take(size_t count, const std::function<void(Session&)>& visit) {
  for (size_t i = 0; i < slots_.size() && count > 0; ++i) {
    if (slots_[i].session == nullptr) continue;
    visit(*slots_[i].session);
    --count;
  }
}

SessionTable::Slot* SessionTable::SlotOf(const SocketId& id) {
  return const_cast<Slot*>(static_cast<const SessionTable*>(this)->SlotOf(id));
}

const SessionTable::Slot* SessionTable::SlotOf(const SocketId& id) const {
  if (id.place == 0) return nullptr;
  const size_t number = id.place - 1;
  if (number % cores_ != core_ || number / cores_ >= slots_.size()) return nullptr;
  const Slot& slot = slots_[number / cores_];
  return slot.session != nullptr && slot.secret == id.secret ? &slot : nullptr;
}

}  // namespace offing::channels
