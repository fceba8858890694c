#include "outbox/guarded_write.h"

#include <fmt/format.h>

#include <utility>

#include "crypto/digest.h"

namespace offing::outbox {

namespace {

constexpr int kBadGateway = 502;

// Of an entry of no lane there is no mark.
std::optional<journal::Entry> MarkOf(const http::WriteKey& key) {
  if (!key.entry || key.entry->lane.empty()) return std::nullopt;
  return journal::Entry{key.entry->client, key.entry->lane, key.entry->seq, key.entry->acked};
}

// The same method, target, type and body (spec/outbox.md).
std::string FingerprintOf(const http::Request& request) {
  crypto::Sha256Stream digest;
  digest.Update(request.method);
  digest.Update("\n");
  digest.Update(request.path);
  if (!request.query.empty()) digest.Update("?");
  digest.Update(request.query);
  digest.Update("\n");
  digest.Update(request.Header("content-type"));
  digest.Update("\n");
  digest.Update(request.body);
  return digest.FinishHex();
}

bool IsEndless(const http::Response& head) {
  return http::FindHeader(head.headers, "content-type").starts_with("text/event-stream");
}

}  // namespace

GuardedWrite::GuardedWrite(GuardShared& shared, std::unique_ptr<http::Exchange> exchange,
                           http::WriteKey key, const Rule* rule)
    : shared_(shared),
      exchange_(std::move(exchange)),
      core_(exchange_->core()),
      key_(std::move(key)),
      rule_(rule) {}

void GuardedWrite::Begin(GuardShared& shared, std::unique_ptr<http::Exchange> exchange,
                         http::WriteKey key, const Rule* rule) {
  net::Core& core = exchange->core();
  // What it holds may be touched on its own core only, wherever the last of its holders is.
  const auto bury = [&core](GuardedWrite* write) {
    std::shared_ptr<GuardedWrite> dead(write);
    if (!core.OnThisThread()) core.Post([dead = std::move(dead)] {});
  };
  const std::shared_ptr<GuardedWrite> write(
      new GuardedWrite(shared, std::move(exchange), std::move(key), rule), bury);
  write->Identify();
}

template <class Value>
std::function<void(Value)> GuardedWrite::OnCore(void (GuardedWrite::*step)(Value)) {
  return [self = shared_from_this(), step](Value value) {
    net::Core& core = self->core_;
    core.Post(
        [self, step, value = std::move(value)]() mutable { (*self.*step)(std::move(value)); });
  };
}

journal::Publication::Key GuardedWrite::StoreKey(std::optional<journal::Entry> entry) const {
  return {.app = shared_.config.app,
          .scope = scope_,
          .key = key_.key,
          .fingerprint = fingerprint_,
          .entry = std::move(entry)};
}

void GuardedWrite::Identify() {
  shared_.deps.authenticator.Identify(
      request(), core_, [self = shared_from_this()](base::Result<auth::Authenticator::Who> who) {
        self->OnWho(std::move(who));
      });
}

void GuardedWrite::OnWho(base::Result<auth::Authenticator::Who> who) {
  // A token of somebody else's is the origin's to judge.
  if (!who && who.error().code != base::Code::kUnsupported) {
    shared_.counters.refused.Add();
    return Answer(auth::Refusal(who.error()));
  }
  const bool known = who && *who;
  const std::string_view wrote = request().Header("offing-user");
  if (known && !wrote.empty() && wrote != (*who)->user_hash) {
    return Refuse(http::Problem::kOtherUser,
                  "this was written by another user than the one who asks",
                  shared_.counters.refused);
  }
  if (!known && !wrote.empty() && shared_.config.users == Users::kVouchedFor) {
    shared_.counters.refused.Add();
    return Answer(auth::NobodyRefusal());
  }
  if (known) user_ = (*who)->user;
  scope_ = http::ScopeOf(request(), key_, user_);
  fingerprint_ = FingerprintOf(request());
  TakeTurn();
}

void GuardedWrite::TakeTurn() {
  Errand errand{.scope = scope_,
                .key = key_.key,
                .method = request().method,
                .target = request().target,
                .at_ms = shared_.deps.clock.WallMs()};
  if (key_.entry) {
    errand.client = key_.entry->client;
    errand.lane = key_.entry->lane;
  }
  // The request is held twice: by its exchange, and by the call to the origin.
  switch (shared_.outstanding.Take(std::move(errand), 2 * request().body.size(), turn_)) {
    case Outstanding::Taken::kYes:
      break;
    case Outstanding::Taken::kUnderWay:
      under_way_ = true;  // it may be only the question for what is known
      break;
    case Outstanding::Taken::kFull:
      return Refuse(http::Problem::kFull, "too many writes are under way to the origin",
                    shared_.counters.full);
  }
  shared_.deps.journal.FindReply(StoreKey(MarkOf(key_)), OnCore(&GuardedWrite::OnFound));
}

void GuardedWrite::OnFound(base::Result<journal::Found> found) {
  if (!found) {
    return Refuse(http::Problem::kFull,
                  "what is remembered cannot be read now: " + found.error().detail,
                  shared_.counters.full);
  }
  if (found->reply) return OnKnown(*found->reply);
  if (under_way_) return RefuseUnderWay();
  const auto entry = MarkOf(key_);
  if (entry && entry->seq <= found->mark) {
    return Refuse(http::Problem::kDecided,
                  "the lane is past this entry: it was carried out or refused long ago, and what "
                  "was answered is forgotten",
                  shared_.counters.refused);
  }
  if (shared_.deps.journal.Full()) {
    return Refuse(http::Problem::kFull, "the storage for answers is full", shared_.counters.full);
  }
  if (holds()) return WriteDown();
  Forward();
}

void GuardedWrite::OnKnown(const journal::Remembered& known) {
  if (known.fingerprint != fingerprint_) {
    return Refuse(http::Problem::kKeyReused,
                  fmt::format("the key \"{}\" was used for another request; a new write needs a "
                              "new key",
                              key_.key),
                  shared_.counters.refused);
  }
  auto answer = ParseAnswer(known.receipt.answer);
  if (!answer) {
    shared_.deps.log.Error("outbox: what was answered to a key cannot be read back");
    return Refuse(http::Problem::kFull, "what was answered cannot be read back",
                  shared_.counters.full);
  }
  if (answer->kind != KeptAnswer::Kind::kHeld) {
    shared_.counters.replayed.Add();
    Present(answer->response, Status::kReplayed, for_entry());
    return Answer(std::move(answer->response));
  }
  if (under_way_) return RefuseUnderWay();
  written_down_ = true;
  if (request().Header("offing-decision") != "resend") return OnLost({});
  shared_.deps.reports.NoteSettled(user_, key_.key);
  Forward();
}

void GuardedWrite::RefuseUnderWay() {
  Refuse(http::Problem::kOutstanding,
         "a request with this key is under way; ask again with the same key",
         shared_.counters.under_way);
}

void GuardedWrite::WriteDown() {
  journal::Publication held;
  held.key = StoreKey({});  // the mark does not move before there is an outcome
  held.answer = EncodeHeld();
  shared_.deps.journal.Append(std::move(held), OnCore(&GuardedWrite::OnWrittenDown));
}

void GuardedWrite::OnWrittenDown(base::Result<journal::Receipt> done) {
  if (!done) {
    return Refuse(http::Problem::kFull,
                  "this cannot be written down before it is sent on: " + done.error().detail,
                  shared_.counters.full);
  }
  written_down_ = true;
  Forward();
}

void GuardedWrite::Forward() {
  shared_.counters.forwarded.Add();
  stage_ = Stage::kAsking;
  http::Request copy = request();
  std::erase_if(copy.headers, [](const auto& header) {
    return header.first == "offing-fingerprint" || header.first == "offing-decision";
  });
  copy.headers.emplace_back("offing-fingerprint", fingerprint_);
  auto call = std::make_unique<OriginCall>(std::move(copy), core_, shared_from_this());
  call_ = call.get();
  shared_.deps.forward(std::move(call), {.asked =
                                             [weak = weak_from_this()] {
                                               if (const auto self = weak.lock())
                                                 self->sent_ = true;
                                             },
                                         .repeat = holds() ? OriginOptions::Repeat::kNever
                                                           : OriginOptions::Repeat::kAsProxied});
}

void GuardedWrite::OnTrouble(http::Response said) {
  if (stage_ != Stage::kAsking) return;
  if (sent_) return OnLost(std::move(said));
  head_ = std::move(said);
  ended_ = true;
  if (auto* text = std::get_if<std::string>(&head_.body)) body_ = std::move(*text);
  Forget();
}

// The origin may have acted, and what it said did not come.
void GuardedWrite::OnLost(http::Response said) {
  if (call_ != nullptr) shared_.counters.lost.Add();
  if (!written_down_) return Answer(std::move(said));
  shared_.counters.held.Add();
  shared_.deps.reports.NoteUnknown({.scope = scope_,
                                    .key = key_.key,
                                    .method = request().method,
                                    .target = request().target,
                                    .client = key_.entry ? key_.entry->client : "",
                                    .lane = key_.entry ? key_.entry->lane : "",
                                    .at_ms = shared_.deps.clock.WallMs()},
                                   user_);
  Answer(http::ProblemResponse(
      http::Problem::kOutcomeUnknown,
      "an attempt may have reached the origin, and no answer came: look at the data, then send it "
      "again with Offing-Decision: resend, or discard it"));
}

void GuardedWrite::OnHead(http::Response head, std::optional<uint64_t> length) {
  head_ = std::move(head);
  length_ = length;
  DropOurHeaders(head_);
  if (!IsFinal(head_)) {
    shared_.counters.undecided.Add();
    return Forget();
  }
  const bool is_long = length_ && *length_ > shared_.config.max_answer_bytes;
  if (is_long || IsEndless(head_)) return Commit(KeptAnswer::Kind::kWithoutBody);
  stage_ = Stage::kCollecting;
}

void GuardedWrite::OnBytes(std::string_view bytes) {
  if (stage_ == Stage::kPassing) return writer_->Write(bytes);
  if (stage_ == Stage::kOver) return;
  body_ += bytes;
  if (stage_ != Stage::kCollecting) return;
  if (body_.size() > shared_.config.max_answer_bytes || !turn_.Hold(bytes.size())) {
    Commit(KeptAnswer::Kind::kWithoutBody);
  }
}

void GuardedWrite::OnEnd() {
  ended_ = true;
  if (stage_ == Stage::kCollecting) return Commit(KeptAnswer::Kind::kWhole);
  if (stage_ != Stage::kPassing) return;
  stage_ = Stage::kOver;
  writer_->End();
  exchange_.reset();
}

void GuardedWrite::OnBroken() {
  broken_ = true;
  if (stage_ == Stage::kAsking || stage_ == Stage::kCollecting) {
    body_.clear();
    return OnLost(http::ErrorResponse(kBadGateway, "the origin broke its answer off"));
  }
  if (stage_ != Stage::kPassing) return;
  stage_ = Stage::kOver;
  writer_->Abort();
  exchange_.reset();
}

void GuardedWrite::Forget() {
  if (!written_down_) return Pass(Status::kNone);
  stage_ = Stage::kSettling;
  journal::Publication gone;
  gone.key = StoreKey({});
  gone.remember = journal::Publication::Remember::kForget;
  shared_.deps.journal.Append(std::move(gone), OnCore(&GuardedWrite::OnForgotten));
}

void GuardedWrite::OnForgotten(base::Result<journal::Receipt> done) {
  if (!done) {
    shared_.deps.log.Error(
        "outbox: what was written down could not be forgotten, so it waits for "
        "a person: " +
        done.error().detail);
  }
  Pass(Status::kNone);
}

void GuardedWrite::Commit(KeptAnswer::Kind kind) {
  stage_ = Stage::kSettling;
  if (kind == KeptAnswer::Kind::kWithoutBody) shared_.counters.without_body.Add();
  journal::Publication kept;
  kept.key = StoreKey(MarkOf(key_));
  kept.answer = EncodeAnswer(kind, head_, body_);
  kept.remember = journal::Publication::Remember::kReplace;
  shared_.deps.journal.Append(std::move(kept), OnCore(&GuardedWrite::OnCommitted));
}

void GuardedWrite::OnCommitted(base::Result<journal::Receipt> done) {
  if (done) {
    shared_.counters.stored.Add();
    return Pass(Status::kStored);
  }
  shared_.counters.not_stored.Add();
  shared_.deps.log.Error("outbox: an answer of the origin could not be stored: " +
                         done.error().detail);
  Pass(Status::kNone);
}

void GuardedWrite::Pass(Status status) {
  Present(head_, status, for_entry());
  if (ended_) {
    head_.body = std::move(body_);
    return Answer(std::move(head_));
  }
  stage_ = Stage::kPassing;
  writer_ = &exchange_->Begin(std::move(head_), length_);
  exchange_->Listen(this);
  writer_->Write(std::exchange(body_, {}));
  if (broken_) {
    stage_ = Stage::kOver;
    writer_->Abort();
    exchange_.reset();
  } else if (call_ != nullptr) {
    call_->Drained();
  }
}

size_t GuardedWrite::queued_bytes() const {
  if (stage_ == Stage::kSettling) return body_.size();
  return stage_ == Stage::kPassing ? writer_->queued_bytes() : 0;
}

void GuardedWrite::AwaitDrained() {
  if (stage_ == Stage::kPassing) writer_->AwaitDrained();
}

void GuardedWrite::OnDrained() {
  if (call_ != nullptr) call_->Drained();
}

void GuardedWrite::OnGone() {
  const auto self = shared_from_this();  // the call may be the last to hold it
  stage_ = Stage::kOver;
  if (call_ != nullptr) call_->GiveUp();
  exchange_.reset();
}

void GuardedWrite::Refuse(http::Problem problem, std::string_view detail, base::Counter& counter) {
  counter.Add();
  Answer(http::ProblemResponse(problem, detail));
}

void GuardedWrite::Answer(http::Response response) {
  stage_ = Stage::kOver;
  turn_.Give();
  exchange_->Send(std::move(response));
  exchange_.reset();
}

}  // namespace offing::outbox
