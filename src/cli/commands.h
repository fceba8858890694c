// The subcommands of `offing`, one file each. Add() declares flags and help on the parser; when the
// command line names the subcommand, `exit_code` becomes what the process returns: 0, or 1 after
// one clear line on standard error.
//
// Every flag has an OFFING_* variable; the flag wins.
//
// Threading: the main thread.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace offing::cli {

void AddServe(CLI::App& app, int& exit_code);    // serve.cc
void AddPublish(CLI::App& app, int& exit_code);  // publish.cc
void AddToken(CLI::App& app, int& exit_code);    // token.cc
void AddWorker(CLI::App& app, int& exit_code);   // worker.cc
void AddOutbox(CLI::App& app, int& exit_code);   // outbox.cc

// "offing: WHAT" on standard error; returns 1.
int Complain(const std::string& what);

}  // namespace offing::cli
