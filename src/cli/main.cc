// offing: the program. It only knows its subcommands; each is a file of this folder.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "Offing keeps web apps working offline, in the background and in real time.\n"
      "Start with: offing serve DIR",
      "offing"};
  app.set_version_flag("--version", "offing " OFFING_VERSION);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  int exit_code = 0;
  offing::cli::AddServe(app, exit_code);
  offing::cli::AddPublish(app, exit_code);
  offing::cli::AddToken(app, exit_code);
  offing::cli::AddWorker(app, exit_code);
  offing::cli::AddOutbox(app, exit_code);
  if (argc == 1) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
