#include "journal/keys.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "journal/replies.h"

namespace offing::journal {
namespace {

base::Error ConflictOf(const std::string& key) {
  return {base::Code::kConflict, "the Idempotency-Key " + key +
                                     " was used for another request; a key belongs to one request"};
}

store::ReplyName NameOf(const Publication::Key& key) {
  return {key.app, key.scope, key.key};
}

void SetGauge(base::Counter& gauge, uint64_t value) {
  gauge.Add(value - gauge.value());
}

}  // namespace

Keys::Keys(store::Store& store, const JournalConfig& config, base::Metrics& metrics)
    : store_(store),
      config_(config),
      answers_(metrics.AddGauge("offing_outbox_answers", "Answers remembered for their keys.")),
      answer_bytes_(metrics.AddGauge("offing_outbox_answer_bytes",
                                     "Bytes of the answers remembered for their keys.")),
      mark_count_(metrics.AddGauge("offing_outbox_marks", "Lanes whose mark is kept.")),
      replayed_(metrics.AddCounter("offing_outbox_replayed_total",
                                   "Writes answered from memory: their key was known.")),
      decided_(metrics.AddCounter("offing_outbox_decided_total",
                                  "Writes refused because their lane is past them.")),
      full_(metrics.AddCounter("offing_outbox_full_total",
                               "Writes refused because too many answers are remembered.")),
      marks_dropped_(metrics.AddCounter("offing_outbox_marks_dropped_total",
                                        "Marks dropped because there were too many.")) {
  OnCommitted({});
}

void Keys::Begin(int64_t now_ms) {
  now_ms_ = now_ms;
  refused_ = false;
  replies_.clear();
  marks_.clear();
  added_replies_ = added_bytes_ = added_marks_ = 0;
}

bool Keys::IsAhead(const Publication& publication) {
  if (!publication.key || !publication.key->entry || publication.key->entry->acked == 0) {
    return false;
  }
  const auto mark = FindMark(*publication.key);
  return mark && *mark > 0 && publication.key->entry->acked > *mark;
}

base::Result<std::optional<Receipt>> Keys::Check(const Publication& publication) {
  const Publication::Key& key = *publication.key;
  if (publication.remember != Publication::Remember::kOnce) {
    // The mark has to be known before it is moved.
    const auto mark = FindMark(key);
    if (!mark) return std::unexpected(mark.error());
    return std::nullopt;
  }
  auto known = FindReply(key);
  if (!known) return std::unexpected(known.error());
  if (*known) {
    if ((*known)->fingerprint != key.fingerprint) return std::unexpected(ConflictOf(key.key));
    replayed_.Add();
    Receipt again = std::move((*known)->receipt);
    again.replayed = true;
    return again;
  }
  const auto mark = FindMark(key);
  if (!mark) return std::unexpected(mark.error());
  if (key.entry && key.entry->seq <= *mark) {
    decided_.Add();
    return base::Fail(base::Code::kGone,
                      "the lane is past this entry: it was carried out long "
                      "ago, and what was answered is forgotten");
  }
  if (!HasRoomFor(publication)) {
    refused_ = true;
    full_.Add();
    return base::Fail(base::Code::kTooMany, "the storage for answers is full");
  }
  return std::nullopt;
}

void Keys::Remember(store::Batch& batch, const Publication& publication, const Receipt& receipt) {
  const Publication::Key& key = *publication.key;
  if (publication.remember == Publication::Remember::kForget) {
    std::erase_if(batch.replies, [&](const store::Reply& reply) {
      return reply.app == key.app && reply.scope == key.scope && reply.key == key.key;
    });
    batch.forgotten.push_back(NameOf(key));
    replies_[NameOf(key)] = std::nullopt;
    return;
  }
  batch.replies.push_back(
      {key.app, key.scope, key.key, key.fingerprint, now_ms_, EncodeReceipt(receipt)});
  added_replies_ += 1;
  added_bytes_ += store::SizeOf(batch.replies.back());
  replies_[NameOf(key)] = Remembered{key.fingerprint, now_ms_, receipt};
  if (!key.entry) return;
  const auto mark = FindMark(key);
  CHECK(mark, "a mark that was checked is known");
  if (*mark == 0) added_marks_ += 1;
  marks_[LaneOf(key)] = std::max(*mark, key.entry->seq);
  batch.marks.push_back(
      {key.app, key.scope, key.entry->client, key.entry->lane, key.entry->seq, now_ms_});
}

void Keys::Finish(store::Batch& batch) {
  const uint64_t marks = store_.Totals().marks + added_marks_;
  if (added_marks_ > 0 && marks > config_.max_marks) {
    batch.drop_oldest_marks = marks - config_.max_marks;
  }
}

void Keys::OnCommitted(const store::Batch& batch) {
  marks_dropped_.Add(batch.drop_oldest_marks);
  const store::Totals totals = store_.Totals();
  SetGauge(answers_, totals.replies);
  SetGauge(answer_bytes_, totals.reply_bytes);
  SetGauge(mark_count_, totals.marks);
}

void Keys::DropOld(store::Batch& batch) const {
  batch.drop_replies_before_ms = now_ms_ - config_.key_age_ms;
}

void Keys::DropOldMarks(store::Batch& batch) const {
  batch.drop_marks_before_ms = now_ms_ - config_.mark_age_ms;
}

bool Keys::Full() const {
  return answers_.value() >= config_.max_answers ||
         answer_bytes_.value() >= config_.max_answer_bytes;
}

bool Keys::HasRoomFor(const Publication& publication) const {
  const Publication::Key& key = *publication.key;
  const uint64_t size = key.app.size() + key.scope.size() + key.key.size() +
                        key.fingerprint.size() + publication.answer.size();
  const store::Totals totals = store_.Totals();
  return totals.replies + added_replies_ < config_.max_answers &&
         totals.reply_bytes + added_bytes_ + size <= config_.max_answer_bytes;
}

Keys::Lane Keys::LaneOf(const Publication::Key& key) {
  return {key.app, key.scope, key.entry->client, key.entry->lane};
}

base::Result<std::optional<Remembered>> Keys::FindReply(const Publication::Key& key) const {
  if (const auto it = replies_.find(NameOf(key)); it != replies_.end()) return it->second;
  return FindRemembered(store_, NameOf(key), now_ms_ - config_.key_age_ms);
}

base::Result<uint64_t> Keys::FindMark(const Publication::Key& key) {
  if (!key.entry) return 0;
  if (const auto it = marks_.find(LaneOf(key)); it != marks_.end()) return it->second;
  auto mark = store_.FindMark(key.app, key.scope, key.entry->client, key.entry->lane);
  if (!mark) return std::unexpected(mark.error());
  const uint64_t seq = *mark ? (*mark)->seq : 0;
  marks_.emplace(LaneOf(key), seq);
  return seq;
}

}  // namespace offing::journal
