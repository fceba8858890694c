#include <fcntl.h>
#include <fmt/format.h>
#include <regex.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
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
#include "proto/utf8.h"
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

// The same line has the same key every time it is read in one turn of the file, so that a line sent
// twice is published once.
std::string KeyOf(const Flags& flags, const LineFollower::Line& line, std::string_view turn) {
  const std::string name = fmt::format("{}\n{}\n{}\n{}\n{}", flags.channel, flags.event, turn,
                                       line.start.offset, line.text);
  return "follow-" + crypto::Sha256Hex(name).substr(0, 32);
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

// What --state holds: where the next line begins, and the name of this turn of the file, which is
// drawn anew when the file is replaced or begins again, so that its lines are not taken for old
// ones.
struct State {
  LineFollower::Place place;
  std::string turn;
};

// nullopt: there is no such file yet.
base::Result<std::optional<State>> LoadState(const std::string& file) {
  if (file.empty() || ::access(file.c_str(), F_OK) != 0) return std::nullopt;
  std::ifstream in(file);
  State state;
  if (in >> state.place.inode >> state.place.offset >> state.turn) return state;
  return base::Fail(
      base::Code::kCorrupt,
      fmt::format("--state {}: does not say how far it came; remove it to begin at --from", file));
}

base::Result<void> SaveState(const std::string& file, const State& state) {
  if (file.empty()) return {};
  const std::string draft = file + ".new";
  const std::string text =
      fmt::format("{} {} {}\n", state.place.inode, state.place.offset, state.turn);
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!written || std::rename(draft.c_str(), file.c_str()) != 0) {
    return base::Fail(
        base::Code::kIo,
        fmt::format("--state {}: {}; name a file in a folder that this user may write to", file,
                    std::strerror(errno)));
  }
  return {};
}

// Publishes a file's lines, one after the other, and remembers how far it came.
class Follower {
 public:
  Follower(const Flags& flags, ApiClient& client)
      : flags_(flags), publisher_(client, flags), lines_(flags.follow, kMaxLine) {}

  base::Result<void> Run() {
    if (auto begun = Begin(); !begun) return begun;
    while (!lines_.at_end()) {
      auto line = lines_.Next();
      if (!line) return std::unexpected(line.error());
      if (auto turned = NoteTurn(); !turned) return turned;
      if (!*line) {
        if (auto saved = Save(); !saved) return saved;
        if (!lines_.at_end()) std::this_thread::sleep_for(kPoll);
        continue;
      }
      if (auto done = Publish(**line); !done) {
        (void)Save();
        return done;
      }
    }
    return {};
  }

 private:
  base::Result<void> Begin() {
    if (!flags_.match.empty()) {
      auto matcher = Matcher::Compile(flags_.match);
      if (!matcher) return std::unexpected(matcher.error());
      matcher_ = std::move(*matcher);
    }
    auto stored = LoadState(flags_.state);
    if (!stored) return std::unexpected(stored.error());
    const auto from =
        flags_.from == "start" ? LineFollower::From::kStart : LineFollower::From::kEnd;
    auto opened = *stored ? lines_.OpenAt((*stored)->place) : lines_.Open(from);
    if (!opened) return opened;
    state_.place = lines_.place();
    const bool goes_on = *stored && (*stored)->place == state_.place;
    state_.turn = goes_on ? (*stored)->turn : crypto::RandomHex(random_, 8);
    return SaveState(flags_.state, state_);
  }

  // A line is published under its turn's name only after that name is on disk.
  base::Result<void> NoteTurn() {
    if (lines_.turns() == turns_) return {};
    turns_ = lines_.turns();
    state_ = {{lines_.place().inode, 0}, crypto::RandomHex(random_, 8)};
    unsaved_ = 0;
    return SaveState(flags_.state, state_);
  }

  base::Result<void> Save() {
    if (unsaved_ == 0) return {};
    unsaved_ = 0;
    return SaveState(flags_.state, state_);
  }

  base::Result<void> Publish(const LineFollower::Line& line) {
    if (!matcher_ || matcher_->Matches(line.text)) {
      const auto answer =
          publisher_.Publish(proto::ToUtf8(line.text), KeyOf(flags_, line, state_.turn));
      if (!answer) return std::unexpected(answer.error());
      if (answer->status == 413) {
        Complain(
            fmt::format("a line of {} bytes is left out: {}", line.text.size(), ErrorOf(*answer)));
      } else if (answer->status != 200) {
        return base::Fail(base::Code::kInvalidArgument, ErrorOf(*answer));
      }
    }
    state_.place = line.next;
    if (++unsaved_ >= kPlaceEvery) return Save();
    return {};
  }

  const Flags& flags_;
  Persistent publisher_;
  LineFollower lines_;
  std::unique_ptr<Matcher> matcher_;
  crypto::SystemRandom random_;
  State state_;
  int turns_ = 0;
  int unsaved_ = 0;
};

int Follow(const Flags& flags, ApiClient& client) {
  const auto done = Follower(flags, client).Run();
  return done ? 0 : Complain(done.error().detail);
}

int PublishOnce(const Flags& flags, ApiClient& client) {
  const auto answer = client.Post("/events", EventBody(flags, proto::ToUtf8(flags.data)), {});
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
