// Fold: the rules of one live resource, and the position rule that decides whether an event is
// applied to a copy at all (spec/live-resources.md, "Position rule").
//
// Threading: any thread (pure functions on values).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/position.h"
#include "live/operation.h"
#include "store/types.h"

namespace offing::live {

struct FoldRules {
  // Event name, or "*" for those not listed, and what it does.
  std::vector<std::pair<std::string, Operation>> apply;
  ValueLimits limits;

  // nullptr: events of this name leave the value as it is.
  const Operation* Find(std::string_view event_name) const;
};

struct Copy {
  base::Position position;
  Value value;
};

enum class Step {
  kApplied,   // the position moved; so did the value, if the operation changes it
  kNoEffect,  // the event could not be applied: only the position moved
  kOld,       // the copy holds it already
  kGap,       // an event between is missing, or the epoch is another: nothing was done
};

Step Fold(Copy& copy, const FoldRules& rules, base::Epoch epoch, const store::Event& event);

}  // namespace offing::live
