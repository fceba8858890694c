#include "net/stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/open_stream.h"
#include "net/test_peer.h"
#include "net/tls.h"
#include "net/tls_test_pair.h"
#include "net/tls_test_peer.h"

namespace offing::net {
namespace {

class RecordingListener : public Stream::Listener {
 public:
  void OnBytes(std::span<char> bytes) override {
    received.append(bytes.data(), bytes.size());
    if (on_bytes) on_bytes();
  }
  void OnDrained() override { ++drained; }
  void OnClosed() override {
    ++closed;
    if (on_closed) on_closed();
  }
  std::string received;
  int drained = 0;
  int closed = 0;
  std::function<void()> on_bytes;
  std::function<void()> on_closed;
};

enum class Kind { kPlain, kTls };

// What net/stream.h promises, of every kind of stream.
class StreamTest : public testing::TestWithParam<Kind> {
 protected:
  StreamTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    EXPECT_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    fd_ = ends[0];
    stream_ = Open(core_, ends[0]);
    peer_ = PeerOf(core_, ends[1]);
    stream_->SetListener(&listener_);
    stream_->ResumeReading();
    Greet(core_, *peer_);
  }

  std::unique_ptr<Stream> Open(Core& core, int fd) {
    if (GetParam() == Kind::kPlain) return OpenStream(core, fd, "127.0.0.1");
    if (!tls_) tls_ = std::move(*TlsContext::Load(pair_.config(), {clock_, log_, metrics_}));
    return OpenTlsStream(core, fd, "127.0.0.1", *tls_);
  }
  std::unique_ptr<TestPeer> PeerOf(Core&, int fd) {
    if (GetParam() == Kind::kPlain) return std::make_unique<TestPeer>(fd);
    return std::make_unique<TlsTestPeer>(fd);
  }
  // The handshake, of those who have one.
  void Greet(Core& core, TestPeer& peer) {
    if (auto* tls = dynamic_cast<TlsTestPeer*>(&peer)) {
      EXPECT_TRUE(tls->Shake(core));
    }
    Settle(core);
    peer.Pump();
  }

  static int FileOf(const std::string& bytes) {
    const int fd = memfd_create("file", MFD_CLOEXEC);
    EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return fd;
  }
  static bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }
  // Reads all that comes until `size` bytes are there.
  bool Await(size_t size) {
    return CrankUntil(core_, [&] {
      peer_->Pump();
      return peer_->received().size() >= size;
    });
  }
  uint64_t SentBytes() { return metrics_.AddCounter("offing_net_sent_bytes_total", "").value(); }

  base::SystemClock clock_;
  base::Log log_{clock_, -1, base::LogLevel::kError};
  base::Metrics metrics_;
  const TestPair pair_;
  std::unique_ptr<TlsContext> tls_;
  Core core_{0, {log_, metrics_}};
  RecordingListener listener_;
  int fd_ = -1;  // the stream's
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<TestPeer> peer_;
};

TEST_P(StreamTest, HandsOverWhatThePeerSends) {
  peer_->Send("hello");
  Settle(core_);
  EXPECT_EQ(listener_.received, "hello");
  EXPECT_EQ(listener_.closed, 0);
}

TEST_P(StreamTest, ReadsMoreThanItsScratchBufferHolds) {
  const std::string big(1'000'000, 'x');
  EXPECT_TRUE(peer_->SendAll(core_, big));
  Settle(core_);
  EXPECT_EQ(listener_.received.size(), big.size());
}

TEST_P(StreamTest, ReadsNothingWhilePausedAndLosesNothing) {
  stream_->PauseReading();
  peer_->Send("hello");
  Settle(core_);
  EXPECT_EQ(listener_.received, "");
  stream_->ResumeReading();
  Settle(core_);
  EXPECT_EQ(listener_.received, "hello");
}

TEST_P(StreamTest, APauseWithinTheCallStopsTheReading) {
  listener_.on_bytes = [&] { stream_->PauseReading(); };
  peer_->Send(std::string(100'000, 'x'));
  Settle(core_);
  EXPECT_EQ(listener_.received.size(), core_.scratch().size());
}

TEST_P(StreamTest, SendsWhenTheRoundEndsNotBefore) {
  core_.Post([&] {
    stream_->Write(std::string("a"));
    stream_->Write(base::MakeShared("b"));
    peer_->Pump();
    EXPECT_EQ(peer_->received(), "");
    EXPECT_EQ(stream_->queued_bytes(), 2u);
  });
  core_.Post([&] { stream_->Write(std::string("c")); });
  Settle(core_);
  peer_->Pump();
  EXPECT_EQ(peer_->received(), "abc");
  EXPECT_EQ(stream_->queued_bytes(), 0u);
  EXPECT_EQ(SentBytes(), 3u);
  EXPECT_EQ(listener_.drained, 0) << "nothing was left over";
}

TEST_P(StreamTest, KeepsWhatASlowPeerDoesNotTakeAndSaysWhenItIsGone) {
  std::string sent;
  for (int i = 0; i < 2'000; ++i) {
    sent += std::string(1'000, static_cast<char>('a' + i % 26));
    stream_->Write(sent.substr(sent.size() - 1'000));
  }
  Settle(core_);
  EXPECT_GT(stream_->queued_bytes(), 1'000'000u);
  EXPECT_EQ(listener_.drained, 0);
  EXPECT_TRUE(Await(sent.size()));
  Settle(core_);
  EXPECT_EQ(peer_->received(), sent);
  EXPECT_EQ(stream_->queued_bytes(), 0u);
  EXPECT_EQ(listener_.drained, 1);
}

TEST_P(StreamTest, ManyStreamsShareOneBuffer) {
  const auto bytes = base::MakeShared(std::string(4'000'000, 'x'));
  stream_->Write(bytes);
  Settle(core_);
  EXPECT_EQ(bytes.use_count(), 2) << "queued without a copy";
  EXPECT_TRUE(Await(bytes->size()));
  Settle(core_);
  EXPECT_EQ(bytes.use_count(), 1);
}

TEST_P(StreamTest, SendsAPartOfAFileBetweenBytes) {
  std::string content;
  while (content.size() < 3'000'000) content += std::to_string(content.size());
  const int fd = FileOf(content);
  stream_->Write(std::string("head "));
  stream_->WriteFile(fd, 10, 2'000'000);
  stream_->Write(std::string(" tail"));
  EXPECT_EQ(stream_->queued_bytes(), 2'000'010u);
  EXPECT_TRUE(Await(2'000'010));
  EXPECT_EQ(peer_->received(), "head " + content.substr(10, 2'000'000) + " tail");
  EXPECT_FALSE(IsOpen(fd));
}

TEST_P(StreamTest, ABigFileLetsOthersHaveTheirTurn) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const int big = 200 << 20;
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big);
  ASSERT_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  const auto fast = Open(core_, ends[0]);
  const auto fast_peer = PeerOf(core_, ends[1]);
  fast->ResumeReading();
  Greet(core_, *fast_peer);
  const int fd = memfd_create("file", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, 64 << 20), 0);
  size_t left_at_turn = 0;
  core_.Post([&] {
    fast->WriteFile(fd, 0, 64 << 20);
    core_.Defer([&] { core_.Post([&] { left_at_turn = fast->queued_bytes(); }); });
  });
  EXPECT_TRUE(CrankUntil(core_, [&] { return left_at_turn > 0; }));
  EXPECT_GT(left_at_turn, 32u << 20);
}

TEST_P(StreamTest, AFileThatIsShorterThanWasSaidBreaksTheConnection) {
  const int fd = FileOf("short");
  stream_->WriteFile(fd, 0, 100);
  EXPECT_TRUE(CrankUntil(core_, [&] { return listener_.closed == 1; }));
  EXPECT_FALSE(IsOpen(fd));
  EXPECT_TRUE(peer_->AwaitEnd(core_));
  EXPECT_EQ(peer_->received(), "short");
}

TEST_P(StreamTest, FilesAreClosedWhenTheStreamIsDestroyedOrClosedAlready) {
  const int queued = FileOf("queued");
  const int late = FileOf("late");
  const int empty = FileOf("");
  stream_->WriteFile(empty, 0, 0);
  EXPECT_FALSE(IsOpen(empty));
  stream_->WriteFile(queued, 0, 6);
  stream_->Abort();
  EXPECT_FALSE(IsOpen(queued));
  stream_->WriteFile(late, 0, 4);
  EXPECT_FALSE(IsOpen(late));
}

TEST_P(StreamTest, TellsOfThePeersEndOnce) {
  peer_->Send("bye");
  peer_->Close();
  Settle(core_);
  EXPECT_EQ(listener_.received, "bye");
  EXPECT_EQ(listener_.closed, 1);
  stream_->Write(std::string("into the void"));
  Settle(core_);
  EXPECT_EQ(listener_.closed, 1);
}

TEST_P(StreamTest, APeerThatOnlyStopsSendingStillGetsWhatIsQueued) {
  const std::string big(3'000'000, 'x');
  stream_->Write(big);
  Settle(core_);
  peer_->HalfClose();
  Settle(core_);
  EXPECT_EQ(listener_.closed, 0);
  EXPECT_TRUE(Await(big.size()));
  EXPECT_TRUE(CrankUntil(core_, [&] { return listener_.closed == 1; }));
}

TEST_P(StreamTest, TellsThatTheConnectionBrokeWhileWriting) {
  stream_->Write(std::string(3'000'000, 'x'));
  Settle(core_);
  peer_->Close();
  EXPECT_TRUE(CrankUntil(core_, [&] { return listener_.closed == 1; }));
  EXPECT_EQ(stream_->queued_bytes(), 0u);
}

TEST_P(StreamTest, CloseSendsWhatIsQueuedEvenIfTheStreamIsDestroyedMeanwhile) {
  const std::string big(3'000'000, 'x');
  stream_->Write(big);
  stream_->Close(60'000);
  stream_->Write(std::string("too late"));
  stream_.reset();
  EXPECT_TRUE(peer_->AwaitEnd(core_));
  EXPECT_EQ(peer_->received().size(), big.size());
  EXPECT_FALSE(peer_->reset());
  EXPECT_EQ(listener_.closed, 0) << "who closes is not told";
}

TEST_P(StreamTest, AfterCloseThePeersBytesAreThrownAwaySoThatItReadsTheAnswer) {
  stream_->Write(std::string("answer"));
  stream_->Close(60'000);
  peer_->Send(std::string(100'000, 'x'));
  EXPECT_TRUE(peer_->AwaitEnd(core_));
  EXPECT_EQ(peer_->received(), "answer");
  EXPECT_FALSE(peer_->reset());
  EXPECT_EQ(listener_.received, "");
}

TEST_P(StreamTest, CloseGivesUpOnAPeerThatTakesNothing) {
  stream_->Write(std::string(3'000'000, 'x'));
  stream_->Close(1);
  stream_.reset();
  EXPECT_TRUE(CrankUntil(core_, [&] { return !IsOpen(fd_); }));
  EXPECT_TRUE(peer_->AwaitEnd(core_));
  EXPECT_LT(peer_->received().size(), 3'000'000u);
}

TEST_P(StreamTest, DestroyingAnOpenStreamEndsIt) {
  stream_->Write(std::string("never sent"));
  stream_.reset();
  Settle(core_);
  EXPECT_TRUE(peer_->AwaitEnd(core_));
  EXPECT_EQ(peer_->received(), "");
}

TEST_P(StreamTest, TheOwnerMayDestroyItFromAnyCall) {
  listener_.on_bytes = [&] { stream_.reset(); };
  peer_->Send(std::string(200'000, 'x'));
  Settle(core_);
  EXPECT_EQ(stream_, nullptr);
  EXPECT_EQ(listener_.received.size(), core_.scratch().size());
  EXPECT_EQ(listener_.closed, 0);
}

TEST_P(StreamTest, TheOwnerMayDestroyItWhenItHearsOfTheEnd) {
  listener_.on_closed = [&] { stream_.reset(); };
  peer_->Close();
  Settle(core_);
  EXPECT_EQ(stream_, nullptr);
  EXPECT_EQ(listener_.closed, 1);
}

TEST_P(StreamTest, OutlivesNeitherItsCoreNorItsWaits) {
  const int fd = FileOf("x");
  auto core = std::make_unique<Core>(1, Core::Deps{log_, metrics_});
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  auto closing = Open(*core, ends[0]);
  const auto peer = PeerOf(*core, ends[1]);
  closing->ResumeReading();
  Greet(*core, *peer);
  closing->Write(std::string(3'000'000, 'x'));
  closing->WriteFile(fd, 0, 1);
  closing->Close(60'000);
  closing.reset();
  core->Poll();
  core.reset();
  EXPECT_FALSE(IsOpen(fd));
  EXPECT_FALSE(IsOpen(ends[0]));
}

INSTANTIATE_TEST_SUITE_P(Kinds, StreamTest, testing::Values(Kind::kPlain, Kind::kTls),
                         [](const testing::TestParamInfo<Kind>& kind) {
                           return kind.param == Kind::kPlain ? "Plain" : "Tls";
                         });

}  // namespace
}  // namespace offing::net
