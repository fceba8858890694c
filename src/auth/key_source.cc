#include "auth/key_source.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "auth/fetch.h"

namespace offing::auth {

namespace {

using base::Code;
using base::Fail;

constexpr size_t kMaxWaiting = 1'000;

bool IsUrl(const std::string& text) {
  return text.contains("://");
}

base::Result<std::string> ReadFile(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return Fail(Code::kIo, "is a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in) return Fail(Code::kIo, std::strerror(errno));
  std::string text(proto::kMaxJwksBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

}  // namespace

base::Result<std::unique_ptr<KeySource>> KeySource::Open(const AuthConfig& config,
                                                         const Deps& deps) {
  auto source = std::unique_ptr<KeySource>(new KeySource(config, deps));
  if (IsUrl(config.jwks)) {
    if (!config.jwks.starts_with("https://")) {
      return Fail(Code::kInvalidArgument,
                  fmt::format("[auth] jwks = \"{}\": a file, or an https:// URL", config.jwks));
    }
    source->due_ = true;
  } else {
    auto keys = source->Read();
    if (!keys) {
      return Fail(keys.error().code, fmt::format("[auth] jwks = \"{}\": {}; name a file with a "
                                                 "set of keys (RFC 7517), or an https:// URL",
                                                 config.jwks, keys.error().detail));
    }
    source->Set(std::move(*keys));
  }
  source->thread_ = std::thread([raw = source.get()] { raw->Run(); });
  return source;
}

KeySource::KeySource(AuthConfig config, const Deps& deps)
    : config_(std::move(config)),
      deps_(deps),
      read_(deps_.metrics.AddCounter("offing_auth_jwks_read_total",
                                     "Times that the set of keys was read.")),
      failed_(deps_.metrics.AddCounter("offing_auth_jwks_failed_total",
                                       "Times that the set of keys could not be read.")),
      asked_ms_(deps_.clock.SteadyMs() - config_.jwks_least_ms) {}

KeySource::~KeySource() {
  Stop();
}

std::shared_ptr<const proto::Jwks> KeySource::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

bool KeySource::MayAsk() const {
  return due_ || reading_ || deps_.clock.SteadyMs() - asked_ms_ >= config_.jwks_least_ms;
}

bool KeySource::Refresh(std::function<void()> then) {
  const std::lock_guard lock(mutex_);
  if (stop_ || !MayAsk() || waiting_.size() >= kMaxWaiting) return false;
  if (!due_ && !reading_) {
    asked_ms_ = deps_.clock.SteadyMs();
    due_ = true;
    wake_.notify_one();
  }
  waiting_.push_back(std::move(then));
  return true;
}

void KeySource::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  std::vector<std::function<void()>> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(waiting_);
}

base::Result<proto::Jwks> KeySource::Read() const {
  const FetchOptions options{.ca_file = config_.jwks_ca,
                             .hosts = config_.jwks_hosts,
                             .max_bytes = proto::kMaxJwksBytes,
                             .time_ms = config_.jwks_time_ms};
  const auto text =
      IsUrl(config_.jwks) ? Fetch(config_.jwks, options, stop_) : ReadFile(config_.jwks);
  if (!text) return std::unexpected(text.error());
  return proto::Jwks::Parse(*text);
}

void KeySource::Set(proto::Jwks keys) {
  read_.Add();
  const std::lock_guard lock(mutex_);
  keys_ = std::make_shared<const proto::Jwks>(std::move(keys));
}

void KeySource::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, std::chrono::milliseconds(config_.jwks_refresh_ms),
                   [this] { return stop_ || due_; });
    if (stop_) return;
    due_ = false;
    reading_ = true;
    lock.unlock();
    ReadOnce();
    lock.lock();
    reading_ = false;
    const auto told = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto& then : told) then();
    lock.lock();
  }
}

void KeySource::ReadOnce() {
  auto keys = Read();
  if (keys) return Set(std::move(*keys));
  if (stop_) return;
  failed_.Add();
  deps_.log.Warning(fmt::format("[auth] jwks = \"{}\": {}; the keys stay as they were",
                                config_.jwks, keys.error().detail));
}

}  // namespace offing::auth
