// Composer: the files that the server itself offers to browsers (spec/worker.md, "Composed files"):
// the worker's builds with CONFIG in front, and the manifest by itself.
//
// Threading: any thread (pure functions); Composed is immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "site/manifest.h"

namespace offing::site {

// A script that pages may load besides the library.
struct PageScript {
  std::string path;       // "/_offing/update.js"
  std::string_view text;  // empty: there is no such script
  bool precached = true;
};

// The builds of web/, as the server has embedded them.
struct WorkerParts {
  std::string_view classic;              // /sw.js
  std::string_view module;               // /_offing/worker.js
  std::string_view client;               // /_offing/client.js
  std::vector<std::string_view> extras;  // stand before `classic`: what CONFIG.parts names
  std::string_view safety;               // /sw.js, while the worker is killed
  std::vector<PageScript> scripts = {};
};

struct ComposedFile {
  base::SharedBytes bytes;
  std::string_view content_type;
  std::string hash;  // its ETag's
};

struct Composed {
  ComposedFile worker;         // /sw.js
  ComposedFile worker_module;  // /_offing/worker.js
  ComposedFile manifest;       // /_offing/manifest.json
};

// CONFIG's members that are not made from the folder, as the text of a JSON object that has neither
// `manifest` nor `precache`. kInvalidArgument: it is not one.
base::Result<void> CheckConfigHead(const std::string& config_head);

// `config_head` has passed CheckConfigHead.
Composed Compose(const WorkerParts& parts, const std::string& config_head,
                 const Manifest& manifest);
ComposedFile ComposeScript(std::string text);

}  // namespace offing::site
