#include <gmock/gmock.h>

#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "site/site_fixture.h"

namespace offing::site {
namespace {

using http::Get;
using http::MakeRequest;
using testing::HasSubstr;

const http::Headers kPage = {{"accept", "text/html,application/xhtml+xml"}};

// An origin: answers everything, with what is set.
class Origin final : public http::Handler {
 public:
  void Handle(std::unique_ptr<http::Exchange> exchange) override {
    asked.push_back(exchange->request().method + " " + exchange->request().target);
    exchange->Send(answer);
  }
  // As the proxy does it.
  AskOrigin Asking() {
    return [this](auto exchange, auto declined, auto otherwise) {
      if (away || declined(answer)) {
        asked.push_back("declined " + exchange->request().target);
        otherwise(std::move(exchange));
      } else {
        Handle(std::move(exchange));
      }
    };
  }
  http::BodyMode BodyOf(const http::Request&) const override { return http::BodyMode::kStreamed; }
  http::Response answer = http::TextResponse(200, "origin");
  bool away = false;
  std::vector<std::string> asked;
};

class SiteFallbackTest : public SiteTest {
 protected:
  void HaveOrigin() {
    config_.fallback = &origin_;
    config_.ask_origin = origin_.Asking();
  }
  std::string Mistake() {
    const auto opened = Site::Open(config_, {clock_, log_, metrics_, parts_});
    return opened ? "" : opened.error().detail;
  }
  Origin origin_;
};

TEST_F(SiteFallbackTest, NavigationsToUnknownPathsGetThePageOfTheApp) {
  config_.spa = "/index.html";
  temp_.Write("404.html", "<h1>lost");
  const auto page = Ask(Get("/users/7?tab=2", kPage));
  EXPECT_EQ(page->status(), 200);
  EXPECT_EQ(page->Body(), "<h1>home");
  EXPECT_EQ(page->Header("etag"), EtagOf("<h1>home"));
  EXPECT_EQ(page->Header("cache-control"), "no-cache");
  EXPECT_EQ(page->Header("content-type"), "text/html; charset=utf-8");
  const auto head = Ask(MakeRequest("HEAD", "/users/7", kPage));
  EXPECT_EQ(head->status(), 200);
  EXPECT_EQ(Ask(Get("/docs/page.html", kPage))->Body(), "<h1>page");
  for (const auto& request :
       {Get("/users/7"), Get("/users/7", {{"accept", "*/*"}}), Get("/lost.js", kPage),
        Get("/v1.2/list.json", kPage), Get("/lost.html", kPage), Get("/_offing/lost", kPage),
        Get("/_offing", kPage), Get("/.env", kPage), Get("/%2e%2e/x", kPage)}) {
    EXPECT_EQ(Ask(request)->status(), 404) << request.target;
  }
  EXPECT_EQ(Ask(MakeRequest("POST", "/users/7", kPage))->status(), 405);
}

TEST_F(SiteFallbackTest, ThePageOfTheAppIsAlwaysKeptForOfflineUse) {
  config_.spa = "/index.html";
  config_.ignore = {"*"};
  EXPECT_EQ(Precache().size(), 3u);
  EXPECT_NE(Revision("/"), "none");
}

TEST_F(SiteFallbackTest, TheOriginGetsWhatTheFolderHasNotAndEveryOtherMethod) {
  HaveOrigin();
  temp_.Write("404.html", "<h1>lost");
  EXPECT_EQ(Ask(Get("/app.js"))->Body(), "let a;");
  EXPECT_EQ(Ask(Get("/api/list?q=1"))->Body(), "origin");
  EXPECT_EQ(Ask(Get("/nowhere", kPage))->Body(), "origin");
  EXPECT_EQ(Ask(Get("/plain/"))->Body(), "origin");
  EXPECT_EQ(Ask(MakeRequest("POST", "/app.js"))->Body(), "origin");
  EXPECT_EQ(Ask(MakeRequest("OPTIONS", "/"))->Body(), "origin");
  EXPECT_EQ(Ask(MakeRequest("HEAD", "/api"))->Body(), "origin");
  http::Request socket = Get("/");
  socket.wants_websocket = true;
  EXPECT_EQ(Ask(socket)->Body(), "origin");
  EXPECT_EQ(origin_.asked.size(), 7u);
  EXPECT_EQ(Status("/_offing/nothing"), 404);
  EXPECT_EQ(Ask(MakeRequest("POST", "/_offing/client.js"))->status(), 405);
  EXPECT_EQ(origin_.asked.size(), 7u) << "what is below /_offing/ is ours";
}

TEST_F(SiteFallbackTest, BodiesForTheOriginStreamAndNoOthers) {
  HaveOrigin();
  EXPECT_EQ(site().BodyOf(MakeRequest("POST", "/api")), http::BodyMode::kStreamed);
  EXPECT_EQ(site().BodyOf(MakeRequest("POST", "/_offing/x")), http::BodyMode::kBuffered);
  EXPECT_EQ(site().BodyOf(Get("/app.js")), http::BodyMode::kBuffered);
}

TEST_F(SiteFallbackTest, WithAnOriginThePageOfTheAppStandsForWhatTheOriginHasNotEither) {
  HaveOrigin();
  config_.spa = "/index.html";
  EXPECT_EQ(Ask(Get("/login", kPage))->Body(), "origin");
  origin_.answer = http::TextResponse(404, "no");
  EXPECT_EQ(Ask(Get("/users/7", kPage))->Body(), "<h1>home");
  EXPECT_EQ(Ask(Get("/api", {{"accept", "*/*"}}))->status(), 404);
  origin_.away = true;
  EXPECT_EQ(Ask(Get("/users/7", kPage))->Body(), "<h1>home");
}

TEST_F(SiteFallbackTest, AWorkerOfTheOriginStandsBeforeOurs) {
  HaveOrigin();
  origin_.answer = {.headers = {{"content-type", "text/javascript; charset=utf-8"}},
                    .body = std::string("theirs()")};
  EXPECT_EQ(Ask(Get("/sw.js"))->Body(), "theirs()");
  site().SetKilled(Killed::kYes);
  EXPECT_EQ(Ask(Get("/sw.js"))->Body(), "theirs()") << "only ours can be killed";
  site().SetKilled(Killed::kNo);
  origin_.answer.headers = {{"content-type", "text/html"}};
  EXPECT_THAT(Ask(Get("/sw.js"))->Body(), testing::EndsWith("classic()"));
  origin_.answer.headers = {{"content-type", "application/javascript"}};
  origin_.answer.status = 500;
  EXPECT_THAT(Ask(Get("/sw.js"))->Body(), testing::EndsWith("classic()"));
  origin_.answer.status = 304;
  EXPECT_EQ(Ask(Get("/sw.js"))->status(), 304) << "the browser has theirs";
  origin_.away = true;
  EXPECT_THAT(Ask(Get("/sw.js"))->Body(), testing::EndsWith("classic()"));
  temp_.Write("sw.js", "own()");
  EXPECT_EQ(Ask(Get("/sw.js"))->Body(), "own()");
}

TEST_F(SiteFallbackTest, AKilledWorkerIsTheSafetyWorkerUntilItIsRevived) {
  const auto alive = Ask(Get("/sw.js"));
  site().SetKilled(Killed::kYes);
  const auto killed = Ask(Get("/sw.js"));
  EXPECT_EQ(killed->Body(), "safety()");
  EXPECT_EQ(killed->Header("cache-control"), "no-cache");
  EXPECT_EQ(killed->Header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_NE(killed->Header("etag"), alive->Header("etag"));
  temp_.Write("sw.js", "own()");
  EXPECT_EQ(Ask(Get("/sw.js"))->Body(), "own()") << "the folder's own is nobody else's";
  std::filesystem::remove(temp_.dir() / "sw.js");
  site().SetKilled(Killed::kNo);
  EXPECT_EQ(Ask(Get("/sw.js"))->Header("etag"), alive->Header("etag"));
}

TEST_F(SiteFallbackTest, TheWorkerIsMadeOfItsPartsAndTheCore) {
  parts_.extras = {"routes() // a comment", "more()"};
  EXPECT_THAT(Ask(Get("/sw.js"))->Body(),
              testing::EndsWith(";\nroutes() // a comment\n;more()\n;classic()"));
  EXPECT_THAT(Ask(Get("/_offing/worker.js"))->Body(), testing::EndsWith(";\nmodule()"));
}

TEST_F(SiteFallbackTest, AddsTheConfiguredHeadersToEveryAnswer) {
  config_.headers = {
      {"X-Frame-Options", "DENY"}, {"vary", "Origin"}, {"x-content-type-options", "mine"}};
  for (const auto& request :
       {Get("/app.js"), Get("/none"), Get("/docs"), Get("/sw.js"), Get("/_offing/client.js"),
        Get("/_offing/none"), MakeRequest("POST", "/"), Get("/app.js", {{"range", "bytes=0-0"}}),
        Get("/app.js", {{"range", "bytes=99-"}}), Get("/app.js", {{"if-none-match", "*"}})}) {
    const auto answer = Ask(request);
    EXPECT_EQ(answer->Header("x-frame-options"), "DENY") << request.target;
    EXPECT_EQ(answer->Header("x-content-type-options"), "mine") << request.target;
  }
  size_t vary = 0;
  const auto answer = Ask(Get("/app.js"));
  for (const auto& [name, value] : answer->response->headers) {
    if (name == "Vary" || name == "vary") ++vary;
  }
  EXPECT_EQ(vary, 2u) << "ours and theirs";
}

TEST_F(SiteFallbackTest, RefusesWhatCannotBe) {
  EXPECT_EQ(Mistake(), "");
  for (const auto& [name, value] : {std::pair("Content-Length", "5"),
                                    {"etag", "\"a\""},
                                    {"Cache-Control", "no-store"},
                                    {"X Y", "z"},
                                    {"", "z"},
                                    {"X-A", "a\r\nSet-Cookie: b"}}) {
    config_.headers = {{name, value}};
    EXPECT_THAT(Mistake(), HasSubstr("[site] headers")) << name;
  }
  config_.headers.clear();
  for (const char* spa : {"/none.html", "/app.js", "index.html", "/../x.html", "/plain/"}) {
    config_.spa = spa;
    EXPECT_THAT(Mistake(), HasSubstr("[site] spa = ")) << spa;
  }
  config_.spa = "/docs/";
  EXPECT_EQ(Mistake(), "");
  config_.needed = {{"/offline.html", "[fallback] document"}};
  EXPECT_THAT(Mistake(), HasSubstr("[fallback] document = \"/offline.html\": there is no such"));
  HaveOrigin();
  pipe_.Text();
  EXPECT_EQ(Mistake(), "") << "the origin may have it";
  config_.needed = {{"/offline.html?x", "[fallback] document"}};
  EXPECT_THAT(Mistake(), HasSubstr("write the path of a file"));
}

TEST_F(SiteFallbackTest, ListsWhatOnlyTheOriginHasWithoutARevision) {
  HaveOrigin();
  config_.needed = {{"/offline.html", "[fallback] document"}, {"/app.js", "[fallback] script"}};
  const std::string list = Ask(Get("/_offing/manifest.json"))->Body();
  EXPECT_THAT(list, HasSubstr(R"(["/offline.html",""])"));
  EXPECT_THAT(list, Not(HasSubstr(R"(["/app.js",""])")));
}

TEST_F(SiteFallbackTest, SaysThatTheFilesHaveChangedWithoutBeingAsked) {
  std::mutex mutex;
  std::vector<std::string> digests;
  config_.rescan_interval = std::chrono::milliseconds(1);
  config_.on_manifest_changed = [&](const std::string& digest) {
    const std::lock_guard lock(mutex);
    digests.push_back(digest);
  };
  const std::string before = site().ManifestDigest();
  EXPECT_EQ(before.size(), 32u);
  temp_.Write("new.js", "new");
  while (site().ManifestDigest() == before) std::this_thread::yield();
  site().Stop();
  const std::lock_guard lock(mutex);
  ASSERT_FALSE(digests.empty()) << "and not for the first scan";
  EXPECT_EQ(digests.back(), site().ManifestDigest());
  EXPECT_NE(digests.front(), before);
}

TEST_F(SiteFallbackTest, ServesHashedNamesForEver) {
  temp_.Write("app.3f2a9c1d.js", "let x;");
  temp_.Write("page-BhJ3k9x1.html", "<p>");
  EXPECT_EQ(Ask(Get("/app.3f2a9c1d.js"))->Header("cache-control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(Ask(Get("/app.js"))->Header("cache-control"), "no-cache");
  EXPECT_EQ(Ask(Get("/page-BhJ3k9x1.html"))->Header("cache-control"), "no-cache");
  temp_.Write("app.3f2a9c1d.js", "let y;", 1800);
  EXPECT_EQ(Ask(Get("/app.3f2a9c1d.js"))->Header("cache-control"), "no-cache");
  EXPECT_THAT(pipe_.Text(), HasSubstr("app.3f2a9c1d.js looks like a name with a content hash"));
}

}  // namespace
}  // namespace offing::site
