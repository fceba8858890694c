#include "server/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/authenticator.h"
#include "base/json.h"
#include "channels/channels.h"
#include "control/control.h"
#include "crypto/random.h"
#include "journal/journal.h"
#include "live/resources.h"
#include "net/core.h"
#include "net/stream.h"
#include "origin/proxy.h"
#include "outbox/guard.h"
#include "outbox/reports.h"
#include "server/apps.h"
#include "server/exposure.h"
#include "server/listeners.h"
#include "server/router.h"
#include "site/site.h"
#include "store/sqlite/sqlite_store.h"
#include "web/assets.h"

namespace offing::server {

namespace {

constexpr size_t kMaxResourceBytes = 4 << 20;
constexpr size_t kMaxLastRounds = 100;
constexpr auto kDrainLimit = std::chrono::seconds(10);

size_t CoreCount(const Config& config) {
  if (config.threads > 0) return static_cast<size_t>(config.threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

Origin OriginOf(const Config& config) {
  return config.proxy.origin.empty() ? Origin::kNone : Origin::kThere;
}

std::string WhatIsServed(const Config& config) {
  if (config.proxy.origin.empty()) return config.dir.empty() ? "no site" : config.dir;
  return config.dir.empty() ? config.proxy.origin
                            : fmt::format("{}, and {} behind it", config.dir, config.proxy.origin);
}

bool HasJsonPatch(const Config& config) {
  const auto is = [](const auto& rule) { return rule.second == "json-patch"; };
  return std::ranges::any_of(config.resources, [&is](const live::ResourceSettings& resource) {
    return std::ranges::any_of(resource.apply, is);
  });
}

ClientPublishes ClientPublishesOf(const Config& config) {
  const bool some = std::ranges::any_of(config.channels.rules, [](const auto& rule) {
    return rule.publish != channels::Publish::kNobody;
  });
  return some ? ClientPublishes::kYes : ClientPublishes::kNo;
}

// Where somebody says who asks, a request of nobody is not its writer's.
outbox::Users UsersOf(const Config& config) {
  const bool vouched = !config.auth.config.origin.empty() || !config.auth.token.empty();
  return vouched ? outbox::Users::kVouchedFor : outbox::Users::kUnknown;
}

// CONFIG without the precache list, which the site adds (spec/worker.md).
std::string WorkerConfigHead(const Config& config, const live::ResourceTable& resources) {
  base::Json head = WorkerMembers(config.worker, config.site.spa, OriginOf(config));
  head["version"] = OFFING_VERSION;
  head["app"] = config.channels.apps.front().key;
  head["maxBytes"] = kMaxResourceBytes;
  if (HasJsonPatch(config)) head["parts"].push_back("json-patch");
  if (!config.auth.token.empty()) head["token"] = config.auth.token;
  AddOutboxMembers(config.outbox, ClientPublishesOf(config), config.journal.key_age_ms, head);
  std::string text = base::DumpJson(head);
  text.pop_back();
  return text + ",\"resources\":" + resources.ConfigJson() + "}";
}

// What nobody claimed and no file can answer: channels refuses it in its own words
// (spec/errors.md).
bool IsForNoFile(const http::Request& request) {
  return request.wants_websocket ||
         (request.method == "POST" && request.path.starts_with("/apps/"));
}

std::string_view Asset(std::string_view name) {
  return web::FindAsset(name).value_or("");
}

// With the parts that CONFIG names.
site::WorkerParts Parts(const std::string& config_head) {
  site::WorkerParts parts{.classic = Asset("worker.js"),
                          .module = Asset("worker.mjs"),
                          .client = Asset("client.mjs"),
                          .safety = Asset("worker.safety.js"),
                          .scripts = {{"/_offing/update.js", Asset("update.mjs")}}};
  const auto head = base::ParseJson(config_head);
  const base::Json names = head ? head->value("parts", base::Json::array()) : base::Json::array();
  bool outbox = false;
  for (const std::string part : names) {
    parts.extras.push_back(Asset("worker." + part + ".js"));
    outbox |= part == "outbox";
  }
  parts.scripts.push_back({"/_offing/outbox.js", Asset("outbox.mjs"), outbox});
  parts.scripts.push_back({"/_offing/outbox-element.js", Asset("outbox-element.mjs"), outbox});
  return parts;
}

}  // namespace

class Server::Impl {
 public:
  Impl(Config config, const base::Clock& clock, const base::Log& log)
      : config_(std::move(config)), clock_(clock), log_(log) {}

  base::Result<void> Start() {
    if (auto listen = net::ParseListenAddress(config_.listen); !listen) {
      return std::unexpected(listen.error());
    }
    if (auto checked = CheckNothingPrivateIsServed(config_); !checked) return checked;
    if (auto opened = OpenStore(); !opened) return opened;
    if (auto chosen = ChooseApp(); !chosen) return chosen;
    auto table = CompileResources();
    if (!table) return std::unexpected(table.error());
    const std::string config_head = WorkerConfigHead(config_, *table);
    MakeCores();
    if (auto opened = OpenProxy(); !opened) return opened;
    if (auto opened = OpenAuth(); !opened) return opened;
    MakeJournalAndChannels();
    MakeControl();
    MakeResources(std::move(*table));
    MakeReports();
    if (auto opened = OpenSite(config_head); !opened) return opened;
    if (auto loaded = control_->Load(*store_); !loaded) return loaded;
    if (auto listening = Listen(); !listening) return listening;
    if (auto started = journal_->Start(); !started) return started;
    RunCores();
    router_.SetReadiness(Readiness::kReady);
    Announce();
    return {};
  }

  void Stop() {
    if (threads_.empty()) return;
    router_.SetReadiness(Readiness::kDraining);
    listeners_->StopAccepting();
    Await("connections", [this](std::function<void()> done) { channels_->Drain(std::move(done)); });
    if (proxy_) proxy_->Drain();
    Await("requests", [this](std::function<void()> done) { listeners_->Drain(std::move(done)); });
    journal_->Stop();
    if (site_) site_->Stop();
    for (const auto& core : cores_) core->Stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    auth_->Stop();
    RunLeftMail();
    channels_->Stop();
    if (proxy_) proxy_->Stop();
    RunLeftMail();  // of writes that the proxy has let go of
    listeners_.reset();
  }

  uint16_t port() const { return listeners_->port(); }
  void Look() { listeners_->Look(); }
  void Reload() { listeners_->Reload(); }

 private:
  // What was posted to a core behind its last round runs here: it may hold an exchange, which has
  // to end before its connection does.
  void RunLeftMail() {
    for (size_t round = 0, ran = 1; ran > 0 && round < kMaxLastRounds; ++round) {
      ran = 0;
      for (const auto& core : cores_) ran += core->Poll();
    }
  }

  base::Result<void> OpenStore() {
    auto store = store::OpenSqliteStore(config_.data);
    if (!store) return std::unexpected(store.error());
    store_ = std::move(*store);
    return {};
  }

  base::Result<void> ChooseApp() {
    if (!config_.channels.apps.empty()) return {};
    auto made = LoadOrMakeApp(config_.data, random_);
    if (!made) return std::unexpected(made.error());
    if (made->is_new) {
      log_.Info(fmt::format("no app is configured: made app {} with key {}, kept in {}/app",
                            made->app.id, made->app.key, config_.data));
    }
    config_.channels.apps.push_back(std::move(made->app));
    return {};
  }

  base::Result<live::ResourceTable> CompileResources() const {
    return live::ResourceTable::Make(
        config_.resources, kMaxResourceBytes,
        [this](std::string_view channel) {
          return config_.channels.RetentionOf(channel).has_value();
        },
        OriginOf(config_) == Origin::kThere ? live::ResourceTable::Origin::kThere
                                            : live::ResourceTable::Origin::kNone);
  }

  void MakeCores() {
    for (size_t i = 0; i < CoreCount(config_); ++i) {
      cores_.push_back(
          std::make_unique<net::Core>(static_cast<int>(i), net::Core::Deps{log_, metrics_}));
    }
  }

  std::vector<net::Core*> Cores() const {
    std::vector<net::Core*> cores;
    for (const auto& core : cores_) cores.push_back(core.get());
    return cores;
  }

  base::Result<void> OpenProxy() {
    if (OriginOf(config_) == Origin::kNone) return {};
    auto proxy = origin::Proxy::Open(config_.proxy, {Cores(), clock_, log_, metrics_});
    if (!proxy) return std::unexpected(proxy.error());
    proxy_ = std::move(*proxy);
    return {};
  }

  base::Result<void> OpenAuth() {
    auth::AuthConfig settings = config_.auth.config;
    settings.apps = config_.channels.apps;
    auth::Authenticator::Deps deps{clock_, log_, metrics_, {}};
    if (proxy_) {
      deps.ask = [this](net::Core& core, auth::Question question, origin::AskDone done) {
        proxy_->Ask(core, std::move(question.request), {question.max_bytes, question.time_ms},
                    std::move(done));
      };
    }
    auto opened = auth::Authenticator::Open(std::move(settings), std::move(deps));
    if (!opened) return std::unexpected(opened.error());
    auth_ = std::move(*opened);
    return {};
  }

  void MakeJournalAndChannels() {
    const auto retention_of = [this](const store::LogKey& log) {
      if (log.channel == outbox::kReportsLog) return std::optional(outbox::ReportsRetention());
      return config_.channels.RetentionOf(log.channel);
    };
    journal_ = std::make_unique<journal::Journal>(
        journal::Journal::Deps{*store_, clock_, random_, log_, metrics_, retention_of},
        config_.journal);
    channels_ = std::make_unique<channels::Channels>(
        channels::Channels::Deps{Cores(), journal_.get(), clock_, log_, metrics_, random_,
                                 auth_.get()},
        config_.channels);
    channels_->SetIdentify(
        [this](const http::Request& request, net::Core& core, auth::Authenticator::Done done) {
          auth_->Identify(request, core, std::move(done));
        });
    journal_->SetListener(channels_.get());
    router_.Add([this](const http::Request& request) { return channels_->Claims(request); },
                *channels_);
  }

  void MakeControl() {
    control_ = std::make_unique<control::Control>(
        control::Control::Deps{*journal_, log_, metrics_,
                               [this](control::Workers workers) {
                                 site_->SetKilled(workers == control::Workers::kKilled
                                                      ? site::Killed::kYes
                                                      : site::Killed::kNo);
                               },
                               [this](std::string frame, std::function<void(size_t)> done) {
                                 channels_->Tell(std::move(frame), std::move(done));
                               }},
        config_.channels.apps.front().id);
    channels_->AddCall("worker",
                       [this](std::string_view app, std::unique_ptr<http::Exchange> exchange) {
                         control_->Call(app, std::move(exchange));
                       });
    channels_->SetFirstFrame([this] { return control_->Greeting(); });
    router_.Add([this](const http::Request& request) { return control_->Claims(request); },
                *control_);
  }

  void MakeResources(live::ResourceTable table) {
    if (table.empty()) return;
    resources_ = std::make_unique<live::Resources>(
        std::move(table),
        live::Resources::Deps{*journal_, log_, metrics_,
                              [this](std::unique_ptr<http::Exchange> exchange,
                                     std::function<void(http::Response&)> amend) {
                                proxy_->Forward(std::move(exchange), {.amend = std::move(amend)});
                              },
                              auth_.get()},
        live::ResourcesConfig{.app = config_.channels.apps.front().id});
    journal_->AddProjection(resources_.get());
    router_.Add([this](const http::Request& request) { return resources_->Claims(request); },
                *resources_);
  }

  void MakeReports() {
    const std::string& app = config_.channels.apps.front().id;
    reports_ = std::make_unique<outbox::Reports>(
        outbox::Reports::Deps{*journal_, *auth_, clock_, metrics_}, outbox::ReportsConfig{app});
    channels_->AddCall("outbox",
                       [this](std::string_view of, std::unique_ptr<http::Exchange> exchange) {
                         reports_->Call(of, std::move(exchange));
                       });
    router_.Add([this](const http::Request& request) { return reports_->Claims(request); },
                *reports_);
  }

  // Behind everything that claims a path of its own, in front of what goes to the origin.
  void MakeGuard() {
    const auto forward = [this](std::unique_ptr<http::Exchange> exchange,
                                outbox::OriginOptions options) {
      const bool never = options.repeat == outbox::OriginOptions::Repeat::kNever;
      proxy_->Forward(std::move(exchange),
                      {.asked = std::move(options.asked),
                       .repeat = never ? origin::ForwardOptions::Repeat::kNever
                                       : origin::ForwardOptions::Repeat::kIfIdempotent});
    };
    guard_ = std::make_unique<outbox::Guard>(
        outbox::GuardDeps{*journal_, *auth_, *reports_, clock_, log_, metrics_, forward},
        outbox::GuardConfig{.app = config_.channels.apps.front().id,
                            .users = UsersOf(config_),
                            .rules = GuardRules(config_.outbox)});
    reports_->SetOutstanding([this](size_t most) { return guard_->ListOutstanding(most); });
    router_.Add([this](const http::Request& request) { return guard_->Claims(request); }, *guard_);
  }

  base::Result<void> OpenSite(const std::string& config_head) {
    site::SiteConfig settings;
    Apply(config_.site, settings);
    settings.needed = NeededFiles(config_.worker);
    for (auto& page : NeededFiles(config_.outbox)) settings.needed.push_back(std::move(page));
    settings.dir = config_.dir;
    settings.config_head = config_head;
    settings.claimed_elsewhere = [this](std::string_view path) {
      http::Request request;
      request.method = "GET";
      request.path = path;
      return resources_ && resources_->Claims(request);
    };
    settings.on_manifest_changed = [this](const std::string& digest) {
      control_->SetManifest(digest);
    };
    if (proxy_) {
      settings.fallback = proxy_.get();
      settings.ask_origin = [this](std::unique_ptr<http::Exchange> exchange,
                                   std::function<bool(const http::Response&)> declined,
                                   std::function<void(std::unique_ptr<http::Exchange>)> otherwise) {
        proxy_->Forward(std::move(exchange),
                        {.decline = std::move(declined), .otherwise = std::move(otherwise)});
      };
    }
    auto site = site::Site::Open(std::move(settings), {clock_, log_, metrics_, Parts(config_head)});
    if (!site) return std::unexpected(site.error());
    site_ = std::move(*site);
    control_->SetManifest(site_->ManifestDigest());
    if (proxy_) {
      router_.Add([this](const http::Request& request) { return proxy_->Claims(request); },
                  *proxy_);
      MakeGuard();
    } else {
      router_.Add(IsForNoFile, *channels_);
    }
    router_.Add([this](const http::Request& request) { return site_->Claims(request); }, *site_);
    return {};
  }

  base::Result<void> Listen() {
    auto listeners = Listeners::Open(config_, {Cores(), router_, clock_, log_, metrics_});
    if (!listeners) return std::unexpected(listeners.error());
    listeners_ = std::move(*listeners);
    return {};
  }

  void RunCores() {
    channels_->Start();
    for (const auto& core : cores_) {
      threads_.emplace_back([&core = *core] { core.Run(); });
    }
  }

  void Announce() const {
    const std::string redirects = listeners_->redirects();
    log_.Info(
        fmt::format("offing " OFFING_VERSION ": {}{} serves {}; data in {}; {}", listeners_->url(),
                    redirects.empty() ? "" : fmt::format(" (redirected to from {})", redirects),
                    WhatIsServed(config_), config_.data,
                    cores_.size() == 1 ? "1 core" : fmt::format("{} cores", cores_.size())));
  }

  // Starts something that calls back when it is over, and waits for it, within kDrainLimit.
  void Await(std::string_view what, const std::function<void(std::function<void()>)>& begin) {
    auto over = std::make_shared<std::promise<void>>();
    auto future = over->get_future();
    begin([over] { over->set_value(); });
    if (future.wait_for(kDrainLimit) != std::future_status::ready) {
      log_.Warning(
          fmt::format("draining: {} were still open after {} seconds", what, kDrainLimit.count()));
    }
  }

  // In the order in which they are made; destroyed in reverse.
  Config config_;
  const base::Clock& clock_;
  const base::Log& log_;
  base::Metrics metrics_;
  crypto::SystemRandom random_;
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<net::Core>> cores_;
  Router router_{metrics_};
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<origin::Proxy> proxy_;
  std::unique_ptr<auth::Authenticator> auth_;
  std::unique_ptr<channels::Channels> channels_;
  std::unique_ptr<control::Control> control_;
  std::unique_ptr<live::Resources> resources_;
  std::unique_ptr<outbox::Reports> reports_;
  std::unique_ptr<outbox::Guard> guard_;
  std::unique_ptr<site::Site> site_;
  std::unique_ptr<Listeners> listeners_;
  std::vector<std::thread> threads_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

base::Result<std::unique_ptr<Server>> Server::Start(const Config& config, const base::Clock& clock,
                                                    const base::Log& log) {
  auto impl = std::make_unique<Impl>(config, clock, log);
  if (auto started = impl->Start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
  Stop();
}

uint16_t Server::port() const {
  return impl_->port();
}

void Server::Look() {
  impl_->Look();
}

void Server::Reload() {
  impl_->Reload();
}

void Server::Stop() {
  impl_->Stop();
}

}  // namespace offing::server
