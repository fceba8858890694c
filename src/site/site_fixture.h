// SiteTest: a site over a folder of its own, asked without a connection; and LogPipe, a log that
// can be read back.
//
// Threading: tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "http/fake_exchange.h"
#include "site/site.h"
#include "site/temp_folder.h"

namespace offing::site {

// A log into a pipe, to be read back.
class LogPipe {
 public:
  LogPipe() { CHECK(pipe2(ends_, O_NONBLOCK) == 0, "a pipe can be made"); }
  ~LogPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  LogPipe(const LogPipe&) = delete;
  LogPipe& operator=(const LogPipe&) = delete;
  int fd() const { return ends_[1]; }
  std::string Text() {
    std::string text(1 << 16, '\0');
    const ssize_t got = read(ends_[0], text.data(), text.size());
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }

 private:
  int ends_[2];
};

inline std::string EtagOf(const std::string& bytes) {
  return "\"" + crypto::Sha256Hex(bytes).substr(0, 32) + "\"";
}

class SiteTest : public testing::Test {
 protected:
  SiteTest() {
    temp_.Write("index.html", "<h1>home");
    temp_.Write("app.js", "let a;");
    temp_.Write("data.bin", "0123456789");
    temp_.Write("empty.txt", "");
    temp_.Write("docs/index.html", "<h1>docs");
    temp_.Write("docs/page.html", "<h1>page");
    temp_.Write("plain/file.txt", "x");
    config_.dir = temp_.dir();
    config_.rescan_interval = std::chrono::hours(1);
    config_.config_head = R"({"version":"1.2.3","resources":[]})";
  }

  Site& site() {
    if (!site_) {
      auto opened = Site::Open(config_, {clock_, log_, metrics_, parts_});
      CHECK(opened, "the site opens");
      site_ = std::move(*opened);
    }
    return *site_;
  }
  std::shared_ptr<http::FakeAnswer> Ask(http::Request request) {
    auto answer = http::Ask(site(), core_, std::move(request));
    while (!answer->over) {
      core_.Poll();
      std::this_thread::yield();
    }
    return answer;
  }
  // Asks again until `done`: for what another thread makes.
  template <class Done>
  std::shared_ptr<http::FakeAnswer> AskUntil(const http::Request& request, Done done) {
    for (;;) {
      auto answer = Ask(request);
      if (done(*answer)) return answer;
      std::this_thread::yield();
    }
  }
  int Status(std::string target) { return Ask(http::Get(std::move(target)))->status(); }
  uint64_t Metric(const std::string& name) {
    const std::string text = metrics_.Render();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
  }
  base::Json Precache() {
    const auto answer = Ask(http::Get("/_offing/manifest.json"));
    return base::ParseJson(answer->Body()).value().at("precache");
  }
  std::string Revision(const std::string& url) {
    for (const auto& entry : Precache()) {
      if (entry[0] == url) return entry[1];
    }
    return "none";
  }

  TempFolder temp_;
  base::FakeClock clock_{base::SystemClock().WallMs()};
  LogPipe pipe_;
  base::Log log_{clock_, pipe_.fd(), base::LogLevel::kWarning};
  base::Metrics metrics_;
  net::Core core_{0, {log_, metrics_}};
  WorkerParts parts_{.classic = "classic()",
                     .module = "module()",
                     .client = "client()",
                     .extras = {},
                     .safety = "safety()",
                     .scripts = {{"/_offing/update.js", "update()"},
                                 {"/_offing/outbox.js", "outbox()", false},
                                 {"/_offing/none.js", ""}}};
  SiteConfig config_;
  std::unique_ptr<Site> site_;
};

}  // namespace offing::site
