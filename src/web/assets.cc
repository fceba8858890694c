#include "web/assets.h"

namespace offing::web {

std::optional<std::string_view> FindAsset(std::string_view name) {
  for (const Asset& asset : EmbeddedAssets()) {
    if (asset.name == name) return asset.bytes;
  }
  return std::nullopt;
}

}  // namespace offing::web
