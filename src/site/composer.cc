#include "site/composer.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "crypto/digest.h"

namespace offing::site {

namespace {

ComposedFile Make(std::string text, std::string_view content_type) {
  std::string hash = crypto::Sha256Hex(text).substr(0, 32);
  return ComposedFile{base::MakeShared(std::move(text)), content_type, std::move(hash)};
}

// `config_head` with the manifest's two members at its end.
std::string Config(const std::string& config_head, const Manifest& manifest) {
  const size_t end = config_head.rfind('}');
  const std::string_view head = std::string_view(config_head).substr(0, end);
  const bool empty = head.find('"') == std::string_view::npos;
  return fmt::format("{}{}\"manifest\":\"{}\",\"precache\":{}}}", head, empty ? "" : ",",
                     manifest.digest, manifest.precache_json);
}

}  // namespace

base::Result<void> CheckConfigHead(const std::string& config_head) {
  auto json = base::ParseJson(config_head);
  if (!json) return std::unexpected(json.error());
  if (!json->is_object() || json->contains("manifest") || json->contains("precache")) {
    return base::Fail(base::Code::kInvalidArgument,
                      "the worker's configuration is a JSON object without manifest and precache");
  }
  return {};
}

ComposedFile ComposeScript(std::string text) {
  return Make(std::move(text), "text/javascript; charset=utf-8");
}

Composed Compose(const WorkerParts& parts, const std::string& config_head,
                 const Manifest& manifest) {
  const std::string config = fmt::format("self.__OFFING = {};\n", Config(config_head, manifest));
  std::string worker = config;
  // A build may end in a comment, or in an expression that the next one would go on with.
  for (const std::string_view extra : parts.extras) worker.append(extra).append("\n;");
  return Composed{
      .worker = ComposeScript(worker.append(parts.classic)),
      .worker_module = ComposeScript(config + std::string(parts.module)),
      .manifest = Make(fmt::format("{{\"manifest\":\"{}\",\"precache\":{}}}", manifest.digest,
                                   manifest.precache_json),
                       "application/json"),
  };
}

}  // namespace offing::site
