#include "journal/journal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "base/check.h"
#include "journal/committer.h"
#include "journal/replies.h"

namespace offing::journal {
namespace {

// Called with the reader, or with why there is none.
using WaitingRead = std::function<void(base::Result<store::Reader*>)>;

size_t SizeOf(const Publication& publication) {
  size_t bytes = sizeof(Publication) + publication.answer.size();
  if (publication.key) bytes += publication.key->key.size() + publication.key->scope.size();
  for (const NewEvent& event : publication.events) {
    bytes += sizeof(NewEvent) + event.log.channel.size() + event.name.size() + event.data.size();
  }
  return bytes;
}

}  // namespace

class Journal::Impl {
 public:
  Impl(Deps deps, JournalConfig config)
      : store_(deps.store),
        clock_(deps.clock),
        config_(config),
        committer_(deps, config),
        refused_(deps.metrics.AddCounter("offing_journal_refused_total",
                                         "Publications refused because too many were waiting.")),
        reads_refused_(deps.metrics.AddCounter("offing_journal_reads_refused_total",
                                               "Reads refused because too many were waiting.")) {}

  Committer& committer() { return committer_; }
  base::Result<void> Start();
  void Stop();
  void Append(Publication publication, Done done);
  void Read(WaitingRead read);
  void Run(Task task);
  void Restored(std::string how);
  size_t Crank();
  int64_t OldestReplyMs() const { return clock_.WallMs() - config_.key_age_ms; }

 private:
  // Publications that follow one another, or one task.
  struct Portion {
    std::vector<Waiting> publications;
    Task task;
  };
  struct Item {
    std::variant<Waiting, Task> what;
    size_t bytes;
  };

  Portion Take();  // under mutex_
  void Work(Portion& portion);
  void CommitLoop();
  void ReadLoop();
  size_t CommitAll();

  store::Store& store_;
  const base::Clock& clock_;
  const JournalConfig config_;
  Committer committer_;
  base::Counter& refused_;
  base::Counter& reads_refused_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Item> queue_;
  size_t queued_bytes_ = 0;
  bool stopping_ = false;

  std::mutex read_mutex_;
  std::condition_variable read_work_;
  std::deque<WaitingRead> reads_;
  bool read_stopping_ = false;

  std::unique_ptr<store::Reader> reader_;
  bool started_ = false;
  std::thread commit_thread_;
  std::thread read_thread_;
};

base::Result<void> Journal::Impl::Start() {
  auto reader = store_.OpenReader();
  if (!reader) return std::unexpected(reader.error());
  reader_ = std::move(*reader);
  started_ = true;
  commit_thread_ = std::thread([this] { CommitLoop(); });
  read_thread_ = std::thread([this] { ReadLoop(); });
  return {};
}

void Journal::Impl::Stop() {
  {
    std::scoped_lock lock(mutex_, read_mutex_);
    stopping_ = true;
    read_stopping_ = true;
  }
  work_.notify_all();
  read_work_.notify_all();
  if (commit_thread_.joinable()) {
    commit_thread_.join();
    read_thread_.join();
  } else if (!started_) {
    Crank();
  }
}

void Journal::Impl::Append(Publication publication, Done done) {
  base::Error error;
  {
    std::lock_guard lock(mutex_);
    const size_t bytes = SizeOf(publication);
    if (stopping_) {
      error = {base::Code::kUnavailable, "the server is stopping"};
    } else if (queue_.size() >= config_.max_waiting ||
               (!queue_.empty() && queued_bytes_ + bytes > config_.max_waiting_bytes)) {
      refused_.Add();
      error = {base::Code::kTooMany, "too many publications are waiting for the disk"};
    } else {
      queue_.push_back({Waiting{std::move(publication), std::move(done)}, bytes});
      queued_bytes_ += bytes;
      if (queue_.size() == 1) work_.notify_one();
      return;
    }
  }
  done(std::unexpected(std::move(error)));
}

void Journal::Impl::Read(WaitingRead read) {
  base::Error error;
  {
    std::lock_guard lock(read_mutex_);
    if (read_stopping_) {
      error = {base::Code::kUnavailable, "the server is stopping"};
    } else if (reads_.size() >= config_.max_reads) {
      reads_refused_.Add();
      error = {base::Code::kTooMany, "too many readers are waiting for the disk"};
    } else {
      reads_.push_back(std::move(read));
      read_work_.notify_one();
      return;
    }
  }
  read(std::unexpected(std::move(error)));
}

void Journal::Impl::Run(Task task) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  queue_.push_back({std::move(task), 0});
  if (queue_.size() == 1) work_.notify_one();
}

void Journal::Impl::Restored(std::string how) {
  if (committer_.renewed()) return;
  Run([this, how = std::move(how)](store::Reader&, store::Batch&) { committer_.Renew(how); });
}

Journal::Impl::Portion Journal::Impl::Take() {
  Portion portion;
  while (!queue_.empty() && portion.publications.size() < config_.max_batch) {
    Item& item = queue_.front();
    if (auto* task = std::get_if<Task>(&item.what)) {
      if (!portion.publications.empty()) break;
      portion.task = std::move(*task);
      queue_.pop_front();
      break;
    }
    portion.publications.push_back(std::move(std::get<Waiting>(item.what)));
    queued_bytes_ -= item.bytes;
    queue_.pop_front();
  }
  return portion;
}

void Journal::Impl::Work(Portion& portion) {
  if (portion.task) {
    committer_.RunTask(portion.task);
  } else if (!portion.publications.empty()) {
    committer_.Commit(portion.publications);
  }
}

void Journal::Impl::CommitLoop() {
  for (;;) {
    const int64_t sweep_in_ms = committer_.Sweep();
    Portion portion;
    {
      std::unique_lock lock(mutex_);
      const auto due = std::chrono::milliseconds(sweep_in_ms);
      work_.wait_for(lock, due, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_ && queue_.empty()) return;
      portion = Take();
    }
    Work(portion);
  }
}

void Journal::Impl::ReadLoop() {
  for (;;) {
    std::unique_lock lock(read_mutex_);
    read_work_.wait(lock, [this] { return read_stopping_ || !reads_.empty(); });
    if (reads_.empty()) return;
    WaitingRead read = std::move(reads_.front());
    reads_.pop_front();
    lock.unlock();
    read(reader_.get());
  }
}

size_t Journal::Impl::CommitAll() {
  size_t committed = 0;
  for (;;) {
    Portion portion;
    {
      std::lock_guard lock(mutex_);
      if (queue_.empty()) return committed;
      portion = Take();
    }
    committed += portion.publications.size();
    Work(portion);
  }
}

size_t Journal::Impl::Crank() {
  CHECK(!commit_thread_.joinable(), "a journal is cranked or started, not both");
  size_t committed = 0;
  for (;;) {
    committed += CommitAll();
    std::deque<WaitingRead> reads;
    {
      std::lock_guard lock(read_mutex_);
      reads.swap(reads_);
    }
    if (reads.empty()) break;
    for (WaitingRead& read : reads) read(&store_);
  }
  while (committer_.Sweep() == 0) {
  }
  return committed;
}

Journal::Journal(Deps deps, JournalConfig config)
    : impl_(std::make_unique<Impl>(std::move(deps), config)) {}

Journal::~Journal() {
  Stop();
}

void Journal::AddProjection(Projection* projection) {
  impl_->committer().AddProjection(projection);
}

void Journal::SetListener(CommitListener* listener) {
  impl_->committer().SetListener(listener);
}

base::Result<void> Journal::Start() {
  return impl_->Start();
}

void Journal::Stop() {
  impl_->Stop();
}

void Journal::Append(Publication publication, Done done) {
  impl_->Append(std::move(publication), std::move(done));
}

void Journal::Read(store::LogKey log, uint64_t after, uint64_t max_events, uint64_t max_bytes,
                   PageDone done) {
  impl_->Read([log = std::move(log), after, max_events, max_bytes,
               done = std::move(done)](base::Result<store::Reader*> reader) {
    if (!reader) return done(std::unexpected(reader.error()));
    auto page = (*reader)->After(log, after, max_events, max_bytes);
    if (!page) return done(std::unexpected(page.error()));
    done(*page ? std::move(**page) : store::Page{});
  });
}

void Journal::FindReply(Publication::Key key, FoundDone done) {
  impl_->Read(
      [this, key = std::move(key), done = std::move(done)](base::Result<store::Reader*> reader) {
        if (!reader) return done(std::unexpected(reader.error()));
        done(Find(**reader, key, impl_->OldestReplyMs()));
      });
}

bool Journal::Full() const {
  return impl_->committer().keys().Full();
}

void Journal::Restored(std::string how) {
  impl_->Restored(std::move(how));
}

void Journal::Run(std::function<void(store::Reader&, store::Batch&)> task) {
  impl_->Run(std::move(task));
}

size_t Journal::Crank() {
  return impl_->Crank();
}

}  // namespace offing::journal
