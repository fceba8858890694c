// The real threads: two cores that run, the journal's two, and a publisher on each core, against
// clients that come and go. For the thread sanitizer, and for the races that a crank never shows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <future>
#include <thread>

#include "channels/world.h"

namespace offing::channels::testing {
namespace {

constexpr uint64_t kEvents = 600;
constexpr int kClientsPerCore = 4;

// Lives on one core. Subscribes with its last position, breaks off after some events, comes back.
class Wanderer {
 public:
  Wanderer(Channels& channels, net::Core& core, uint64_t seed)
      : channels_(channels), core_(core), random_(seed) {}

  void Step() {
    if (!socket_) Connect();
    for (const std::string& text : socket_->TakeTexts()) Read(text);
    if (last_ < kEvents && random_.U64() % 64 == 0) socket_.reset();
  }
  bool done() const { return last_ == kEvents; }
  const std::string& fault() const { return fault_; }

 private:
  void Connect() {
    http::Request request = http::Get("/app/key?protocol=7");
    request.wants_websocket = true;
    const auto answer = http::Ask(channels_, core_, std::move(request));
    socket_ = std::make_unique<http::FakeWebSocket>(core_, std::move(answer->listener));
    const std::string after = last_ == 0 ? "0:0" : fmt::format("{}:{}", epoch_, last_);
    socket_->Receive(fmt::format(
        R"({{"event":"pusher:subscribe","data":{{"channel":"log-a","resume_after_id":"{}"}}}})",
        after));
  }

  void Read(const std::string& text) {
    const Frame frame = ParseFrame(text);
    if (frame.event == "pusher_internal:subscription_succeeded" &&
        !frame.data["resume"]["ok"].get<bool>()) {
      fault_ = text;
    }
    if (!frame.id) return;
    if (frame.id->seq != last_ + 1) fault_ = fmt::format("after {} came {}", last_, text);
    last_ = frame.id->seq;
    epoch_ = base::FormatEpoch(frame.id->epoch);
  }

  Channels& channels_;
  net::Core& core_;
  CountingRandom random_;
  std::unique_ptr<http::FakeWebSocket> socket_;
  uint64_t last_ = 0;
  std::string epoch_;
  std::string fault_;
};

// One core's share of the test, driven by a timer of that core.
class Side {
 public:
  Side(World& world, net::Core& core, std::string query)
      : channels_(*world.channels), core_(core), query_(std::move(query)) {
    for (int i = 0; i < kClientsPerCore; ++i) {
      wanderers_.emplace_back(channels_, core, static_cast<uint64_t>(core.index() * 100 + i));
    }
  }
  static std::string Body() { return R"({"name":"e","data":"x","channels":["log-a","news"]})"; }

  void Start() {
    core_.Post([this] { timer_ = core_.Every(1, [this] { Step(); }); });
  }
  void Stop() {
    core_.Post([this] {
      timer_.reset();
      wanderers_.clear();
      stopped_.set_value();
    });
    stopped_.get_future().wait();
  }
  std::future<std::string> Finished() { return finished_.get_future(); }

 private:
  void Step() {
    if (over_) return;
    for (int i = 0; i < 3 && published_ < kEvents / 2; ++i, ++published_) {
      http::Ask(channels_, core_,
                http::MakeRequest("POST", "/apps/1/events?" + query_, {}, Body()));
    }
    bool done = true;
    std::string fault;
    for (Wanderer& wanderer : wanderers_) {
      wanderer.Step();
      done = done && wanderer.done();
      if (!wanderer.fault().empty()) fault = wanderer.fault();
    }
    if (!done && fault.empty()) return;
    over_ = true;
    finished_.set_value(fault);
  }

  Channels& channels_;
  net::Core& core_;
  const std::string query_;
  std::deque<Wanderer> wanderers_;
  std::unique_ptr<net::Timer> timer_;
  uint64_t published_ = 0;
  bool over_ = false;
  std::promise<std::string> finished_;
  std::promise<void> stopped_;
};

TEST(Threads, LoseNothingAndDoubleNothing) {
  ChannelsConfig config = TestConfig();
  config.limits.page_events = 7;
  World world({.cores = 2}, config);
  ASSERT_TRUE(world.journal->Start().has_value());
  const std::string query =
      proto::SignApiCall(world.config.apps[0], {"POST", "/apps/1/events", "", Side::Body()},
                         world.clock.WallMs() / 1'000);
  std::vector<std::unique_ptr<Side>> sides;
  std::vector<std::thread> threads;
  for (const auto& core : world.cores) {
    sides.push_back(std::make_unique<Side>(world, *core, query));
    threads.emplace_back([&core] { core->Run(); });
  }
  for (const auto& side : sides) side->Start();
  for (const auto& side : sides) {
    std::future<std::string> finished = side->Finished();
    const auto status = finished.wait_for(std::chrono::seconds(100));
    EXPECT_EQ(status == std::future_status::ready ? finished.get() : "stuck", "");
  }
  for (const auto& side : sides) side->Stop();
  world.journal->Stop();
  for (const auto& core : world.cores) core->Stop();
  for (std::thread& thread : threads) thread.join();
  for (const auto& core : world.cores) core->Poll();  // from here on this thread is theirs
}

}  // namespace
}  // namespace offing::channels::testing
