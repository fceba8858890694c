// What the server gives to browsers out of its own binary: the bundles of the TypeScript runtime.
// They are part of the binary so that the worker and the server that composes it are always of one
// version, and so that there is one file to install.
//
// Names: "worker.js", the runtime as a classic script, from which /sw.js is composed;
// "worker.NAME.js", parts that stand before it if CONFIG.parts names them; "worker.safety.js", what
// stands in its place while the kill switch is on; "worker.mjs", the runtime as a module for a
// hand-written worker; "outbox.mjs", the outbox for pages without a worker; "client.mjs", the page
// library; "update.mjs" and "outbox-element.mjs", its elements. A binary
// built without the bundles (see cmake/embed.cmake) holds them with no bytes.
//
// Threading: immutable.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace offing::web {

struct Asset {
  std::string_view name;
  std::string_view bytes;
};

// Every asset, in the order in which the build names them. The views live as long as the program.
std::span<const Asset> EmbeddedAssets();

// The bytes of the asset with exactly this name, or nothing.
std::optional<std::string_view> FindAsset(std::string_view name);

}  // namespace offing::web
