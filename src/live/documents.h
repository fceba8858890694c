// Documents: the working copies of live resources, on the journal thread. Events are folded into
// them as they are appended; what changed becomes a snapshot in the same batch, and a Document for
// everybody once the batch is on disk.
//
// A copy is loaded when its channel is first touched: from its snapshot if the same rules made it,
// and by folding what the log has after it; else anew from the oldest event that is kept.
//
// Limits: copies and bytes held between commits; beyond either the least recently used goes and is
// loaded again when it is needed.
//
// Threading: storage thread (the journal's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "live/board.h"
#include "live/fold.h"
#include "live/resource_config.h"
#include "store/store.h"

namespace offing::live {

struct DocumentsConfig {
  std::string app;  // whose channels feed the resources
  size_t max_documents = 1'000;
  size_t max_bytes = 64 << 20;
};

class Documents {
 public:
  struct Deps {
    const ResourceTable& table;
    Board& board;
    const base::Log& log;
    base::Metrics& metrics;
  };
  Documents(Deps deps, DocumentsConfig config);

  // The journal's projection (journal/journal.h).
  void Apply(const store::LogKey& log, base::Epoch epoch, const store::Event& event,
             store::Reader& reader);
  void Collect(store::Batch& batch);
  void OnCommitted();
  void OnFailed();
  void OnRenewed();

  // The committed document, for a path that the board does not have; between two commits only. A
  // resource whose channel was never written is answered with its initial value at 0:0, and nothing
  // is kept. A document that had to be folded adds its snapshot to `batch`.
  base::Result<SharedDocument> Load(const ResourceRef& ref, store::Reader& reader,
                                    store::Batch& batch);

 private:
  struct Working {
    std::string path;
    const Resource* resource = nullptr;
    Copy copy;
    bool dirty = false;  // changed, and not in a committed batch
  };
  using Order = std::list<Working>;  // the most recently used first

  base::Result<Working> Read(const ResourceRef& ref, store::Reader& reader);
  base::Result<void> CatchUp(Working& working, const store::LogKey& log, uint64_t head,
                             store::Reader& reader);
  void Count(Step step);
  Working* Touch(std::string_view path);
  Working& Keep(Working working);
  void Forget(std::string_view path);
  void Shrink();
  SharedDocument Publish(const Working& working, store::Batch& batch);

  const Deps deps_;
  const DocumentsConfig config_;
  Order order_;
  std::unordered_map<std::string_view, Order::iterator> by_path_;  // keys live in the copies
  size_t bytes_ = 0;                                               // of the copies' texts
  std::set<std::string, std::less<>> touched_;                     // since the last commit
  std::set<std::string, std::less<>> broken_;  // could not be loaded: not what the log says
  std::vector<SharedDocument> collected_;      // shown once the batch is on disk
  base::Counter& applied_;
  base::Counter& no_effect_;
  base::Counter& loaded_;
  base::Counter& refolded_;
  base::Counter& failed_;
};

// The document of a copy.
SharedDocument MakeDocument(const std::string& path, const Resource& resource,
                            const base::Position& position, std::string body);

}  // namespace offing::live
