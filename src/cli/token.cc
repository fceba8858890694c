#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "proto/jwt.h"
#include "server/apps.h"
#include "server/config.h"
#include "server/units.h"

namespace offing::cli {

namespace {

struct Flags {
  std::string user;
  std::string device;
  std::vector<std::string> channels;
  std::vector<std::string> publish;
  std::string expires = "1h";
  std::string app;
  std::string config;
  std::optional<std::string> data_dir;
};

// The one that is named, else the first of the configuration, else the one in the data folder.
base::Result<proto::AppCredentials> AppOf(const Flags& flags) {
  if (!flags.app.empty()) return proto::ParseAppCredentials(flags.app);
  if (flags.config.empty()) return server::LoadMadeApp(flags.data_dir.value_or(".offing"));
  auto config = server::LoadConfig(flags.config, {.data = flags.data_dir});
  if (!config) return std::unexpected(config.error());
  if (!config->channels.apps.empty()) return config->channels.apps.front();
  return server::LoadMadeApp(config->data);
}

base::Result<std::string> MakeToken(const Flags& flags) {
  const auto refuse = [](std::string_view what, std::string_view value, std::string_view why) {
    return base::Fail(base::Code::kInvalidArgument, fmt::format("{} {}: {}", what, value, why));
  };
  constexpr std::string_view kText = "1 to 200 bytes of UTF-8 without control characters";
  if (!proto::IsSubject(flags.user)) return refuse("USER", flags.user, kText);
  if (!flags.device.empty() && !proto::IsSubject(flags.device)) {
    return refuse("--device", flags.device, kText);
  }
  if (auto good = proto::CheckPatterns(flags.channels); !good) {
    return refuse("--channels", "", good.error().detail);
  }
  if (auto good = proto::CheckPatterns(flags.publish); !good) {
    return refuse("--publish", "", good.error().detail);
  }
  const auto lives_ms = server::ParseDuration(flags.expires);
  if (!lives_ms) return refuse("--expires", flags.expires, lives_ms.error().detail);
  if (*lives_ms < 1'000) return refuse("--expires", flags.expires, "at least 1s");
  const auto app = AppOf(flags);
  if (!app) return std::unexpected(app.error());
  const int64_t now_s = base::SystemClock().WallMs() / 1000;
  std::string token = proto::SignJwt(*app,
                                     {.sub = flags.user,
                                      .dev = flags.device,
                                      .channels = flags.channels,
                                      .publish = flags.publish,
                                      .exp_s = now_s + *lives_ms / 1000},
                                     now_s);
  if (token.size() > proto::kMaxJwtBytes) {
    return refuse("--channels and --publish", "", "make a token over 8 KiB; use fewer patterns");
  }
  return token;
}

}  // namespace

void AddToken(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("token", "Sign a token for a user");
  command->add_option("USER", flags->user, "The user's id in the app")->required();
  command->add_option("--device", flags->device, "The device's id");
  command
      ->add_option("--channels", flags->channels,
                   "Private channels that may be read: names, or beginnings with a *")
      ->delimiter(',');
  command
      ->add_option("--publish", flags->publish,
                   "Channels that may be published to, where their rule asks for a token")
      ->delimiter(',');
  command->add_option("--expires", flags->expires, "How long it is good for, like 15m, 1h, 7d")
      ->capture_default_str();
  command
      ->add_option("--app", flags->app,
                   "ID:KEY:SECRET; default: the first of --config, or the app that the server made "
                   "in --data")
      ->envname("OFFING_APP");
  command->add_option("--config", flags->config, "The server's offing.toml")
      ->envname("OFFING_CONFIG");
  command->add_option("--data", flags->data_dir, "The server's data folder; default: .offing")
      ->envname("OFFING_DATA");
  command->callback([flags, &exit_code] {
    const auto token = MakeToken(*flags);
    if (token) {
      std::printf("%s\n", token->c_str());
    } else {
      exit_code = Complain(token.error().detail);
    }
  });
}

}  // namespace offing::cli
