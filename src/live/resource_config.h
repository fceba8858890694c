// ResourceTable: the [[resource]] definitions, checked and compiled. It answers the two questions
// that are asked all the time: which resource is this path, and which paths does this channel feed.
//
// A path is made of segments, each either literal or one parameter (":id"); the channel is made of
// the same parameters and literal text. A parameter's value is one segment of characters that a
// channel name may hold, except "." and "..". The two directions are inverse to each other: a path
// whose channel would be read back as another path (two parameters with the text between them
// inside a value) is no resource.
//
// The body of a resource is folded from the log, or made by the origin behind this server. The
// second kind may hold events that its position does not count yet (spec/live-resources.md, "From
// an origin"), so operations that would show such an event twice need a key, or an origin that
// promises to state its position.
//
// A resource of a private- channel is private itself: who reads it must be allowed to read the
// channel.
//
// Threading: immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "live/fold.h"

namespace offing::live {

enum class From { kLog, kOrigin };
// Whether an origin that states no position is safe (the server takes one before it asks), or
// breaks its promise (kExact).
enum class Exactness { kSafe, kExact };

enum class Access { kPublic, kPrivate };  // who may read: everybody, or who may read the channel

// One definition as a person wrote it.
struct ResourceSettings {
  std::string path;
  std::string channel;
  std::vector<std::pair<std::string, std::string>> apply;  // event name or "*", operation
  std::optional<uint64_t> limit;
  std::optional<std::string> initial;  // JSON text
  From from = From::kLog;
  std::optional<std::string> key;  // of the items that prepend and append add
  Exactness exactness = Exactness::kSafe;
};

// One piece of a compiled pattern: literal text, or the parameter of that name.
struct PatternPiece {
  enum class Kind { kLiteral, kParameter };
  Kind kind;
  std::string text;
};

struct Resource {
  std::string path;     // as written
  std::string channel;  // as written
  std::vector<PatternPiece> path_pieces;
  std::vector<PatternPiece> channel_pieces;
  std::vector<std::pair<std::string, std::string>> apply;  // as written
  FoldRules rules;
  std::string initial;  // compact JSON
  From from = From::kLog;
  std::optional<std::string> key;
  Exactness exactness = Exactness::kSafe;
  Access access = Access::kPublic;
  std::string definition;  // fingerprint of everything that shapes the value
};

// As headers and CONFIG have it: 8 hexadecimal digits.
inline std::string_view ShortDefinition(const Resource& resource) {
  return std::string_view(resource.definition).substr(0, 8);
}

struct ResourceRef {
  const Resource* resource;
  std::string path;
  std::string channel;
};

class ResourceTable {
 public:
  // Whether events of a channel are kept; asked once per definition, with every parameter `x`.
  using HasLog = std::function<bool(std::string_view channel)>;
  enum class Origin { kNone, kThere };

  // kInvalidArgument: "[[resource]] path = \"/x\": ..." names the setting, its value and the way
  // out.
  static base::Result<ResourceTable> Make(std::span<const ResourceSettings> settings,
                                          size_t max_bytes, const HasLog& has_log,
                                          Origin origin = Origin::kNone);

  // The resource that answers `path` (raw, without the query); the first definition wins.
  std::optional<ResourceRef> ForPath(std::string_view path) const;
  // Those that are folded from the log.
  std::vector<ResourceRef> ForChannel(std::string_view channel) const;

  // The array `resources` of the worker's CONFIG (spec/worker.md).
  std::string ConfigJson() const;
  bool empty() const { return resources_.empty(); }
  bool has_private() const;

 private:
  std::vector<Resource> resources_;
};

}  // namespace offing::live
