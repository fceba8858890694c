#include "live/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "live/value.h"

namespace offing::live {

namespace {

using base::Position;
using base::Result;

constexpr uint64_t kPageEvents = 1'000;
constexpr uint64_t kPageBytes = 1 << 20;

Copy InitialCopy(const Resource& resource, Position position) {
  // The text was made by DumpValue, so it parses.
  return Copy{position, MakeValue(base::ParseJson(resource.initial).value())};
}

// The copy that `snapshot` holds, if folding can go on from it.
std::optional<Copy> FromSnapshot(const std::optional<store::Snapshot>& snapshot,
                                 const Resource& resource, const store::LogState& state) {
  if (!snapshot || snapshot->definition != resource.definition) return std::nullopt;
  const Position& position = snapshot->position;
  if (position.epoch != state.epoch || position.seq > state.head) return std::nullopt;
  if (position.seq + 1 < state.first) return std::nullopt;  // events between are gone
  auto json = base::ParseJson(snapshot->body);
  if (!json) return std::nullopt;
  return Copy{position, MakeValue(std::move(*json))};
}

}  // namespace

SharedDocument MakeDocument(const std::string& path, const Resource& resource,
                            const Position& position, std::string body) {
  const std::string_view definition = ShortDefinition(resource);
  return std::make_shared<const Document>(
      Document{path, position, fmt::format("\"{}-{}\"", base::FormatPosition(position), definition),
               std::string(definition), base::MakeShared(std::move(body))});
}

Documents::Documents(Deps deps, DocumentsConfig config)
    : deps_(deps),
      config_(std::move(config)),
      applied_(deps.metrics.AddCounter("offing_live_events_applied_total",
                                       "Events folded into live resources.")),
      no_effect_(deps.metrics.AddCounter(
          "offing_live_events_without_effect_total",
          "Events that could not be applied to a live resource and only moved its position.")),
      loaded_(deps.metrics.AddCounter("offing_live_documents_loaded_total",
                                      "Live resources read from their snapshots.")),
      refolded_(
          deps.metrics.AddCounter("offing_live_documents_refolded_total",
                                  "Live resources folded anew from the log: no usable snapshot.")),
      failed_(deps.metrics.AddCounter("offing_live_documents_failed_total",
                                      "Live resources that could not be read.")) {}

void Documents::Apply(const store::LogKey& log, base::Epoch epoch, const store::Event& event,
                      store::Reader& reader) {
  if (log.app != config_.app) return;
  for (const ResourceRef& ref : deps_.table.ForChannel(log.channel)) {
    if (broken_.contains(ref.path)) continue;
    Working* working = Touch(ref.path);
    if (working == nullptr) {
      auto read = Read(ref, reader);
      if (read) working = &Keep(std::move(*read));
    }
    touched_.insert(ref.path);
    const size_t before = working == nullptr ? 0 : working->copy.value.bytes;
    const Step step =
        working == nullptr ? Step::kGap : Fold(working->copy, ref.resource->rules, epoch, event);
    if (step == Step::kGap) {
      // What is shown must not stand still while the log goes on: it is loaded when asked for.
      broken_.insert(ref.path);
      Forget(ref.path);
      failed_.Add();
      deps_.log.Error(fmt::format("live resource {} cannot follow channel {}; it is read again",
                                  ref.path, log.channel));
      continue;
    }
    Count(step);
    bytes_ += working->copy.value.bytes - before;
    working->dirty = true;
  }
}

void Documents::Count(Step step) {
  if (step == Step::kApplied) applied_.Add();
  if (step == Step::kNoEffect) no_effect_.Add();
}

void Documents::Collect(store::Batch& batch) {
  for (const std::string& path : touched_) {
    const auto found = by_path_.find(path);
    if (found == by_path_.end() || !found->second->dirty) continue;
    collected_.push_back(Publish(*found->second, batch));
  }
}

SharedDocument Documents::Publish(const Working& working, store::Batch& batch) {
  SharedDocument document = MakeDocument(working.path, *working.resource, working.copy.position,
                                         DumpValue(working.copy.value.json));
  batch.snapshots.push_back({config_.app, working.path, working.copy.position,
                             working.resource->definition, *document->body});
  return document;
}

void Documents::OnCommitted() {
  for (const std::string& path : broken_) deps_.board.Drop(path);
  for (SharedDocument& document : collected_) {
    if (const auto found = by_path_.find(document->path); found != by_path_.end()) {
      found->second->dirty = false;
    }
    deps_.board.Put(std::move(document));
  }
  broken_.clear();
  touched_.clear();
  collected_.clear();
  Shrink();
}

void Documents::OnFailed() {
  for (const std::string& path : touched_) Forget(path);
  broken_.clear();
  touched_.clear();
  collected_.clear();
}

void Documents::OnRenewed() {
  DCHECK(touched_.empty(), "epochs are renewed between two commits");
  by_path_.clear();
  order_.clear();
  bytes_ = 0;
  deps_.board.Clear();
}

Result<SharedDocument> Documents::Load(const ResourceRef& ref, store::Reader& reader,
                                       store::Batch& batch) {
  if (const Working* working = Touch(ref.path)) {
    DCHECK(!working->dirty, "loading happens between two commits");
    auto document = MakeDocument(ref.path, *ref.resource, working->copy.position,
                                 DumpValue(working->copy.value.json));
    deps_.board.Put(document);
    return document;
  }
  auto read = Read(ref, reader);
  if (!read) {
    failed_.Add();
    return std::unexpected(read.error());
  }
  if (read->copy.position == Position{}) {
    return MakeDocument(ref.path, *ref.resource, Position{}, ref.resource->initial);
  }
  Working& working = Keep(std::move(*read));
  SharedDocument document;
  if (working.dirty) {
    // It is what committed events make of it, whether its snapshot gets to the disk or not.
    document = Publish(working, batch);
    working.dirty = false;
  } else {
    document = MakeDocument(ref.path, *ref.resource, working.copy.position,
                            DumpValue(working.copy.value.json));
  }
  deps_.board.Put(document);
  Shrink();
  return document;
}

// The copy as of what is committed; dirty if it is not what its snapshot says.
Result<Documents::Working> Documents::Read(const ResourceRef& ref, store::Reader& reader) {
  const store::LogKey log{config_.app, ref.channel};
  Working working{.path = ref.path, .resource = ref.resource};
  auto state = reader.State(log);
  if (!state) return std::unexpected(state.error());
  if (!*state || (*state)->head == 0) {
    working.copy = InitialCopy(*ref.resource, Position{});
    return working;
  }
  auto snapshot = reader.FindSnapshot(config_.app, ref.path);
  if (!snapshot) return std::unexpected(snapshot.error());
  auto copy = FromSnapshot(*snapshot, *ref.resource, **state);
  if (copy) {
    loaded_.Add();
    working.copy = std::move(*copy);
  } else {
    refolded_.Add();
    working.copy = InitialCopy(*ref.resource, Position{(*state)->epoch, (*state)->first - 1});
    working.dirty = true;
  }
  if (auto done = CatchUp(working, log, (*state)->head, reader); !done) {
    return std::unexpected(done.error());
  }
  return working;
}

Result<void> Documents::CatchUp(Working& working, const store::LogKey& log, uint64_t head,
                                store::Reader& reader) {
  Copy& copy = working.copy;
  while (copy.position.seq < head) {
    auto page = reader.After(log, copy.position.seq, kPageEvents, kPageBytes);
    if (!page) return std::unexpected(page.error());
    const uint64_t before = copy.position.seq;
    for (size_t i = 0; *page && i < (*page)->events.size(); ++i) {
      const Step step =
          Fold(copy, working.resource->rules, (*page)->state.epoch, (*page)->events[i]);
      if (step == Step::kGap) break;
      Count(step);
    }
    if (copy.position.seq == before) {
      return base::Fail(base::Code::kCorrupt,
                        fmt::format("log of channel {} has no event {}", log.channel, before + 1));
    }
    working.dirty = true;
  }
  return {};
}

Documents::Working* Documents::Touch(std::string_view path) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return &order_.front();
}

Documents::Working& Documents::Keep(Working working) {
  bytes_ += working.copy.value.bytes;
  order_.push_front(std::move(working));
  by_path_.emplace(order_.front().path, order_.begin());
  return order_.front();
}

void Documents::Forget(std::string_view path) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return;
  const Order::iterator at = found->second;
  bytes_ -= at->copy.value.bytes;
  by_path_.erase(found);
  order_.erase(at);
}

void Documents::Shrink() {
  for (auto at = order_.end(); at != order_.begin() && (order_.size() > config_.max_documents ||
                                                        bytes_ > config_.max_bytes);) {
    --at;
    if (at->dirty) continue;
    bytes_ -= at->copy.value.bytes;
    by_path_.erase(at->path);
    at = order_.erase(at);
  }
}

}  // namespace offing::live
