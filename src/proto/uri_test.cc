#include "proto/uri.h"

#include <gtest/gtest.h>

namespace offing::proto {
namespace {

using base::Code;

struct TargetCase {
  const char *target, *path, *query;
};

TEST(SplitTarget, ReadsOriginAndAbsoluteForm) {
  for (const auto& [target, path, query] : {
           TargetCase{"/", "/", ""},
           {"/a/b?c=d", "/a/b", "c=d"},
           {"/a?", "/a", ""},
           {"/a?b?c", "/a", "b?c"},
           {"/a//b/../c", "/a//b/../c", ""},
           {"//host/x", "//host/x", ""},
           {"/http://x", "/http://x", ""},
           {"/%00|[]", "/%00|[]", ""},
           {"http://h/a?b", "/a", "b"},
           {"http://h", "/", ""},
           {"http://h?b", "/", "b"},
           {"HTTPS://h:1/a", "/a", ""},
           {"http://[::1]:8080/a", "/a", ""},
       }) {
    const std::optional<Target> parts = SplitTarget(target);
    ASSERT_TRUE(parts) << target;
    EXPECT_EQ(parts->path, path) << target;
    EXPECT_EQ(parts->query, query) << target;
  }
}

TEST(SplitTarget, RefusesEverythingElse) {
  for (const char* target :
       {"",         "*",        "a",           "a/b",     "?a",        "host:443",
        "ftp://h/", "http:/h/", "http:///a",   "http://", "http://?a", "http://u:p@h/a",
        "/a b",     "/a#b",     "/a\tb",       "/a\r\nb", "/a\x7f",    "/\xC3\xA9",
        "\\a",      " /a",      "javascript:1"}) {
    EXPECT_FALSE(SplitTarget(target)) << target;
  }
  EXPECT_FALSE(SplitTarget(std::string_view("/a\0b", 4)));
}

TEST(PercentDecode, DecodesOnceAndRefusesBrokenEscapes) {
  EXPECT_EQ(PercentDecode("a%20b%2f%2F%c3%A9+"), "a b//\xC3\xA9+");
  EXPECT_EQ(PercentDecode("%252e"), "%2e");
  EXPECT_EQ(PercentDecode("%00"), std::string("\0", 1));
  EXPECT_EQ(PercentDecode(""), "");
  for (const char* text : {"%", "%1", "a%", "%g0", "%0g", "% 1", "%-1", "%%41", "%u0041"}) {
    EXPECT_FALSE(PercentDecode(text)) << text;
  }
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(PercentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(PercentEncode("a b/?#%+&=\xC3\xA9"), "a%20b%2F%3F%23%25%2B%26%3D%C3%A9");
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  EXPECT_EQ(PercentDecode(PercentEncode(every)), every);
}

TEST(ParseQuery, KeepsOrderAndDecodes) {
  EXPECT_EQ(ParseQuery("b=1&a=2&b=3", 10), (QueryParams{{"b", "1"}, {"a", "2"}, {"b", "3"}}));
  EXPECT_EQ(ParseQuery("a+b=c%20d%2B&=x&y&z=&k=v=w", 10),
            (QueryParams{{"a b", "c d+"}, {"", "x"}, {"y", ""}, {"z", ""}, {"k", "v=w"}}));
  EXPECT_EQ(ParseQuery("&&a=1&&", 10), (QueryParams{{"a", "1"}}));
  EXPECT_EQ(ParseQuery("", 10), QueryParams{});
}

TEST(ParseQuery, LeavesBrokenEscapesAsTheyAre) {
  EXPECT_EQ(ParseQuery("a=%&b=%4&c=%zz&d=%41%", 10),
            (QueryParams{{"a", "%"}, {"b", "%4"}, {"c", "%zz"}, {"d", "A%"}}));
}

TEST(ParseQuery, ReadsNoMoreThanItsLimit) {
  EXPECT_EQ(ParseQuery("a=1&b=2&c=3", 2), (QueryParams{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(ParseQuery("a=1", 0), QueryParams{});
}

TEST(FilePath, GivesThePathBelowTheFolder) {
  for (const auto& [raw, path] : std::initializer_list<std::pair<const char*, const char*>>{
           {"/", ""},
           {"/index.html", "index.html"},
           {"/a/b/c.js", "a/b/c.js"},
           {"/a/", "a/"},
           {"/a/b/", "a/b/"},
           {"/a%20b.txt", "a b.txt"},
           {"/%C3%A9", "\xC3\xA9"},
           {"/a..b", "a..b"},
           {"/a../b", "a../b"},
           {"/a.", "a."},
           {"/%252e%252e/x", "%2e%2e/x"},
           {"/%252f", "%2f"},
           {"/.well-known/x", ".well-known/x"},
           {"/%2Ewell-known/x", ".well-known/x"},
           {"/~x", "~x"},
           {"/a:b", "a:b"},
           {"/a?b", "a?b"},
           {"/C:", "C:"},
       }) {
    const base::Result<std::string> result = FilePath(raw);
    ASSERT_TRUE(result) << raw << ": " << result.error().detail;
    EXPECT_EQ(*result, path) << raw;
  }
}

constexpr const char* kAttacks[] = {"",
                                    "a",
                                    "..",
                                    "//",
                                    "//a",
                                    "/a//b",
                                    "/a//",
                                    "/.",
                                    "/..",
                                    "/./",
                                    "/../",
                                    "/./a",
                                    "/../a",
                                    "/a/.",
                                    "/a/..",
                                    "/a/./b",
                                    "/a/../b",
                                    "/a/b/../../..",
                                    "/%2e",
                                    "/%2E%2e",
                                    "/.%2e/a",
                                    "/%2e./a",
                                    "/a/%2e%2e/b",
                                    "/a/%2e/b",
                                    "/a%2fb",
                                    "/a%2Fb",
                                    "/..%2f..%2fetc/passwd",
                                    "/%2e%2e%2fetc",
                                    "/a/..%2f",
                                    "/%2f",
                                    "/%2F%2Fetc",
                                    "/a\\b",
                                    "/a%5cb",
                                    "/..\\..",
                                    "/..%5c..%5c",
                                    "/%5c..%5c",
                                    "\\a",
                                    "/%00",
                                    "/a%00.html",
                                    "/a%00/../b",
                                    "/%0a",
                                    "/a%0D%0Ab",
                                    "/%1f",
                                    "/%7F",
                                    "/a\tb",
                                    "/a\nb",
                                    "/%",
                                    "/%2",
                                    "/%zz",
                                    "/a/%c",
                                    "/%u002e",
                                    "/...",
                                    "/....//",
                                    "/.git/config",
                                    "/a/.git",
                                    "/.env",
                                    "/%2eenv",
                                    "/a/%2Egit/config",
                                    "/.htaccess",
                                    "/.well-known.",
                                    "/.well-known/.git",
                                    "/a/.well-known/x",
                                    "/.well-knownx",
                                    "/.Well-Known",
                                    "/.DS_Store",
                                    "/a/..;/b",
                                    "/..;/x",
                                    "/.../x",
                                    "/..%00/",
                                    "/..%20/",
                                    "/.%20"};

TEST(FilePath, RefusesEveryWayOutAndEveryHiddenFile) {
  for (const char* raw : kAttacks) {
    const base::Result<std::string> result = FilePath(raw);
    ASSERT_FALSE(result) << raw << " is " << *result;
    EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  }
  EXPECT_FALSE(FilePath(std::string_view("/a\0b", 4)));
}

TEST(FilePath, SaysWhatIsWrong) {
  EXPECT_EQ(FilePath("/a/../b").error().detail, "path with a segment that begins with a dot");
  EXPECT_EQ(FilePath("/a%2fb").error().detail, "path with an encoded slash");
  EXPECT_EQ(FilePath("/a%00b").error().detail, "path with a control byte");
}

}  // namespace
}  // namespace offing::proto
