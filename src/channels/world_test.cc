// World (channels/world.h); in a file named as a test so that only the test program links it.
#include "channels/world.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <charconv>

namespace offing::channels::testing {

using base::Json;

base::Result<void> HookedStore::Commit(const store::Batch& batch) {
  base::Result<void> result = inner_.Commit(batch);
  if (after_commit) after_commit();
  return result;
}

base::Result<std::optional<store::Page>> HookedStore::After(const store::LogKey& log,
                                                            uint64_t after, uint64_t max_events,
                                                            uint64_t max_bytes) {
  auto page = inner_.After(log, after, max_events, max_bytes);
  if (after_read) after_read();
  return page;
}

Frame ParseFrame(const std::string& text) {
  const Json json = *base::ParseJson(text);
  Frame frame{.event = json.value("event", ""), .channel = json.value("channel", "")};
  frame.text = text;
  frame.data = json.value("data", Json());
  if (frame.data.is_string()) {
    if (auto inner = base::ParseJson(frame.data.get<std::string>())) frame.data = *inner;
  }
  if (json.contains("id")) frame.id = base::ParsePosition(json["id"].get<std::string>());
  return frame;
}

std::vector<Frame> Client::Take() {
  std::vector<Frame> frames;
  for (const std::string& text : socket_->TakeTexts()) {
    frames.push_back(ParseFrame(text));
    if (frames.back().event == "pusher:connection_established") {
      socket_id = frames.back().data["socket_id"].get<std::string>();
    }
  }
  return frames;
}

void Client::Subscribe(const std::string& channel, Json more) {
  more["channel"] = channel;
  Send({{"event", "pusher:subscribe"}, {"data", more}});
}

void Client::Unsubscribe(const std::string& channel) {
  Send({{"event", "pusher:unsubscribe"}, {"data", {{"channel", channel}}}});
}

ChannelsConfig TestConfig(store::Retention retention) {
  ChannelsConfig config;
  config.apps = {{"1", "key", "secret"}};
  config.rules = {{"log-*", retention}, {"private-log-*", retention}};
  return config;
}

World::World(Options options) : World(options, TestConfig(options.retention)) {}

World::World(Options options, ChannelsConfig its_config)
    : log(clock, open("/dev/null", O_WRONLY | O_CLOEXEC), base::LogLevel::kError),
      random(options.seed),
      config(std::move(its_config)) {
  journal = std::make_unique<journal::Journal>(
      journal::Journal::Deps{
          hooked, clock, random, log, metrics,
          [this](const store::LogKey& key) { return config.RetentionOf(key.channel); }},
      journal::JournalConfig{.max_waiting = options.max_waiting, .trim_every_ms = 0});
  std::vector<net::Core*> pointers;
  for (int i = 0; i < options.cores; ++i) {
    cores.push_back(std::make_unique<net::Core>(i, net::Core::Deps{log, metrics}));
    pointers.push_back(cores.back().get());
  }
  auth = auth::Authenticator::Open({.apps = config.apps}, {clock, log, metrics, {}}).value();
  channels = std::make_unique<Channels>(
      Channels::Deps{pointers, journal.get(), clock, log, metrics, random, auth.get()}, config);
  journal->SetListener(channels.get());
  channels->Start();
}

World::~World() {
  Settle();
  channels->Stop();
}

void World::PollCores() {
  for (size_t did = 1; did != 0;) {
    did = 0;
    for (const auto& core : cores) did += core->Poll();
  }
}

void World::Settle() {
  for (size_t did = 1; did != 0;) {
    did = journal->Crank();
    for (const auto& core : cores) did += core->Poll();
  }
}

void World::Tick(int64_t ms) {
  clock.Advance(ms);
  channels->Tick();
  Settle();
}

std::shared_ptr<http::FakeAnswer> World::Upgrade(const std::string& target, int core) {
  http::Request request = http::Get(target);
  request.wants_websocket = true;
  return http::Ask(*channels, *cores[static_cast<size_t>(core)], std::move(request));
}

std::unique_ptr<Client> World::Connect(int core, Peer peer) {
  const auto answer = Upgrade("/app/key?protocol=7&client=js&version=8.6.0", core);
  auto client = std::make_unique<Client>(std::make_unique<http::FakeWebSocket>(
      *cores[static_cast<size_t>(core)], std::move(answer->listener), Peer::kReadsAtOnce));
  Settle();
  client->Take();
  client->socket().set_peer(peer);
  return client;
}

std::shared_ptr<http::FakeAnswer> World::Call(const std::string& method, const std::string& path,
                                              const std::string& query, const std::string& body,
                                              http::Headers headers, int core) {
  const std::string whole = "/apps/1" + path;
  const std::string signed_query =
      proto::SignApiCall(config.apps[0], {method, whole, query, body}, clock.WallMs() / 1'000);
  return http::Ask(*channels, *cores[static_cast<size_t>(core)],
                   http::MakeRequest(method, whole + "?" + signed_query, std::move(headers), body));
}

Json World::Publish(const std::string& channel, const std::string& name, const std::string& data,
                    Json more) {
  more["name"] = name;
  more["data"] = data;
  more["channel"] = channel;
  const auto answer = Call("POST", "/events", "", base::DumpJson(more));
  Settle();
  EXPECT_EQ(answer->status(), 200) << answer->Body();
  return *base::ParseJson(answer->Body());
}

uint64_t World::Counter(const std::string& name) const {
  const std::string text = metrics.Render();
  const std::string wanted = "\n" + name + " ";
  const size_t at = text.find(wanted);
  EXPECT_NE(at, std::string::npos) << name;
  uint64_t value = 0;
  const char* const digits = text.data() + at + wanted.size();
  std::from_chars(digits, text.data() + text.size(), value);
  return value;
}

std::string World::Epoch(const std::string& channel) {
  const auto state = store.State({"1", channel});
  return state && *state ? base::FormatEpoch((*state)->epoch) : "0";
}

}  // namespace offing::channels::testing
