#include "live/resources.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"
#include "http/held_exchange.h"
#include "http/problem.h"
#include "proto/byte_range.h"

namespace offing::live {

namespace {

// More than any log has: the page that follows is empty and says where the log stands.
constexpr uint64_t kBeyond = ~uint64_t{0};

http::Response Answer(const http::Request& request, const Document& document, Access access) {
  http::Response response;
  response.headers = {
      {"Content-Type", "application/json"},
      {"Offing-Position", base::FormatPosition(document.position)},
      {"Offing-Definition", document.definition},
      {"ETag", document.etag},
      {"Cache-Control", access == Access::kPrivate ? "private, no-cache" : "no-cache"},
      {"X-Content-Type-Options", "nosniff"},
  };
  if (access == Access::kPrivate) response.headers.emplace_back("Vary", "Authorization, Cookie");
  if (proto::EtagListed(request.Header("if-none-match"), document.etag)) {
    response.status = 304;
    response.headers.erase(response.headers.begin());
  } else {
    response.body = document.body;
  }
  return response;
}

// What keeps whoever asks from reading `channel`; nullopt: nothing.
std::optional<http::Response> RefusalOf(const base::Result<auth::Authenticator::Who>& who,
                                        const std::string& channel) {
  if (!who) return auth::Refusal(who.error());
  if (!*who) return auth::NobodyRefusal();
  if (auth::MatchesChannel((*who)->channels, channel)) return std::nullopt;
  return http::ProblemResponse(http::Problem::kNotAllowed,
                               fmt::format("this user's channels do not match {}", channel));
}

}  // namespace

Resources::Resources(ResourceTable table, Deps deps, ResourcesConfig config)
    : table_(std::move(table)),
      deps_(deps),
      config_(std::move(config)),
      board_(config_.max_documents, config_.max_bytes),
      documents_({table_, board_, deps.log, deps.metrics},
                 {config_.app, config_.max_documents, config_.max_bytes}),
      misses_(deps.metrics.AddCounter("offing_live_board_misses_total",
                                      "GETs of live resources that had to be loaded first.")),
      refused_(deps.metrics.AddCounter(
          "offing_live_loads_refused_total",
          "GETs of live resources refused because too many waited to be loaded.")),
      private_(deps.metrics.AddCounter(
          "offing_live_origin_private_total",
          "Answers of an origin that are for one user only, and so were not made live.")),
      unstated_(deps.metrics.AddCounter(
          "offing_live_origin_unstated_total",
          "Answers of an origin without the position that it promised, and so not live.")) {
  CHECK(deps_.auth != nullptr || !table_.has_private(), "somebody must say who asks");
}

bool Resources::Claims(const http::Request& request) const {
  const auto ref = table_.ForPath(request.path);
  if (!ref || ref->resource->from == From::kLog) return ref.has_value();
  return http::IsRead(request) && request.query.empty() && !request.wants_websocket;
}

void Resources::Handle(std::unique_ptr<http::Exchange> exchange) {
  const http::Request& request = exchange->request();
  if (!http::IsRead(request)) {
    exchange->Send(http::NotAllowed("GET, HEAD", "a live resource is only read"));
    return;
  }
  if (table_.has_private()) {
    auto ref = table_.ForPath(request.path);
    if (ref && ref->resource->access == Access::kPrivate) {
      return Authorise(std::move(exchange), std::move(*ref));
    }
  }
  Serve(std::move(exchange), Access::kPublic);
}

void Resources::Authorise(std::unique_ptr<http::Exchange> exchange, ResourceRef ref) {
  const http::Request& request = exchange->request();  // lives as long as the exchange
  net::Core& core = exchange->core();
  const http::HeldExchange held(std::move(exchange));
  deps_.auth->Identify(
      request, core,
      [this, held, channel = std::move(ref.channel)](base::Result<auth::Authenticator::Who> who) {
        held.Answer([this, channel, who = std::move(who)](std::unique_ptr<http::Exchange> waiting) {
          if (auto refusal = RefusalOf(who, channel)) return waiting->Send(std::move(*refusal));
          Serve(std::move(waiting), Access::kPrivate);
        });
      });
}

void Resources::Serve(std::unique_ptr<http::Exchange> exchange, Access access) {
  const http::Request& request = exchange->request();
  if (const SharedDocument document = board_.Find(request.path)) {
    exchange->Send(Answer(request, *document, access));
    return;
  }
  auto ref = table_.ForPath(request.path);
  if (!ref) {
    exchange->Send(http::ErrorResponse(404, "no such resource"));
    return;
  }
  if (ref->resource->from == From::kLog) return LoadAndAnswer(std::move(exchange), std::move(*ref));
  if (ref->resource->exactness == Exactness::kExact) {
    return AskOrigin(std::move(exchange), *ref->resource, std::nullopt);
  }
  AskFromHere(std::move(exchange), *ref);
}

// What is committed now is what the origin may be behind of at most: it is asked after that is
// known.
void Resources::AskFromHere(std::unique_ptr<http::Exchange> exchange, const ResourceRef& ref) {
  const http::HeldExchange held(std::move(exchange));
  deps_.journal.Read(
      {config_.app, ref.channel}, kBeyond, 1, 1,
      [this, held, resource = ref.resource](const base::Result<store::Page>& page) {
        std::optional<base::Position> before;
        if (page) before = base::Position{page->state.epoch, page->state.head};
        held.Answer([this, resource, before](std::unique_ptr<http::Exchange> waiting) {
          if (before) return AskOrigin(std::move(waiting), *resource, before);
          waiting->Send(http::Unavailable("the channel's log cannot be read now"));
        });
      });
}

void Resources::AskOrigin(std::unique_ptr<http::Exchange> exchange, const Resource& resource,
                          std::optional<base::Position> before) {
  deps_.to_origin(std::move(exchange), [this, &resource, before](http::Response& head) {
    Note(AmendOriginAnswer(head, resource, before), resource);
  });
}

void Resources::Note(OriginAnswer answer, const Resource& resource) {
  if (answer == OriginAnswer::kPrivate) {
    private_.Add();
    if (warned_private_.exchange(true)) return;
    deps_.log.Warning(fmt::format(
        "live resource {}: the origin says that its answer is for one user only (Cache-Control or "
        "Vary), so it is passed on and not live; what everybody may see should say no-cache",
        resource.path));
  } else if (answer == OriginAnswer::kUnstated) {
    unstated_.Add();
    if (warned_unstated_.exchange(true)) return;
    deps_.log.Warning(fmt::format(
        "live resource {}: exact = true, but the origin's answer has no Offing-Position: "
        "EPOCH:SEQ, so it is passed on and not live",
        resource.path));
  }
}

void Resources::LoadAndAnswer(std::unique_ptr<http::Exchange> exchange, ResourceRef ref) {
  misses_.Add();
  if (loads_->fetch_add(1) >= config_.max_loads) {
    loads_->fetch_sub(1);
    refused_.Add();
    exchange->Send(http::Unavailable("too many resources are being loaded"));
    return;
  }
  // Gives its place back when the load is over or dropped.
  std::shared_ptr<void> place(nullptr, [loads = loads_](void*) { loads->fetch_sub(1); });
  http::HeldExchange held(std::move(exchange));
  deps_.journal.Run(
      [this, held, place, ref = std::move(ref)](store::Reader& reader, store::Batch& batch) {
        auto loaded = documents_.Load(ref, reader, batch);
        if (!loaded) {
          deps_.log.Error(
              fmt::format("live resource {} cannot be read: {}", ref.path, loaded.error().detail));
        }
        held.Answer([document = loaded ? *loaded : nullptr,
                     access = ref.resource->access](std::unique_ptr<http::Exchange> waiting) {
          waiting->Send(document ? Answer(waiting->request(), *document, access)
                                 : http::Unavailable("the resource cannot be read now"));
        });
      });
}

void Resources::Apply(const journal::Committed& event, store::Reader& reader) {
  documents_.Apply(event.log, event.epoch, event.event, reader);
}

void Resources::Collect(store::Batch& batch) {
  documents_.Collect(batch);
}
void Resources::OnCommitted() {
  documents_.OnCommitted();
}
void Resources::OnFailed() {
  documents_.OnFailed();
}

void Resources::OnRenewed() {
  documents_.OnRenewed();
}

}  // namespace offing::live
