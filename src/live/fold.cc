#include "live/fold.h"

namespace offing::live {

const Operation* FoldRules::Find(std::string_view event_name) const {
  const Operation* star = nullptr;
  for (const auto& [name, operation] : apply) {
    if (name == event_name) return &operation;
    if (name == "*") star = &operation;
  }
  return star;
}

Step Fold(Copy& copy, const FoldRules& rules, base::Epoch epoch, const store::Event& event) {
  const bool unwritten = copy.position == base::Position{};
  if (!unwritten) {
    if (copy.position.epoch != epoch) return Step::kGap;
    if (event.seq <= copy.position.seq) return Step::kOld;
  }
  if (event.seq != copy.position.seq + 1) return Step::kGap;
  copy.position = base::Position{epoch, event.seq};
  const Operation* operation = rules.Find(event.name);
  if (operation == nullptr) return Step::kApplied;
  return Apply(copy.value, *operation, event.data, rules.limits) == Effect::kApplied
             ? Step::kApplied
             : Step::kNoEffect;
}

}  // namespace offing::live
