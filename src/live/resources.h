// Resources: live resources as the server has them (spec/live-resources.md). On the journal's
// thread they are a projection: every event is folded into the documents that its channel feeds,
// and the documents' snapshots commit with the event. On the cores they answer GET from the
// committed documents, without the store and without waiting for the journal; a document that
// nobody has asked for lately is loaded by the journal's thread first.
//
//   GET /feed.json --> board --hit--> 200
//                        \--miss--> journal.Run(load) --> back on the core --> 200
//
// A resource of an origin (spec/live-resources.md, "From an origin") is neither folded nor kept
// here. Its GET and HEAD are sent on, and the answer says where the worker is to go on from:
//
//   GET /feed.json --> journal.Read(head of the channel) --> then the origin --> Offing-Position
//
// The order is what makes it safe: an event that is not in the origin's body comes after the
// position. Other methods and any query are not claimed and reach the origin as they are.
//
// A private resource (resource_config.h) is for a user whose `channels` match its channel: nobody
// gets 401, another user 403, before anything is looked up. Its answers are private, no-cache and
// vary by Authorization and Cookie.
//
// Limits (ResourcesConfig): documents and bytes on the board and among the working copies (the
// least recently used goes), GETs that wait for a load (beyond: 503, Retry-After, and a counter).
// Asking for paths of a pattern that were never written keeps nothing.
//
// Threading: Apply, Collect, OnCommitted, OnFailed, OnRenewed: storage thread (the journal's). The
// rest: any thread; Handle on the exchange's core.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "auth/authenticator.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/exchange.h"
#include "journal/journal.h"
#include "live/board.h"
#include "live/documents.h"
#include "live/origin_answer.h"
#include "live/resource_config.h"

namespace offing::live {

struct ResourcesConfig {
  std::string app;
  size_t max_documents = 1'000;  // on the board, and among the working copies
  size_t max_bytes = 64 << 20;   // of either
  size_t max_loads = 1'000;      // GETs that wait for the journal's thread
};

// Sends a request to the origin and its answer to whoever asked. `amend` sees the answer's head
// first; it is not called for what the origin did not answer. Called on the exchange's core.
using ToOrigin = std::function<void(std::unique_ptr<http::Exchange> exchange,
                                    std::function<void(http::Response& head)> amend)>;

class Resources final : public journal::Projection, public http::Handler {
 public:
  struct Deps {
    journal::Journal& journal;  // which has this as a projection
    const base::Log& log;
    base::Metrics& metrics;
    ToOrigin to_origin = nullptr;         // if the table has a resource of an origin
    auth::Authenticator* auth = nullptr;  // if it has a private one
  };
  Resources(ResourceTable table, Deps deps, ResourcesConfig config);
  Resources(const Resources&) = delete;
  Resources& operator=(const Resources&) = delete;

  // The request's path is one of a live resource, whatever the method; of an origin's resource GET
  // and HEAD without a query only.
  bool Claims(const http::Request& request) const;
  void Handle(std::unique_ptr<http::Exchange> exchange) override;

  void Apply(const journal::Committed& event, store::Reader& reader) override;
  void Collect(store::Batch& batch) override;
  void OnCommitted() override;
  void OnFailed() override;
  void OnRenewed() override;

  // The array `resources` of the worker's CONFIG (spec/worker.md).
  std::string ConfigJson() const { return table_.ConfigJson(); }

 private:
  void Authorise(std::unique_ptr<http::Exchange> exchange, ResourceRef ref);
  void Serve(std::unique_ptr<http::Exchange> exchange, Access access);
  void LoadAndAnswer(std::unique_ptr<http::Exchange> exchange, ResourceRef ref);
  void AskFromHere(std::unique_ptr<http::Exchange> exchange, const ResourceRef& ref);
  void AskOrigin(std::unique_ptr<http::Exchange> exchange, const Resource& resource,
                 std::optional<base::Position> before);
  void Note(OriginAnswer answer, const Resource& resource);

  const ResourceTable table_;
  const Deps deps_;
  const ResourcesConfig config_;
  Board board_;
  Documents documents_;
  // Shared with the loads under way.
  std::shared_ptr<std::atomic<size_t>> loads_ = std::make_shared<std::atomic<size_t>>(0);
  base::Counter& misses_;
  base::Counter& refused_;
  base::Counter& private_;
  base::Counter& unstated_;
  std::atomic<bool> warned_private_ = false;
  std::atomic<bool> warned_unstated_ = false;
};

}  // namespace offing::live
