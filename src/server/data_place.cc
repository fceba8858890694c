#include "server/data_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace offing::server {

namespace fs = std::filesystem;

base::Result<void> CheckDataIsNotServed(const Config& config) {
  if (config.dir.empty() || config.data.empty()) return {};
  std::error_code failed;
  const fs::path site = fs::weakly_canonical(fs::absolute(config.dir), failed) / "";
  const fs::path data = fs::weakly_canonical(fs::absolute(config.data), failed) / "";
  if (failed) return {};  // whoever opens the folders says why they cannot be opened
  const fs::path below = data.lexically_relative(site);
  if (below.empty() || *below.begin() == "..") return {};
  const bool hidden = std::any_of(below.begin(), below.end(), [](const fs::path& part) {
    return part.native().starts_with('.') && part != ".";
  });
  if (hidden) return {};
  return base::Fail(base::Code::kConflict,
                    fmt::format("--data {}: lies inside the site's folder {}, which everybody may "
                                "read; name a folder outside of it, or one whose name begins with "
                                "a dot",
                                config.data, config.dir));
}

}  // namespace offing::server
