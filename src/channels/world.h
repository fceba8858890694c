// A whole channels server in a test: cores that are polled, a journal that is cranked, a clock that
// is turned by hand, and clients without sockets.
//
// Threading: one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "channels/channels.h"
#include "http/fake_exchange.h"
#include "http/fake_websocket.h"
#include "proto/pusher_auth.h"
#include "store/memory/memory_store.h"

namespace offing::channels::testing {

using Peer = http::FakeWebSocket::Peer;

// Random that anybody can foretell.
class CountingRandom final : public crypto::Random {
 public:
  explicit CountingRandom(uint64_t seed = 1) : state_(seed) {}
  uint64_t U64() override {  // splitmix64
    constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
    uint64_t z = state_.fetch_add(kStep) + kStep;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::atomic<uint64_t> state_;
};

// The store, with a place to do something between a read and its answer, and between a commit and
// what follows it: there two threads of a real journal overtake each other.
class HookedStore final : public store::Store {
 public:
  explicit HookedStore(store::Store& inner) : inner_(inner) {}
  std::function<void()> after_read;
  std::function<void()> after_commit;

  base::Result<void> Commit(const store::Batch& batch) override;
  base::Result<std::optional<store::Page>> After(const store::LogKey& log, uint64_t after,
                                                 uint64_t max_events, uint64_t max_bytes) override;
  base::Result<std::unique_ptr<store::Reader>> OpenReader() override { return inner_.OpenReader(); }
  base::Result<std::optional<store::LogState>> State(const store::LogKey& log) override {
    return inner_.State(log);
  }
  base::Result<std::optional<store::Snapshot>> FindSnapshot(std::string_view app,
                                                            std::string_view path) override {
    return inner_.FindSnapshot(app, path);
  }
  base::Result<std::optional<store::Reply>> FindReply(const store::ReplyName& name) override {
    return inner_.FindReply(name);
  }
  base::Result<std::optional<store::Mark>> FindMark(std::string_view app, std::string_view scope,
                                                    std::string_view client,
                                                    std::string_view lane) override {
    return inner_.FindMark(app, scope, client, lane);
  }
  store::Totals Totals() const override { return inner_.Totals(); }
  base::Result<std::optional<store::Setting>> FindSetting(std::string_view app,
                                                          std::string_view name) override {
    return inner_.FindSetting(app, name);
  }
  base::Result<std::vector<store::LogKey>> Logs(const store::LogKey& after, uint64_t max) override {
    return inner_.Logs(after, max);
  }

 private:
  store::Store& inner_;
};

// A frame that a client got; `data` is parsed if it was a string that holds JSON.
struct Frame {
  std::string event;
  std::string channel;
  base::Json data;
  std::optional<base::Position> id;
  std::string text;
};
Frame ParseFrame(const std::string& text);

class Client {
 public:
  explicit Client(std::unique_ptr<http::FakeWebSocket> socket) : socket_(std::move(socket)) {}

  // Everything read since the last call.
  std::vector<Frame> Take();
  void Send(const base::Json& frame) { socket_->Receive(base::DumpJson(frame)); }
  void Subscribe(const std::string& channel, base::Json more = base::Json::object());
  void Unsubscribe(const std::string& channel);
  http::FakeWebSocket& socket() { return *socket_; }

  std::string socket_id;  // of connection_established, once it was taken

 private:
  std::unique_ptr<http::FakeWebSocket> socket_;
};

struct WorldOptions {
  int cores = 1;
  uint64_t seed = 1;
  store::Retention retention{};
  size_t max_waiting = 10'000;  // publications in the journal
};

// One app, "1:key:secret". Channels named log-… or private-log-… keep a log.
class World {
 public:
  using Options = WorldOptions;
  explicit World(Options options = {});
  World(Options options, ChannelsConfig config);
  ~World();

  // Until nothing is left to do, with the journal or without it.
  void Settle();
  void PollCores();
  void Tick(int64_t ms);  // turns the clock, runs the timers, settles

  // A client on that core; greeted and settled.
  std::unique_ptr<Client> Connect(int core = 0, Peer peer = Peer::kReadsAtOnce);
  std::shared_ptr<http::FakeAnswer> Upgrade(const std::string& target, int core = 0);
  // A signed call, answered when it settles.
  std::shared_ptr<http::FakeAnswer> Call(const std::string& method, const std::string& path,
                                         const std::string& query, const std::string& body,
                                         http::Headers headers = {}, int core = 0);
  // POST /events of one event, settled; the answer's JSON. Fails the test unless it is a 200.
  base::Json Publish(const std::string& channel, const std::string& name, const std::string& data,
                     base::Json more = base::Json::object());
  uint64_t Counter(const std::string& name) const;
  std::string Epoch(const std::string& channel);

  base::FakeClock clock;
  base::Log log;
  base::Metrics metrics;
  CountingRandom random;
  store::MemoryStore store;
  HookedStore hooked{store};  // what the journal has
  ChannelsConfig config;
  std::unique_ptr<journal::Journal> journal;
  std::vector<std::unique_ptr<net::Core>> cores;
  std::unique_ptr<auth::Authenticator> auth;
  std::unique_ptr<Channels> channels;
};

ChannelsConfig TestConfig(store::Retention retention = {});

}  // namespace offing::channels::testing
