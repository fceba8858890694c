// Random schedules against an oracle. Publishers on both cores, clients that read quickly, slowly
// or not at all, that break off, come back with the last position they saw, unsubscribe and
// subscribe again; cores, journal and timers take their turns in any order. Whatever happens, each
// client's own record of a channel is what the log says: in order, nothing twice, and nothing
// missing unless the server said so.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "channels/world.h"

namespace offing::channels::testing {
namespace {

constexpr int kCores = 2;
const std::vector<std::string> kChannels = {"log-a", "log-b"};

// What one client believes about one channel.
struct Record {
  bool subscribed = false;  // asked for
  bool confirmed = false;
  bool started = false;  // has ever had a position
  base::Position position;
  uint64_t received = 0;
};

struct Player {
  int core = 0;
  std::unique_ptr<Client> client;
  std::map<std::string, Record> records;
};

class Schedule {
 public:
  explicit Schedule(uint64_t seed)
      : seed_(seed), random_(seed), world_({.cores = kCores, .seed = seed}, Config(seed)) {
    for (int i = 0; i < 5; ++i) {
      players_.push_back({.core = i % kCores});
      Reconnect(players_.back());
    }
    // Between a read and its answer something is committed; between a commit and its posts
    // something is read.
    world_.hooked.after_read = [this] { Interrupt(Publishing::kYes); };
    world_.hooked.after_commit = [this] { Interrupt(Publishing::kNo); };
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Step();
    Finish();
  }

  uint64_t received = 0;
  uint64_t gaps = 0;
  uint64_t fell_back() const { return world_.Counter("offing_channels_fell_back_total"); }

 private:
  // Small pages and queues, so that every border is met often; some logs forget.
  static ChannelsConfig Config(uint64_t seed) {
    ChannelsConfig config =
        TestConfig(seed % 3 == 0 ? store::Retention{.events = 20} : store::Retention{});
    config.limits.page_events = 1 + seed % 7;
    config.limits.max_queued_bytes = 20'000 + seed % 5 * 4'000;
    return config;
  }

  uint64_t Below(uint64_t n) { return random_.U64() % n; }
  Player& AnyPlayer() { return players_[Below(players_.size())]; }
  const std::string& AnyChannel() { return kChannels[Below(kChannels.size())]; }

  void Step() {
    interrupts_left_ = 2;
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        return Publish();
      case 3:
      case 4:
        world_.cores[Below(kCores)]->Poll();
        return;
      case 5:
        world_.journal->Crank();
        return;
      case 6:
      case 7: {
        Player& player = AnyPlayer();
        player.client->socket().Read(Below(12));
        return Check(player);
      }
      case 8:
        return Toggle(AnyPlayer(), AnyChannel());
      case 9:
        if (Below(4) == 0) Reconnect(AnyPlayer());
        return;
      case 10:
        AnyPlayer().client->socket().set_peer(Below(2) == 0 ? Peer::kWaits : Peer::kReadsAtOnce);
        return;
      default:
        if (Below(5) == 0) world_.channels->Tick();
    }
  }

  enum class Publishing { kNo, kYes };
  void Interrupt(Publishing publishing) {
    if (interrupts_left_ == 0 || Below(2) == 0) return;
    const int left = std::exchange(interrupts_left_, 0);  // not within itself
    if (publishing == Publishing::kYes) Publish();
    world_.journal->Crank();
    interrupts_left_ = left - 1;
  }

  void Publish() {
    const size_t size = Below(8) == 0 ? 6'000 : Below(300);
    base::Json body = {{"name", "e"}, {"data", std::string(size, 'x')}, {"channels", {"log-a"}}};
    if (Below(3) == 0) body["channels"] = {"log-b", "log-a", "news"};
    world_.Call("POST", "/events", "", base::DumpJson(body), {}, static_cast<int>(Below(kCores)));
  }

  void Subscribe(Player& player, const std::string& channel) {
    Record& record = player.records[channel];
    base::Json more = base::Json::object();
    if (record.started) {
      more["resume_after_id"] = base::FormatPosition(record.position);
      if (Below(2) == 0) more["on_gap"] = Below(2) == 0 ? "live" : "replay";
    } else if (Below(2) == 0) {
      more["resume_after_id"] = "0:0";
    }
    record.subscribed = true;
    record.confirmed = false;
    player.client->Subscribe(channel, std::move(more));
  }

  void Toggle(Player& player, const std::string& channel) {
    Record& record = player.records[channel];
    if (!record.subscribed) return Subscribe(player, channel);
    // What is on its way would be taken for the answer to the next subscription: read it first.
    player.client->Unsubscribe(channel);
    player.client->socket().Read();
    world_.cores[static_cast<size_t>(player.core)]->Poll();
    player.client->socket().Read();
    Check(player);
    record.subscribed = false;
  }

  void Reconnect(Player& player) {
    if (player.client) {
      player.client->socket().Vanish();
      player.client->Take();  // lost on the way
    }
    const auto answer = world_.Upgrade("/app/key?protocol=7", player.core);
    player.client = std::make_unique<Client>(std::make_unique<http::FakeWebSocket>(
        *world_.cores[static_cast<size_t>(player.core)], std::move(answer->listener)));
    for (auto& [channel, record] : player.records) {
      if (record.subscribed) Subscribe(player, channel);
    }
  }

  void Check(Player& player) {
    for (const Frame& frame : player.client->Take()) {
      if (frame.event == "pusher:connection_established") continue;
      ASSERT_TRUE(player.records.contains(frame.channel)) << Where() << frame.text;
      Record& record = player.records[frame.channel];
      ASSERT_TRUE(record.subscribed) << Where() << frame.text;
      if (frame.event == "pusher_internal:subscription_succeeded") {
        Confirm(record, frame);
      } else {
        ASSERT_EQ(frame.event, "e") << Where() << frame.text;
        ASSERT_TRUE(record.confirmed) << Where() << frame.text;
        ASSERT_EQ(frame.id->seq, record.position.seq + 1) << Where() << frame.channel;
        record.position = *frame.id;
        ++record.received;
        ++received;
      }
    }
    ASSERT_EQ(player.client->socket().close_code(), 0) << Where();
  }

  void Confirm(Record& record, const Frame& frame) {
    const base::Json resume = frame.data["resume"];
    const auto after = base::ParsePosition(resume["after_id"].get<std::string>());
    if (resume["ok"].get<bool>()) {
      ASSERT_FALSE(record.confirmed) << Where() << "a second one is for gaps";
      ASSERT_TRUE(!record.started || after->seq == record.position.seq) << Where();
    } else {
      ASSERT_EQ(seed_ % 3, 0u) << Where() << "no log forgets, so there is no gap";
      ASSERT_GT(after->seq, record.position.seq) << Where();
      ++gaps;
    }
    record.confirmed = true;
    record.started = true;
    record.position = *after;
  }

  // Everybody reads until nothing comes: then everybody who listens stands at the head.
  void Finish() {
    interrupts_left_ = 0;
    for (int quiet = 0; quiet < 3; ++quiet) {
      world_.Settle();
      world_.channels->Tick();
      const uint64_t before = received;
      for (Player& player : players_) {
        player.client->socket().Read();
        Check(player);
      }
      if (received != before) quiet = 0;
    }
    for (const Player& player : players_) {
      for (const auto& [channel, record] : player.records) {
        if (!record.subscribed) continue;
        const auto state = world_.store.State({"1", channel});
        const uint64_t head = *state ? (*state)->head : 0;
        EXPECT_TRUE(record.confirmed) << Where() << channel;
        EXPECT_EQ(record.position.seq, head) << Where() << channel;
      }
    }
  }

  std::string Where() const { return fmt::format("seed {}: ", seed_); }

  const uint64_t seed_;
  int interrupts_left_ = 0;
  CountingRandom random_;
  World world_;
  std::vector<Player> players_;
};

TEST(Schedule, LosesNothingDoublesNothingAndKeepsTheOrder) {
  uint64_t received = 0;
  uint64_t gaps = 0;
  uint64_t fell_back = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Schedule schedule(seed);
    schedule.Run(300);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    received += schedule.received;
    gaps += schedule.gaps;
    fell_back += schedule.fell_back();
  }
  // The schedules went where it hurts.
  EXPECT_GT(received, 10'000u);
  EXPECT_GT(gaps, 20u);
  EXPECT_GT(fell_back, 20u);
}

}  // namespace
}  // namespace offing::channels::testing
