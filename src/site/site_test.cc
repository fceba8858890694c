#include "site/site.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "crypto/digest.h"
#include "site/content_type.h"
#include "site/file_response.h"
#include "site/site_fixture.h"

namespace offing::site {
namespace {

using http::Get;
using http::MakeRequest;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(SiteTest, SendsAFileWithItsTypeItsHashAndItsDate) {
  const auto answer = Ask(Get("/app.js"));
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->Body(), "let a;");
  EXPECT_EQ(answer->Header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(answer->Header("etag"), EtagOf("let a;"));
  EXPECT_EQ(answer->Header("cache-control"), "no-cache");
  EXPECT_EQ(answer->Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer->Header("accept-ranges"), "bytes");
  EXPECT_THAT(answer->Header("last-modified"), testing::EndsWith(" GMT"));
  EXPECT_EQ(Ask(Get("/empty.txt"))->status(), 200);
  EXPECT_EQ(Metric("offing_site_files_total"), 2u);
  EXPECT_EQ(Metric("offing_site_bytes_total"), 6u);
}

TEST_F(SiteTest, AnswersAFolderWithItsIndexAndRedirectsToItsSlash) {
  EXPECT_EQ(Ask(Get("/"))->Body(), "<h1>home");
  EXPECT_EQ(Ask(Get("/index.html"))->Body(), "<h1>home");
  EXPECT_EQ(Ask(Get("/docs/"))->Body(), "<h1>docs");
  EXPECT_EQ(Ask(Get("/docs/?q=1"))->Header("content-type"), "text/html; charset=utf-8");
  const auto moved = Ask(Get("/docs?a=b"));
  EXPECT_EQ(moved->status(), 301);
  EXPECT_EQ(moved->Header("location"), "/docs/?a=b");
  EXPECT_EQ(Ask(Get("http://any.example/docs"))->Header("location"), "/docs/");
  EXPECT_EQ(Status("/plain"), 404) << "a folder without index.html";
  EXPECT_EQ(Status("/plain/"), 404);
  EXPECT_EQ(Status("/app.js/"), 404) << "a file is no folder";
}

// Each asks for something that is no file of the folder.
constexpr const char* kWaysOut[] = {
    "/../outside/secret.txt",
    "/docs/../../outside/secret.txt",
    "/..",
    "/%2e%2e/outside/secret.txt",
    "/%2e%2e%2foutside/secret.txt",
    "/.%2e/outside/secret.txt",
    "/%2E./outside/secret.txt",
    "/..%2foutside%2fsecret.txt",
    "/..%5coutside%5csecret.txt",
    "/..\\outside\\secret.txt",
    "/docs%2fpage.html",
    "/docs%5cpage.html",
    "/%252e%252e/outside/secret.txt",
    "/%c0%ae%c0%ae/outside/secret.txt",
    "/./index.html",
    "//etc/passwd",
    "/docs//page.html",
    "/app.js%00.html",
    "/%00",
    "/app.js%0a",
    "/app%",
    "/app%2",
    "/%zz",
    "/out.txt",
    "/out/secret.txt",
    "/out",
    "/out/",
    "/absolute/secret.txt",
    "/.env",
    "/%2eenv",
    "/.git/config",
    "/docs/.htpasswd",
    "/pipe",
    "http://any.example/../outside/secret.txt",
    "http://any.example/%2e%2e/outside/secret.txt",
    "*",
    "outside/secret.txt",
    "any.example:443",
};

TEST_F(SiteTest, LetsNoPathOutOfTheFolder) {
  temp_.Link("out.txt", "../outside/secret.txt");
  temp_.Link("out", "../outside");
  temp_.Link("absolute", temp_.outside().string());
  temp_.Write(".env", "secret");
  temp_.Write(".git/config", "secret");
  temp_.Write("docs/.htpasswd", "secret");
  temp_.Pipe("pipe");
  std::vector<std::string> targets(std::begin(kWaysOut), std::end(kWaysOut));
  targets.push_back("/" + temp_.outside().string() + "/secret.txt");
  for (const std::string& target : targets) {
    const auto answer = Ask(Get(target));
    EXPECT_EQ(answer->status(), 404) << target;
    EXPECT_EQ(answer->Body(), "not found\n") << target;
  }
  EXPECT_GT(Metric("offing_site_refused_total"), 25u);
  EXPECT_EQ(Metric("offing_site_bytes_total"), 0u);
  EXPECT_EQ(Ask(Get("http://any.example"))->Body(), "<h1>home") << "the root in absolute form";
}

TEST_F(SiteTest, ServesWhatIsWellKnownAndSymlinksThatStayInside) {
  temp_.Write(".well-known/security.txt", "mail");
  temp_.Link("latest.js", "app.js");
  EXPECT_EQ(Ask(Get("/.well-known/security.txt"))->Body(), "mail");
  EXPECT_EQ(Ask(Get("/latest.js"))->Body(), "let a;");
}

TEST_F(SiteTest, NeverAnswersAMissingScriptWithAPage) {
  temp_.Write("404.html", "<h1>lost");
  const http::Headers kPage = {{"accept", "text/html,application/xhtml+xml"}};
  const auto page = Ask(Get("/nowhere", kPage));
  EXPECT_EQ(page->status(), 404);
  EXPECT_EQ(page->Body(), "<h1>lost");
  EXPECT_EQ(page->Header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(Ask(Get("/nowhere.html", kPage))->Body(), "<h1>lost");
  for (const auto& request :
       {Get("/nowhere.js"), Get("/nowhere.js", kPage), Get("/nowhere"),
        Get("/nowhere", {{"accept", "*/*"}}), Get("/_offing/nothing", kPage)}) {
    const auto answer = Ask(request);
    EXPECT_EQ(answer->status(), 404);
    EXPECT_EQ(answer->Body(), "not found\n");
    EXPECT_EQ(answer->Header("content-type"), "text/plain; charset=utf-8");
  }
  EXPECT_EQ(Metric("offing_site_not_found_total"), 7u);
}

TEST_F(SiteTest, AnswersHeadAsGetAndRefusesOtherMethods) {
  const auto head = Ask(MakeRequest("HEAD", "/app.js", {{"range", "bytes=0-1"}}));
  EXPECT_EQ(head->status(), 200) << "a range means something to GET only";
  EXPECT_EQ(head->Header("etag"), EtagOf("let a;"));
  EXPECT_EQ(head->response->body_size(), 6u) << "the connection sends its length, not the body";
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"}) {
    const auto refused = Ask(MakeRequest(method, "/app.js"));
    EXPECT_EQ(refused->status(), 405) << method;
    EXPECT_EQ(refused->Header("allow"), "GET, HEAD");
  }
}

TEST_F(SiteTest, SendsOneRange) {
  const auto part = [&](const char* range, http::Headers more = {}) {
    more.emplace_back("range", range);
    return Ask(Get("/data.bin", std::move(more)));
  };
  EXPECT_EQ(part("bytes=2-4")->status(), 206);
  EXPECT_EQ(part("bytes=2-4")->Body(), "234");
  EXPECT_EQ(part("bytes=2-4")->Header("content-range"), "bytes 2-4/10");
  EXPECT_EQ(part("bytes=8-")->Body(), "89");
  EXPECT_EQ(part("bytes=-3")->Body(), "789");
  EXPECT_EQ(part("bytes=0-99")->Header("content-range"), "bytes 0-9/10");
  EXPECT_EQ(part("bytes=10-")->status(), 416);
  EXPECT_EQ(part("bytes=10-")->Header("content-range"), "bytes */10");
  for (const char* whole : {"bytes=0-7,3-9", "items=0-1", "bytes=x", "bytes=4-2"}) {
    EXPECT_EQ(part(whole)->status(), 200) << whole;
    EXPECT_EQ(part(whole)->Body(), "0123456789");
  }
  const std::string etag = EtagOf("0123456789");
  EXPECT_EQ(part("bytes=0-0", {{"if-range", etag}})->status(), 206);
  EXPECT_EQ(part("bytes=0-0", {{"if-range", "\"other\""}})->status(), 200);
  EXPECT_EQ(part("bytes=0-0", {{"if-range", "W/" + etag}})->status(), 200);
  const std::string date = part("bytes=0-0")->Header("last-modified");
  EXPECT_EQ(part("bytes=0-0", {{"if-range", date}})->status(), 206);
  EXPECT_EQ(part("bytes=0-0", {{"if-none-match", etag}})->status(), 304);
}

TEST_F(SiteTest, SendsNothingThatTheBrowserHas) {
  const auto first = Ask(Get("/app.js"));
  const std::string etag = first->Header("etag");
  const std::string date = first->Header("last-modified");
  for (const http::Headers& headers :
       std::vector<http::Headers>{{{"if-none-match", etag}},
                                  {{"if-none-match", "\"x\", W/" + etag}},
                                  {{"if-none-match", "*"}},
                                  {{"if-modified-since", date}}}) {
    const auto same = Ask(Get("/app.js", headers));
    EXPECT_EQ(same->status(), 304);
    EXPECT_EQ(same->Body(), "");
    EXPECT_EQ(same->Header("etag"), etag);
    EXPECT_EQ(same->Header("content-type"), "");
  }
  EXPECT_EQ(
      Ask(Get("/app.js", {{"if-none-match", "\"x\""}, {"if-modified-since", date}}))->status(),
      200);
}

TEST_F(SiteTest, SendsAFileAsItIsNow) {
  EXPECT_EQ(Ask(Get("/app.js"))->Body(), "let a;");
  temp_.Write("app.js", "let b;", 1800);
  const auto changed = Ask(Get("/app.js"));
  EXPECT_EQ(changed->Body(), "let b;");
  EXPECT_EQ(changed->Header("etag"), EtagOf("let b;"));
  temp_.Write("new.js", "new");
  EXPECT_EQ(Ask(Get("/new.js"))->Body(), "new");
  std::filesystem::remove(temp_.dir() / "new.js");
  EXPECT_EQ(Status("/new.js"), 404);
}

TEST_F(SiteTest, SendsTheBytesThatItHashedWhenTheFileIsReplacedMeanwhile) {
  const auto answer = Ask(Get("/app.js"));
  temp_.Write("app.js.new", "let c;");
  std::filesystem::rename(temp_.dir() / "app.js.new", temp_.dir() / "app.js");
  EXPECT_EQ(answer->Body(), "let a;") << "of the descriptor, read after the rename";
  EXPECT_EQ(answer->Header("etag"), EtagOf("let a;"));
}

TEST_F(SiteTest, HashesALargeFileOnItsOwnThreadWhileTheRequestWaits) {
  config_.files.small_file_bytes = 100;
  config_.max_precache_file_bytes = 1'000;
  const std::string large(5'000, 'x');
  temp_.Write("large.bin", large);
  const auto answer = http::Ask(site(), core_, Get("/large.bin"));
  EXPECT_FALSE(answer->over) << "the core goes on";
  while (!answer->over) core_.Poll();
  EXPECT_EQ(answer->Header("etag"), EtagOf(large));
  EXPECT_EQ(answer->Body(), large);
  const auto again = http::Ask(site(), core_, Get("/large.bin", {{"range", "bytes=-1"}}));
  EXPECT_EQ(again->status(), 206) << "known now, so at once";
}

TEST_F(SiteTest, HashesWhatTheManifestHoldsHoweverLargeItIs) {
  config_.files.max_hashed_bytes = 2;
  config_.max_precache_file_bytes = 100;
  config_.needed = {{"/docs/large.html", "[fallback] document"}};
  temp_.Write("docs/large.html", std::string(200, 'x'));
  temp_.Write("large.bin", std::string(200, 'x'));
  EXPECT_EQ(Ask(Get("/data.bin"))->Header("etag"), EtagOf("0123456789"));
  EXPECT_EQ(Ask(Get("/docs/large.html"))->Header("etag"), EtagOf(std::string(200, 'x')));
  EXPECT_THAT(Ask(Get("/large.bin"))->Header("etag"), StartsWith("\"sc8t"));
}

TEST_F(SiteTest, ComposesTheWorkerFromItsConfigurationAndTheFolder) {
  const auto worker = Ask(Get("/sw.js"));
  EXPECT_EQ(worker->status(), 200);
  EXPECT_EQ(worker->Header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(worker->Header("cache-control"), "no-cache");
  const std::string text = worker->Body();
  const std::string kFront = "self.__OFFING = ";
  ASSERT_THAT(text, StartsWith(kFront));
  const size_t end = text.find(";\n");
  EXPECT_EQ(text.substr(end), ";\nclassic()");
  const auto config = base::ParseJson(text.substr(kFront.size(), end - kFront.size())).value();
  EXPECT_EQ(config["version"], "1.2.3");
  EXPECT_EQ(config["precache"], Precache());
  EXPECT_EQ(config["manifest"].get<std::string>().size(), 32u);
  EXPECT_EQ(Revision("/docs/"), crypto::Sha256Hex("<h1>docs").substr(0, 32));
  EXPECT_EQ("\"" + Revision("/_offing/client.js") + "\"",
            Ask(Get("/_offing/client.js"))->Header("etag"));

  const auto module = Ask(Get("/_offing/worker.js"));
  EXPECT_EQ(module->Body(), text.substr(0, end) + ";\nmodule()");
  EXPECT_EQ(Ask(Get("/_offing/worker.classic.js"))->Body(), text);
  EXPECT_EQ(Ask(Get("/_offing/client.js"))->Body(), "client()");
  EXPECT_EQ(Ask(Get("/_offing/update.js"))->Body(), "update()");
  EXPECT_EQ(Ask(Get("/_offing/outbox.js"))->Body(), "outbox()");
  EXPECT_EQ("\"" + Revision("/_offing/update.js") + "\"",
            Ask(Get("/_offing/update.js"))->Header("etag"));
  EXPECT_EQ(Ask(Get("/_offing/none.js"))->status(), 404);
  EXPECT_EQ(Revision("/_offing/outbox.js"), "none") << "served, but not in the list";
  const auto state = Ask(Get("/_offing/state"));
  EXPECT_EQ(state->Header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(state->Body(), HasSubstr("no worker answers"));
  EXPECT_EQ(Ask(Get("/_offing/manifest.json"))->Header("content-type"), "application/json");
  EXPECT_EQ(Ask(Get("/sw.js", {{"if-none-match", worker->Header("etag")}}))->status(), 304);
}

TEST_F(SiteTest, GivesEveryListedFileTheEtagOfTheList) {
  for (const auto& entry : Precache()) {
    const auto answer = Ask(Get(entry[0].get<std::string>()));
    EXPECT_EQ(answer->status(), 200) << entry;
    EXPECT_EQ(answer->Header("etag"), "\"" + entry[1].get<std::string>() + "\"") << entry;
  }
}

TEST_F(SiteTest, SeesAChangedFileAtTheNextLookForAnUpdate) {
  const auto before = Ask(Get("/sw.js"));
  temp_.Write("app.js", "changed", 1800);
  EXPECT_EQ(Ask(Get("/sw.js"))->Header("etag"), before->Header("etag"))
      << "looked at less than a second ago";
  clock_.Advance(1'001);
  const auto after = http::Ask(site(), core_, Get("/sw.js"));
  EXPECT_FALSE(after->over) << "the core goes on while the folder is scanned";
  while (!after->over) core_.Poll();
  EXPECT_NE(after->Header("etag"), before->Header("etag"));
  EXPECT_THAT(after->Body(), HasSubstr(crypto::Sha256Hex("changed").substr(0, 32)));
  EXPECT_EQ(Revision("/app.js"), crypto::Sha256Hex("changed").substr(0, 32));
}

TEST_F(SiteTest, NeverReplacesAWorkerThatIsNotOurs) {
  temp_.Write("sw.js", "own()");
  const auto own = Ask(Get("/sw.js"));
  EXPECT_EQ(own->Body(), "own()");
  EXPECT_EQ(own->Header("cache-control"), "no-cache");
  EXPECT_EQ(own->Header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(Revision("/sw.js"), "none");
  EXPECT_THAT(Ask(Get("/_offing/worker.js"))->Body(), testing::EndsWith("module()"));
}

TEST_F(SiteTest, ServesTheWorkerWithoutAFolderToo) {
  config_.dir.clear();
  config_.config_head = "{}";
  EXPECT_EQ(Precache().size(), 2u) << "the page library and its element";
  EXPECT_THAT(Ask(Get("/sw.js"))->Body(), StartsWith("self.__OFFING = {\"manifest\":"));
  EXPECT_EQ(Status("/index.html"), 404);
}

TEST_F(SiteTest, RefusesAConfigurationThatIsNoObjectAndAFolderThatIsNotThere) {
  for (const char* head : {"", "[]", "{", R"({"manifest":""})"}) {
    config_.config_head = head;
    EXPECT_FALSE(Site::Open(config_, {clock_, log_, metrics_, {}})) << head;
  }
  config_.config_head = "{}";
  config_.dir = temp_.dir() / "none";
  const auto opened = Site::Open(config_, {clock_, log_, metrics_, {}});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().detail, HasSubstr("none"));
}

TEST_F(SiteTest, SaysNotNowWhenTheIndexerHasStopped) {
  site().Stop();
  clock_.Advance(2'000);
  const auto answer = Ask(Get("/sw.js"));
  EXPECT_EQ(answer->status(), 503);
  EXPECT_EQ(answer->Header("retry-after"), "1");
  EXPECT_EQ(Metric("offing_site_busy_total"), 1u);
  EXPECT_EQ(Status("/app.js"), 200);
}

TEST(ContentType, IsWhatBrowsersExpect) {
  const std::pair<const char*, const char*> kCases[] = {
      {"a.html", "text/html; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"dir.js/a.JS", "text/javascript; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.wasm", "application/wasm"},
      {"a.webmanifest", "application/manifest+json"},
      {"a.json", "application/json"},
      {"a.svg", "image/svg+xml"},
      {"a.tar.gz", "application/gzip"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"dir.js/a", "application/octet-stream"},
      {"a", "application/octet-stream"},
      {"a.", "application/octet-stream"},
      {"", "application/octet-stream"},
  };
  for (const auto& [path, type] : kCases) EXPECT_EQ(ContentType(path), type) << path;
}

TEST(HttpDate, IsWrittenAsRfc9110Says) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace offing::site
