#include "server/listeners.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "http/access_log.h"
#include "http/redirect.h"
#include "http/server.h"
#include "net/stream.h"

namespace offing::server {

namespace {

std::string HostOf(const net::ListenAddress& address) {
  if (address.host.empty()) return "0.0.0.0";
  return address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
}

}  // namespace

class Listeners::Impl {
 public:
  Impl(const Config& config, Deps deps) : config_(config), deps_(std::move(deps)) {}

  base::Result<void> Open() {
    auto address = net::ParseListenAddress(config_.listen);
    if (!address) return std::unexpected(address.error());
    if (auto opened = OpenAccessLog(); !opened) return opened;
    if (auto loaded = LoadTls(); !loaded) return loaded;
    http::ServerConfig http = config_.http;
    http.strict_transport = config_.tls.StrictTransport();
    server_ = std::make_unique<http::Server>(DepsWith(deps_.handler), std::move(http));
    const auto port = server_->Listen(*address, tls_.get());
    if (!port) return std::unexpected(port.error());
    port_ = *port;
    url_ = fmt::format("{}://{}:{}", tls_ ? "https" : "http", HostOf(*address), port_);
    return OpenRedirect();
  }

  void Look() {
    if (tls_) tls_->Refresh(net::TlsContext::When::kIfChanged);
  }

  void Reload() {
    if (tls_) tls_->Refresh(net::TlsContext::When::kNow);
    if (!access_log_) return;
    if (const auto reopened = access_log_->Reopen(); !reopened) {
      deps_.log.Error(reopened.error().detail + "; the file from before is written on");
    }
  }

  void StopAccepting() {
    server_->StopAccepting();
    if (redirect_server_) redirect_server_->StopAccepting();
  }

  void Drain(std::function<void()> done) {
    if (!redirect_server_) return server_->Drain(std::move(done));
    auto left = std::make_shared<std::atomic<int>>(2);
    const auto one = [left, done = std::move(done)] {
      if (--*left == 0) done();
    };
    server_->Drain(one);
    redirect_server_->Drain(one);
  }

  uint16_t port() const { return port_; }
  const std::string& url() const { return url_; }
  const std::string& redirects() const { return redirects_; }

 private:
  base::Result<void> OpenAccessLog() {
    if (config_.access_log.empty()) return {};
    auto log = http::AccessLog::Open(config_.access_log, config_.access_log_format);
    if (!log) return std::unexpected(log.error());
    access_log_ = std::move(*log);
    return {};
  }

  base::Result<void> LoadTls() {
    if (!config_.tls.on()) return {};
    auto tls = net::TlsContext::Load(config_.tls.ForNet(), {deps_.clock, deps_.log, deps_.metrics});
    if (!tls) return std::unexpected(tls.error());
    tls_ = std::move(*tls);
    return {};
  }

  base::Result<void> OpenRedirect() {
    if (config_.tls.redirect.empty()) return {};
    constexpr const char* kSetting = "[tls] redirect";
    auto address = net::ParseListenAddress(config_.tls.redirect, kSetting);
    if (!address) return std::unexpected(address.error());
    redirect_ = std::make_unique<http::Redirect>(deps_.handler,
                                                 config_.tls.port != 0 ? config_.tls.port : port_);
    redirect_server_ = std::make_unique<http::Server>(DepsWith(*redirect_), config_.http);
    const auto port = redirect_server_->Listen(*address);
    if (!port) return std::unexpected(port.error());
    redirects_ = fmt::format("{}:{}", HostOf(*address), *port);
    return {};
  }

  http::Server::Deps DepsWith(http::Handler& handler) const {
    return {deps_.cores, handler, deps_.clock, deps_.log, deps_.metrics, access_log_.get()};
  }

  const Config& config_;
  const Deps deps_;
  std::unique_ptr<http::AccessLog> access_log_;
  std::unique_ptr<net::TlsContext> tls_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Redirect> redirect_;
  std::unique_ptr<http::Server> redirect_server_;
  uint16_t port_ = 0;
  std::string url_;
  std::string redirects_;
};

Listeners::Listeners(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listeners::~Listeners() = default;

base::Result<std::unique_ptr<Listeners>> Listeners::Open(const Config& config, Deps deps) {
  auto impl = std::make_unique<Impl>(config, std::move(deps));
  if (auto opened = impl->Open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<Listeners>(new Listeners(std::move(impl)));
}

uint16_t Listeners::port() const {
  return impl_->port();
}
std::string Listeners::url() const {
  return impl_->url();
}
std::string Listeners::redirects() const {
  return impl_->redirects();
}
void Listeners::Look() {
  impl_->Look();
}
void Listeners::Reload() {
  impl_->Reload();
}
void Listeners::StopAccepting() {
  impl_->StopAccepting();
}
void Listeners::Drain(std::function<void()> done) {
  impl_->Drain(std::move(done));
}

}  // namespace offing::server
