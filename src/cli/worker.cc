// offing worker: the kill switch and the forced update (spec/worker.md, "Control").
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "server/apps.h"

namespace offing::cli {

namespace {

struct Flags {
  std::string server = "http://127.0.0.1:8080";
  std::string app;
  std::string data_dir = ".offing";
  std::string version;  // of require
};

// The record as the server answers it.
struct State {
  bool kill = false;
  std::string require;
  uint64_t revision = 0;
  std::string manifest;
  bool changed = false;
  uint64_t told = 0;
};

base::Result<State> ReadState(const ApiClient::Answer& answer) {
  const auto json = base::ParseJson(answer.body);
  const bool object = json && json->is_object();
  if (answer.status != 200) {
    const std::string why = object ? json->value("error", "") : "";
    return base::Fail(base::Code::kUnavailable,
                      why.empty() ? fmt::format("the server answered {}", answer.status)
                                  : fmt::format("{} ({})", why, answer.status));
  }
  if (!object || !json->contains("kill") || !(*json)["kill"].is_boolean()) {
    return base::Fail(base::Code::kUnavailable,
                      "the answer does not come from an Offing server that knows this command");
  }
  return State{(*json)["kill"].get<bool>(),   json->value("require", ""),
               json->value("revision", 0ull), json->value("manifest", ""),
               json->value("changed", false), json->value("told", 0ull)};
}

std::string Clients(uint64_t count) {
  return count == 1 ? "1 connected client was told"
                    : fmt::format("{} connected clients were told", count);
}

constexpr const char* kOthers =
    "; the others hear of it when they connect, or when their worker starts (they ask at most once "
    "a minute)";

void Say(const std::string& text) {
  std::printf("%s\n", text.c_str());
}

void SayKilled(const State& state) {
  Say(state.changed
          ? "The workers are switched off: /sw.js is now the safety worker, which deletes "
            "the caches of Offing and removes itself."
          : "The workers were switched off already; it was said again.");
  Say(Clients(state.told) + kOthers + ".");
  Say("`offing worker revive` ends it.");
}

void SayRevived(const State& state) {
  Say(state.changed ? "The workers are on again: /sw.js is the worker, and pages register it at "
                      "their next load."
                    : "The workers were on already, and no version is required; nothing changed.");
  Say(Clients(state.told) + ".");
}

void SayRequired(const State& state) {
  const std::string again = state.changed ? "" : " (as before; it was said again)";
  if (state.require.empty()) {
    Say("No version is required any more" + again + ".");
  } else if (state.require == "latest") {
    Say("The latest version is required" + again + ", now " + state.manifest +
        ": workers of another one update, take over at once and reload their pages; so they do "
        "after each later change of the site.");
  } else {
    Say("Version " + state.require + " is required" + again +
        ": workers of another one update, take over at once and reload their pages.");
  }
  Say(Clients(state.told) + kOthers + ".");
  if (state.kill)
    Say("The workers are switched off all the same: `offing worker revive` ends that.");
}

void SayStatus(const State& state) {
  Say(std::string("workers:  ") + (state.kill ? "switched off (killed)" : "on"));
  Say("required: " + (state.require.empty() ? "no version" : state.require));
  Say("manifest: " + state.manifest);
  Say(fmt::format("revision: {}", state.revision));
}

base::Result<State> Ask(const Flags& flags, const std::string& change) {
  base::SystemClock clock;
  const auto app = flags.app.empty() ? server::LoadMadeApp(flags.data_dir)
                                     : proto::ParseAppCredentials(flags.app);
  if (!app) return std::unexpected(app.error());
  ApiClient client(flags.server, *app, clock);
  const auto answer = change.empty() ? client.Get("/worker") : client.Post("/worker", change, {});
  if (!answer) return std::unexpected(answer.error());
  return ReadState(*answer);
}

void AddTarget(CLI::App& command, Flags& flags) {
  command.add_option("--server", flags.server, "The server")
      ->envname("OFFING_SERVER")
      ->capture_default_str();
  command
      .add_option("--app", flags.app,
                  "ID:KEY:SECRET; default: the app that the server made in --data")
      ->envname("OFFING_APP");
  command.add_option("--data", flags.data_dir, "The server's data folder")
      ->envname("OFFING_DATA")
      ->capture_default_str();
}

}  // namespace

void AddWorker(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("worker", "Switch the browsers' workers off and on, or force an update");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, void (*say)(const State&),
                       std::string (*change)(const Flags&)) {
    CLI::App* action = command->add_subcommand(name, help);
    AddTarget(*action, *flags);
    action->callback([flags, &exit_code, say, change] {
      const auto state = Ask(*flags, change(*flags));
      if (state) {
        say(*state);
      } else {
        exit_code = Complain(state.error().detail);
      }
    });
    return action;
  };
  add("kill", "Remove every worker and its caches, until revive", SayKilled,
      [](const Flags&) { return std::string(R"({"action":"kill"})"); });
  add("revive", "End kill, and require no version", SayRevived,
      [](const Flags&) { return std::string(R"({"action":"revive"})"); });
  add("require", "Have every worker become this version now", SayRequired,
      [](const Flags& given) {
        return base::DumpJson({{"action", "require"}, {"version", given.version}});
      })
      ->add_option("VERSION", flags->version,
                   "latest, none, or the digest of the server's manifest (see status)")
      ->required();
  add("status", "What is wanted of the workers now", SayStatus,
      [](const Flags&) { return std::string(); });
}

}  // namespace offing::cli
