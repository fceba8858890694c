// offing outbox: which writes are under way to the origin, and which need a person
// (spec/outbox.md).
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "server/apps.h"

namespace offing::cli {

namespace {

using base::Json;

constexpr size_t kMaxCell = 60;

struct Flags {
  std::string server = "http://127.0.0.1:8080";
  std::string app;
  std::string data_dir = ".offing";
  bool json = false;
};

using Row = std::vector<std::string>;

// Text that came from a client: without what a terminal would obey, and not too long.
std::string Cell(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (text.size() <= kMaxCell) return text;
  size_t end = kMaxCell - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string TextOf(const Json& row, const char* name) {
  return row.contains(name) && row[name].is_string() ? Cell(row[name].get<std::string>()) : "";
}

std::string TimeOf(const Json& row, const char* name) {
  const int64_t ms = row.contains(name) && row[name].is_number() ? row[name].get<int64_t>() : 0;
  return ms <= 0 ? "" : fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(std::time_t(ms / 1000)));
}

void Print(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  }
}

void PrintOutstanding(const Json& list) {
  if (list.empty()) {
    std::puts("No write is under way to the origin.");
    return;
  }
  std::printf("Under way to the origin: %zu\n\n", list.size());
  std::vector<Row> rows = {{"since (UTC)", "method", "url", "lane", "key"}};
  for (const Json& one : list) {
    rows.push_back({TimeOf(one, "since"), TextOf(one, "method"), TextOf(one, "url"),
                    TextOf(one, "lane"), TextOf(one, "key")});
  }
  Print(rows);
}

void PrintReports(const Json& list) {
  if (list.empty()) {
    std::puts("No write needs a person.");
    return;
  }
  std::printf("Writes that need a person: %zu\n\n", list.size());
  std::vector<Row> rows = {
      {"seen (UTC)", "state", "problem", "user", "method", "url", "lane", "key"}};
  for (const Json& one : list) {
    rows.push_back({TimeOf(one, "seen"), TextOf(one, "state"), TextOf(one, "problem"),
                    TextOf(one, "user"), TextOf(one, "method"), TextOf(one, "url"),
                    TextOf(one, "lane"), TextOf(one, "id")});
  }
  Print(rows);
}

base::Result<Json> Ask(const Flags& flags) {
  base::SystemClock clock;
  const auto app = flags.app.empty() ? server::LoadMadeApp(flags.data_dir)
                                     : proto::ParseAppCredentials(flags.app);
  if (!app) return std::unexpected(app.error());
  const auto answer = ApiClient(flags.server, *app, clock).Get("/outbox");
  if (!answer) return std::unexpected(answer.error());
  auto json = base::ParseJson(answer->body);
  const bool object = json && json->is_object();
  if (answer->status != 200) {
    const std::string why = object ? json->value("error", "") : "";
    return base::Fail(base::Code::kUnavailable,
                      why.empty() ? fmt::format("the server answered {}", answer->status)
                                  : fmt::format("{} ({})", why, answer->status));
  }
  if (!object || !(*json)["outstanding"].is_array() || !(*json)["reports"].is_array()) {
    return base::Fail(base::Code::kUnavailable,
                      "the answer does not come from an Offing server that knows this command");
  }
  return std::move(*json);
}

}  // namespace

void AddOutbox(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("outbox", "Writes under way to the origin, and those that need a person");
  command->add_option("--server", flags->server, "The server")
      ->envname("OFFING_SERVER")
      ->capture_default_str();
  command
      ->add_option("--app", flags->app,
                   "ID:KEY:SECRET; default: the app that the server made in --data")
      ->envname("OFFING_APP");
  command->add_option("--data", flags->data_dir, "The server's data folder")
      ->envname("OFFING_DATA")
      ->capture_default_str();
  command->add_flag("--json", flags->json, "As JSON");
  command->callback([flags, &exit_code] {
    const auto view = Ask(*flags);
    if (!view) {
      exit_code = Complain(view.error().detail);
    } else if (flags->json) {
      std::printf("%s\n", base::DumpJson(*view).c_str());
    } else {
      PrintOutstanding((*view)["outstanding"]);
      std::puts("");
      PrintReports((*view)["reports"]);
    }
  });
}

}  // namespace offing::cli
