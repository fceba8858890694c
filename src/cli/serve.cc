#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "server/config.h"
#include "server/server.h"

namespace offing::cli {

namespace {

struct Flags {
  server::Overrides overrides;
  std::string config;
  bool verbose = false;
};

constexpr const char* kDefaultConfig = "offing.toml";

constexpr timespec kLookEvery{2, 0};  // at the certificate's files

// SIGTERM, SIGINT and SIGHUP are taken by sigtimedwait on the main thread; every other thread
// inherits the mask and never sees them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// SIGHUP means "read anew" from a person, but "that was it" from a terminal that is gone.
class Terminal {
 public:
  bool gone() const { return was_there_ && !IsThere(); }

 private:
  static bool IsThere() {
    const int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0) close(fd);
    return fd >= 0;
  }
  const bool was_there_ = IsThere();
};

// Returns the signal that ends the server.
int TendUntilEnd(server::Server& server, const sigset_t& signals, const base::Log& log) {
  const Terminal terminal;
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &kLookEvery);
    if (signal == SIGTERM || signal == SIGINT) return signal;
    if (signal == SIGHUP && terminal.gone()) return signal;
    if (signal == SIGHUP) {
      log.Info("SIGHUP: reading the certificate and opening the access log anew");
      server.Reload();
    } else {
      server.Look();
    }
  }
}

int Serve(const Flags& flags) {
  const sigset_t signals = BlockSignals();
  base::SystemClock clock;
  base::Log log(clock, STDERR_FILENO,
                flags.verbose ? base::LogLevel::kDebug : base::LogLevel::kInfo);
  std::string file = flags.config;
  if (file.empty() && ::access(kDefaultConfig, F_OK) == 0) file = kDefaultConfig;
  const auto config = server::LoadConfig(file, flags.overrides);
  if (!config) return Complain(config.error().detail);
  auto server = server::Server::Start(*config, clock, log);
  if (!server) return Complain(server.error().detail);
  const int signal = TendUntilEnd(**server, signals, log);
  log.Info(signal == SIGTERM  ? "SIGTERM: draining"
           : signal == SIGINT ? "SIGINT: draining"
                              : "the terminal is gone: draining");
  (*server)->Stop();
  log.Info("stopped");
  return 0;
}

}  // namespace

void AddServe(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("serve", "Serve a folder, its worker, channels and live resources");
  server::Overrides& set = flags->overrides;
  command->add_option("DIR", set.dir, "Folder of the site")->envname("OFFING_DIR");
  command
      ->add_option("--origin", set.origin,
                   "http://HOST:PORT behind the folder, or instead of it [none]")
      ->envname("OFFING_ORIGIN");
  command->add_option("--listen", set.listen, "HOST:PORT [127.0.0.1:8080]")
      ->envname("OFFING_LISTEN");
  command->add_option("--data", set.data, "Folder for the log and what else must last [.offing]")
      ->envname("OFFING_DATA");
  command
      ->add_option("--config", flags->config, "Configuration file [offing.toml, if there is one]")
      ->envname("OFFING_CONFIG");
  command
      ->add_option("--app", set.apps, "ID:KEY:SECRET; may be given again [one is made in --data]")
      ->envname("OFFING_APP");
  command
      ->add_option("--access-log", set.access_log,
                   "File for one line per request (- for standard output)")
      ->envname("OFFING_ACCESS_LOG");
  command->add_option("--access-log-format", set.access_log_format, "json or text [json]")
      ->envname("OFFING_ACCESS_LOG_FORMAT");
  command->add_option("--tls-cert", set.tls_cert, "Certificate (PEM): serve https with it")
      ->envname("OFFING_TLS_CERT");
  command->add_option("--tls-key", set.tls_key, "Its key (PEM)")->envname("OFFING_TLS_KEY");
  command->add_option("--threads", set.threads, "Cores to use [all]")
      ->envname("OFFING_THREADS")
      ->check(CLI::Range(1, 256));
  command->add_flag("--verbose", flags->verbose, "Log details too");
  command->callback([flags, &exit_code] { exit_code = Serve(*flags); });
}

}  // namespace offing::cli
