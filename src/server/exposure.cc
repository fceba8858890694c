#include "server/exposure.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

namespace offing::server {

namespace fs = std::filesystem;

namespace {

bool IsServed(const std::string& dir, const std::string& path) {
  std::error_code failed;
  const fs::path site = fs::weakly_canonical(fs::absolute(dir), failed) / "";
  const fs::path there = fs::weakly_canonical(fs::absolute(path), failed);
  if (failed) return false;  // whoever opens it says why it cannot be opened
  const fs::path below = there.lexically_relative(site);
  if (below.empty() || *below.begin() == "..") return false;
  return std::none_of(below.begin(), below.end(), [](const fs::path& part) {
    return part.native().starts_with('.') && part != "." && part != ".well-known";
  });
}

}  // namespace

base::Result<void> CheckNothingPrivateIsServed(const Config& config) {
  const struct {
    const char* setting;
    const std::string& path;
  } all[] = {{"--data", config.data},
             {"--config", config.file},
             {"--access-log", config.access_log},
             {"--tls-key", config.tls.key}};
  for (const auto& [setting, path] : all) {
    if (config.dir.empty() || path.empty() || path == "-" || !IsServed(config.dir, path)) continue;
    return base::Fail(
        base::Code::kConflict,
        fmt::format("{} {}: lies inside the site's folder {}, which everybody may read; keep it "
                    "outside (serve a folder below, such as public), or give it a name that begins "
                    "with a dot",
                    setting, path, config.dir));
  }
  return {};
}

}  // namespace offing::server
