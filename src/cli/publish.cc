#include <fmt/format.h>
#include <regex.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "cli/api_client.h"
#include "cli/commands.h"
#include "cli/line_follower.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "server/apps.h"

namespace offing::cli {

namespace {

constexpr size_t kMaxLine = 64 << 10;
constexpr auto kPoll = std::chrono::milliseconds(200);
constexpr int kPlaceEvery = 50;  // lines between two writes of --state

struct Flags {
  std::string channel;
  std::string event;
  std::string data;
  std::string follow;
  std::string from = "end";
  std::string match;
  std::string state;
  std::string server = "http://127.0.0.1:8080";
  std::string app;
  std::string data_dir = ".offing";
};

// A POSIX extended regular expression, as grep -E has them.
class Matcher {
 public:
  static base::Result<std::unique_ptr<Matcher>> Compile(const std::string& pattern) {
    auto matcher = std::make_unique<Matcher>();
    const int code = ::regcomp(&matcher->regex_, pattern.c_str(), REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
      char why[128] = {};
      ::regerror(code, &matcher->regex_, why, sizeof why);
      matcher->compiled_ = false;
      return base::Fail(base::Code::kInvalidArgument, fmt::format("--match {}: {}", pattern, why));
    }
    return matcher;
  }
  ~Matcher() {
    if (compiled_) ::regfree(&regex_);
  }
  bool Matches(const std::string& line) const {
    return ::regexec(&regex_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_{};
  bool compiled_ = true;
};

std::string EventBody(const Flags& flags, std::string_view data) {
  std::string body = "{\"name\":";
  base::AppendQuoted(body, flags.event);
  body += ",\"channel\":";
  base::AppendQuoted(body, flags.channel);
  body += ",\"data\":";
  base::AppendQuoted(body, data);
  body += '}';
  return body;
}

// The same line has the same key every time it is read, so that a line sent twice is published
// once.
std::string KeyOf(const Flags& flags, const LineFollower::Line& line, std::string_view run) {
  return "follow-" +
         crypto::Sha256Hex(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", flags.channel, flags.event, run,
                                       line.start.inode, line.start.offset, line.text))
             .substr(0, 32);
}

std::string ErrorOf(const ApiClient::Answer& answer) {
  const auto json = base::ParseJson(answer.body);
  if (json && json->is_object() && json->contains("error") && (*json)["error"].is_string()) {
    return fmt::format("{} ({})", (*json)["error"].get<std::string>(), answer.status);
  }
  return fmt::format("the server answered {}", answer.status);
}

// Publishes until the server has said yes or no: a broken connection or a 5xx is tried again with
// the same key.
class Persistent {
 public:
  Persistent(ApiClient& client, const Flags& flags) : client_(client), flags_(flags) {}

  base::Result<ApiClient::Answer> Publish(std::string_view data, const std::string& key) {
    const std::string body = EventBody(flags_, data);
    for (int attempt = 0;; ++attempt) {
      const auto answer = client_.Post("/events", body, {"Idempotency-Key: " + key});
      if (answer && answer->status < 500 && answer->status != 429) {
        if (attempt > 0) std::fprintf(stderr, "offing: %s is back\n", flags_.server.c_str());
        return answer;
      }
      if (attempt == 0) {
        std::fprintf(stderr, "offing: waiting: %s\n",
                     answer ? ErrorOf(*answer).c_str() : answer.error().detail.c_str());
      }
      std::this_thread::sleep_for(std::min(kPoll * (1 << std::min(attempt, 4)), kPoll * 10));
    }
  }

 private:
  ApiClient& client_;
  const Flags& flags_;
};

std::optional<LineFollower::Place> LoadPlace(const std::string& file) {
  std::ifstream in(file);
  LineFollower::Place place;
  if (in >> place.inode >> place.offset) return place;
  return std::nullopt;
}

base::Result<void> SavePlace(const std::string& file, const LineFollower::Place& place) {
  const std::string draft = file + ".new";
  std::ofstream out(draft, std::ios::trunc);
  out << place.inode << ' ' << place.offset << '\n';
  out.close();
  if (!out || std::rename(draft.c_str(), file.c_str()) != 0) {
    return base::Fail(base::Code::kIo, fmt::format("--state {}: cannot write it", file));
  }
  return {};
}

int Follow(const Flags& flags, ApiClient& client) {
  std::unique_ptr<Matcher> matcher;
  if (!flags.match.empty()) {
    auto compiled = Matcher::Compile(flags.match);
    if (!compiled) return Complain(compiled.error().detail);
    matcher = std::move(*compiled);
  }
  LineFollower lines(flags.follow, kMaxLine);
  const auto place = flags.state.empty() ? std::nullopt : LoadPlace(flags.state);
  const auto from = flags.from == "start" ? LineFollower::From::kStart : LineFollower::From::kEnd;
  if (auto opened = place ? lines.OpenAt(*place) : lines.Open(from); !opened) {
    return Complain(opened.error().detail);
  }
  crypto::SystemRandom random;
  const std::string run = flags.follow == "-" ? crypto::RandomHex(random, 8) : "";
  Persistent publisher(client, flags);
  LineFollower::Place reached;
  int unsaved = 0;
  const auto save = [&]() -> bool {
    if (flags.state.empty() || unsaved == 0) return true;
    unsaved = 0;
    const auto saved = SavePlace(flags.state, reached);
    if (!saved) Complain(saved.error().detail);
    return saved.has_value();
  };
  while (!lines.at_end()) {
    const auto line = lines.Next();
    if (!line) return Complain(line.error().detail);
    if (!*line) {
      if (!save()) return 1;
      if (!lines.at_end()) std::this_thread::sleep_for(kPoll);
      continue;
    }
    const LineFollower::Line& found = **line;
    if (!matcher || matcher->Matches(found.text)) {
      const auto answer = publisher.Publish(found.text, KeyOf(flags, found, run));
      if (!answer) return Complain(answer.error().detail);
      if (answer->status == 413) {
        Complain(
            fmt::format("a line of {} bytes is left out: {}", found.text.size(), ErrorOf(*answer)));
      } else if (answer->status != 200) {
        return Complain(ErrorOf(*answer));
      }
    }
    reached = found.next;
    if (++unsaved >= kPlaceEvery && !save()) return 1;
  }
  return 0;
}

int PublishOnce(const Flags& flags, ApiClient& client) {
  const auto answer = client.Post("/events", EventBody(flags, flags.data), {});
  if (!answer) return Complain(answer.error().detail);
  if (answer->status != 200) return Complain(ErrorOf(*answer));
  const auto json = base::ParseJson(answer->body);
  if (json && json->contains("event_ids")) {
    for (const auto& [channel, id] : (*json)["event_ids"].items()) {
      std::printf("%s\n", id.get<std::string>().c_str());
    }
  }
  return 0;
}

int Publish(const Flags& flags) {
  base::SystemClock clock;
  const auto app = flags.app.empty() ? server::LoadMadeApp(flags.data_dir)
                                     : proto::ParseAppCredentials(flags.app);
  if (!app) return Complain(app.error().detail);
  ApiClient client(flags.server, *app, clock);
  return flags.follow.empty() ? PublishOnce(flags, client) : Follow(flags, client);
}

}  // namespace

void AddPublish(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("publish", "Publish an event, or each new line of a file");
  command->add_option("CHANNEL", flags->channel, "Channel to publish to")->required();
  command->add_option("EVENT", flags->event, "Name of the event")->required();
  auto* data = command->add_option("DATA", flags->data, "Its data: JSON, or text as it is");
  auto* follow =
      command->add_option("--follow", flags->follow,
                          "Publish each new line of this file, for ever (- for standard input)");
  follow->excludes(data);
  command->add_option("--from", flags->from, "Where to begin in the file: start or end")
      ->check(CLI::IsMember({"start", "end"}))
      ->needs(follow);
  command
      ->add_option("--match", flags->match,
                   "Only lines that match this regular expression (as grep -E)")
      ->needs(follow);
  command
      ->add_option("--state", flags->state,
                   "File that remembers how far it came, so that a restart goes on there")
      ->needs(follow);
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
  command->callback([flags, &exit_code, data, follow] {
    if (data->count() == 0 && follow->count() == 0) {
      exit_code = Complain("publish needs DATA or --follow FILE");
    } else {
      exit_code = Publish(*flags);
    }
  });
}

}  // namespace offing::cli
