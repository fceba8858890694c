#include "origin/proxy.h"

#include <fmt/format.h>

#include <utility>

#include "origin/asking.h"
#include "origin/shard.h"

namespace offing::origin {

class Proxy::Impl {
 public:
  Impl(ProxyConfig config, OriginUrl url, Deps deps)
      : shared_{.config = config,
                .url = url,
                .forward = {config.host, url.authority, config.trusted},
                .clock = deps.clock,
                .host = net::HostName(url.host, url.port),
                .counters = Counters(deps.metrics)} {
    if (const auto found = shared_.host.Find(); !found) {
      deps.log.Warning(fmt::format("--origin {}: {}; it is looked up again and again",
                                   shared_.url.text, found.error().detail));
    }
    for (net::Core* core : deps.cores) shards_.push_back(std::make_shared<Shard>(*core, shared_));
  }

  void Forward(std::unique_ptr<http::Exchange> exchange, ForwardOptions options) {
    Shard& shard = *shards_[static_cast<size_t>(exchange->core().index())];
    shard.Forward(std::move(exchange), std::move(options));
  }

  void Ask(net::Core& core, http::Request request, AskLimits limits, AskDone done) {
    // None of them is left when the server stops, and then nobody is there to be answered.
    if (shards_.empty()) return;
    Shard& shard = *shards_[static_cast<size_t>(core.index())];
    shard.Ask(std::move(request), limits, std::move(done));
  }

  void Drain() {
    for (const auto& shard : shards_) {
      shard->core().Post([weak = std::weak_ptr(shard)] {
        if (const auto open = weak.lock()) open->Drain();
      });
    }
  }

  void Stop() { shards_.clear(); }

 private:
  Shared shared_;
  std::vector<std::shared_ptr<Shard>> shards_;
};

base::Result<std::unique_ptr<Proxy>> Proxy::Open(ProxyConfig config, Deps deps) {
  auto url = ParseOriginUrl(config.origin);
  if (!url) return std::unexpected(url.error());
  return std::unique_ptr<Proxy>(
      new Proxy(std::make_unique<Impl>(std::move(config), std::move(*url), std::move(deps))));
}

Proxy::Proxy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Proxy::~Proxy() = default;

bool Proxy::Claims(const http::Request& request) const {
  return request.wants_websocket || !WantedUpgrade(request).empty();
}

void Proxy::Handle(std::unique_ptr<http::Exchange> exchange) {
  impl_->Forward(std::move(exchange), {});
}

void Proxy::Forward(std::unique_ptr<http::Exchange> exchange, ForwardOptions options) {
  impl_->Forward(std::move(exchange), std::move(options));
}

void Proxy::Ask(net::Core& core, http::Request request, AskLimits limits, AskDone done) {
  impl_->Ask(core, std::move(request), limits, std::move(done));
}

void Proxy::Drain() {
  impl_->Drain();
}

void Proxy::Stop() {
  impl_->Stop();
}

}  // namespace offing::origin
