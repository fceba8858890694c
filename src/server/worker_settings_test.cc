#include "server/worker_settings.h"

#include <gmock/gmock.h>

#include "server/site_settings.h"

namespace offing::server {
namespace {

using testing::HasSubstr;

WorkerSettings Read(const std::string& text) {
  auto root = TomlTable::Parse(text, "offing.toml").value();
  WorkerSettings settings;
  ReadWorker(root, settings);
  const auto finished = root.Finish();
  EXPECT_TRUE(finished) << finished.error().detail;
  return settings;
}

std::string Mistake(const std::string& text) {
  auto root = TomlTable::Parse(text, "offing.toml").value();
  WorkerSettings worker;
  SiteSettings site;
  ReadWorker(root, worker);
  ReadSite(root, site);
  const auto finished = root.Finish();
  return finished ? "" : finished.error().detail;
}

std::string Route(const std::string& lines) {
  return "[[route]]\nmatch = \"/a\"\nstrategy = \"cache-first\"\n" + lines;
}

TEST(WorkerSettings, MakesConfigOfRoutesFallbacksAndTheRest) {
  const auto settings = Read(R"(
[worker]
update = "auto"
preload = false
logout = ["/logout", "/api/logout"]

[[route]]
match = "/img/*"
destination = ["image", "empty"]
strategy = "cache-first"
cache = "images"
entries = 60
age = "30d"
bytes = "50MB"
priority = -1
per_user = true
types = ["image/*"]
opaque = true
ignore_search = true

[[route]]
match = "https://fonts.example/:family/*"
strategy = "network-first"
timeout = "3s"

[[route]]
match = "/api/*"
methods = ["POST", "PUT"]
strategy = "network-only"

[fallback]
document = "/offline/"
image = "/offline.svg"
)");
  EXPECT_EQ(base::DumpJson(WorkerMembers(settings, "/docs/index.html", Origin::kNone)),
            R"({"update":"auto","preload":false,"logout":["/logout","/api/logout"],)"
            R"("parts":["routes"],"routes":[{"match":"/img/*","destination":["image",""],)"
            R"("strategy":"cache-first","cache":"images","entries":60,"age":2592000000,)"
            R"("bytes":50000000,"priority":-1,"types":["image/*"],"perUser":true,"opaque":true,)"
            R"("ignoreSearch":true},{"match":"https://fonts.example/:family/*",)"
            R"("strategy":"network-first","timeout":3000},{"match":"/api/*",)"
            R"("methods":["POST","PUT"],"strategy":"network-only"}],)"
            R"("fallback":{"document":"/offline/","image":"/offline.svg"},"spa":"/docs/"})");
  const auto needed = NeededFiles(settings);
  ASSERT_EQ(needed.size(), 2u);
  EXPECT_EQ(needed[0].url, "/offline/");
  EXPECT_EQ(needed[0].setting, "[fallback] document");
}

TEST(WorkerSettings, SayNothingThatNobodySet) {
  EXPECT_EQ(base::DumpJson(WorkerMembers(Read(""), "", Origin::kNone)),
            R"({"update":"ask","preload":true})");
  EXPECT_EQ(WorkerMembers(Read("[fallback]\nimage = \"/a.svg\""), "", Origin::kNone)["parts"],
            base::Json::array({"routes"}));
}

TEST(WorkerSettings, AnOriginBringsRoutesUnlessThereAreOthers) {
  const auto by_default = WorkerMembers(Read(""), "", Origin::kThere);
  ASSERT_EQ(by_default["routes"].size(), 2u);
  EXPECT_EQ(by_default["routes"][0]["strategy"], "network-first");
  EXPECT_EQ(by_default["routes"][0]["cache"], "pages");
  EXPECT_EQ(by_default["routes"][1]["strategy"], "stale-while-revalidate");
  EXPECT_EQ(by_default["routes"][1]["cache"], "assets");
  EXPECT_EQ(by_default["parts"], base::Json::array({"routes"}));
  EXPECT_EQ(WorkerMembers(Read(Route("")), "", Origin::kThere)["routes"].size(), 1u);
  EXPECT_FALSE(
      WorkerMembers(Read("[worker]\ndefaults = false"), "", Origin::kThere).contains("routes"));
}

TEST(WorkerSettings, RefusesWithTheLineAndWhatIsAllowed) {
  const std::pair<std::string, const char*> kCases[] = {
      {"[[route]]\nmatch = \"/a\"\nstrategy = \"x\"",
       "offing.toml:3: [[route]] strategy: \"x\": one of \"cache-first\", \"network-first\""},
      {"[[route]]\nmatch = \"/a\"", "[[route]] strategy: \"\": one of"},
      {"[[route]]\nstrategy = \"cache-first\"", "every [[route]] needs match"},
      {"[[route]]\nmatch = \"img/*\"\nstrategy = \"cache-first\"",
       "match: \"img/*\": a pattern begins with /"},
      {"[[route]]\nmatch = \"https://a.example\"\nstrategy = \"cache-first\"", "a pattern begins"},
      {"[[route]]\nmatch = \"ftp://a/b\"\nstrategy = \"cache-first\"", "a pattern begins"},
      {"[[route]]\nmatch = \"/a?b\"\nstrategy = \"cache-first\"", "a pattern has no query"},
      {"[[route]]\nmatch = \"/a/:/b\"\nstrategy = \"cache-first\"", "has a name behind each :"},
      {Route("destination = [\"picture\"]"), "destination: \"picture\": one of \"document\""},
      {Route("destination = []"), "destination: names nothing"},
      {Route("methods = [\"POST\"]"), "keeps answers to GET only"},
      {Route("methods = [\"FETCH\"]"), "methods: \"FETCH\": one of \"GET\""},
      {Route("timeout = \"3s\""), "timeout: means nothing with strategy \"cache-first\""},
      {Route("cache = \"a b\""), "cache: \"a b\": a name of 1 to 64"},
      {Route("entries = 0"), "entries: 0: must be a whole number from 1"},
      {Route("age = \"long\""), "age: \"long\" is not a duration"},
      {Route("bytes = 5"), "bytes: must be a string"},
      {Route("types = [\"image\"]"), "types: \"image\": write \"image/*\""},
      {Route("per_user = \"yes\""), "per_user: must be true or false"},
      {Route("speed = 1"), "speed: is not a setting that we know"},
      {"[[route]]\nmatch = \"/a\"\nstrategy = \"network-only\"\ncache = \"a\"",
       "cache: means nothing with strategy \"network-only\""},
      {"[route]\nmatch = \"/a\"", "must be written as [[route]]"},
      {"[worker]\nupdate = \"now\"", "worker.update: \"now\": one of \"ask\", \"auto\""},
      {"[worker]\nlogout = [\"logout\"]", "worker.logout: \"logout\": write a path"},
      {"[fallback]\npage = \"/a.html\"", "fallback: \"page\": one of \"document\""},
      {"[fallback]\ndocument = \"a.html\"", "write the path of a file of the site"},
      {"fallback = \"/a.html\"", "fallback: \"*\": one of"},
      {"[site]\ncompress = 1", "site.compress: must be true or false"},
      {"[site]\nhashed = [\"assets\"]", "site.hashed: \"assets\": a pattern of paths begins"},
      {"[site]\nheaders = \"x\"", "site.headers: must be a table"},
      {"[site]\nheaders = { ETag = \"x\" }", "site.headers: \"ETag\": is written by the server"},
      {"[site]\nprecache_file = \"big\"", "site.precache_file: \"big\" is not a size"},
  };
  for (const auto& [text, mistake] : kCases) EXPECT_THAT(Mistake(text), HasSubstr(mistake)) << text;
}

TEST(SiteSettings, AreThoseOfTheFile) {
  auto root = TomlTable::Parse(R"(
[site]
spa = "/index.html"
compress = false
hashed = []
headers = { "X-Frame-Options" = "DENY" }
precache_file = "5MB"
precache_files = 10
ignore = "/drafts/*"
)",
                               "offing.toml")
                  .value();
  SiteSettings settings;
  ReadSite(root, settings);
  EXPECT_TRUE(root.Finish());
  site::SiteConfig config;
  Apply(settings, config);
  EXPECT_EQ(config.spa, "/index.html");
  EXPECT_EQ(config.compress, site::Compress::kNo);
  EXPECT_TRUE(config.hashed.empty());
  EXPECT_EQ(config.headers, (site::ExtraHeaders{{"X-Frame-Options", "DENY"}}));
  EXPECT_EQ(config.max_precache_file_bytes, 5'000'000u);
  EXPECT_EQ(config.max_precache_files, 10u);
  EXPECT_EQ(config.ignore, (std::vector<std::string>{"/drafts/*"}));
}

}  // namespace
}  // namespace offing::server
