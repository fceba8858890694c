// What the server makes of an origin's answer to a GET of a live resource (spec/live-resources.md,
// "From an origin"): a JSON answer gets the definition of the rules that the worker is to patch it
// by, and the position from which it is to do so. An answer without a position is shown and not
// kept. Anything but a 200 with JSON is the origin's own affair.
//
// Nobody gets what is not theirs: a copy is kept for everybody who uses the browser, so an answer
// that says that it is for one user only (Cache-Control: private or no-store; Vary: Cookie,
// Authorization or *) gets no position, even if the origin states one. The copy of a private
// resource is its user's: there only no-store and Vary: * count, and the answer leaves as private,
// no-cache.
//
// Threading: any thread (pure functions on values).
#pragma once

#include <optional>

#include "base/position.h"
#include "http/message.h"
#include "live/resource_config.h"

namespace offing::live {

enum class OriginAnswer {
  kLive,      // it has a position now
  kOther,     // not a 200 with JSON: untouched
  kPrivate,   // for one user only
  kUnstated,  // no position: the origin states none that is well-formed, and `before` is none
};

// `before`: the head of the channel from before the origin was asked; nullopt for a resource whose
// origin promises to state the position. A position that the origin states wins.
OriginAnswer AmendOriginAnswer(http::Response& head, const Resource& resource,
                               const std::optional<base::Position>& before);

}  // namespace offing::live
