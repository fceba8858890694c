#include "live/origin_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace offing::live {
namespace {

const base::Position kBefore{base::Epoch{0x0123456789ab}, 7};

Resource AnyResource() {
  Resource resource;
  resource.definition = "0123456789abcdef";
  return resource;
}

struct Amended {
  OriginAnswer what;
  http::Response head;
  std::string Header(std::string_view name) const {
    std::string found;
    for (const auto& [key, value] : head.headers) {
      if (key == name) found += (found.empty() ? "" : " and ") + value;
    }
    return found;
  }
};

Amended Amend(http::Headers headers, int status = 200,
              std::optional<base::Position> before = kBefore) {
  Amended amended;
  amended.head.status = status;
  amended.head.headers = std::move(headers);
  amended.what = AmendOriginAnswer(amended.head, AnyResource(), before);
  return amended;
}

Amended AmendJson(std::string name, std::string value) {
  return Amend({{"Content-Type", "application/json"}, {std::move(name), std::move(value)}});
}

TEST(OriginAnswer, GetsThePositionFromBeforeAndTheDefinition) {
  const Amended amended = Amend({{"Content-Type", "application/json; charset=utf-8"},
                                 {"ETag", "W/\"1\""},
                                 {"Cache-Control", "max-age=60, must-revalidate"}});
  EXPECT_EQ(amended.what, OriginAnswer::kLive);
  EXPECT_EQ(amended.Header("Offing-Position"), "0123456789ab:7");
  EXPECT_EQ(amended.Header("Offing-Definition"), "01234567");
  EXPECT_EQ(amended.Header("ETag"), "W/\"1\"") << "the rest is the origin's own";
  EXPECT_EQ(amended.Header("Cache-Control"), "max-age=60, must-revalidate");
}

TEST(OriginAnswer, KeepsThePositionThatTheOriginStates) {
  for (const char* name : {"Offing-Position", "offing-position", "OFFING-POSITION"}) {
    const Amended amended = Amend({{"content-type", "Application/JSON"},
                                   {name, " 0123456789ab:5 "},
                                   {"Offing-Definition", "spoofed"}});
    EXPECT_EQ(amended.what, OriginAnswer::kLive);
    EXPECT_EQ(amended.Header("Offing-Position"), "0123456789ab:5");
    EXPECT_EQ(amended.Header("Offing-Definition"), "01234567");
    EXPECT_EQ(amended.head.headers.size(), 3u);
  }
}

TEST(OriginAnswer, DoesNotBelieveAPositionThatIsNone) {
  for (const char* position : {"", "5", "0123456789ab", "0123456789AB:5", "0123456789ab:05",
                               "0123456789ab:-1", "0123456789ab:99999999999999999999"}) {
    const http::Headers headers{{"Content-Type", "application/json"},
                                {"Offing-Position", position}};
    EXPECT_EQ(Amend(headers).Header("Offing-Position"), "0123456789ab:7") << position;
    const Amended exact = Amend(headers, 200, std::nullopt);
    EXPECT_EQ(exact.what, OriginAnswer::kUnstated) << position;
    EXPECT_EQ(exact.Header("Offing-Position"), "");
    EXPECT_EQ(exact.Header("Offing-Definition"), "01234567") << "it says whose answer it is";
  }
  const Amended twice = Amend({{"Content-Type", "application/json"},
                               {"Offing-Position", "0123456789ab:5"},
                               {"Offing-Position", "0123456789ab:6"}},
                              200, std::nullopt);
  EXPECT_EQ(twice.what, OriginAnswer::kUnstated);
}

TEST(OriginAnswer, LeavesAnythingButA200WithJsonUntouched) {
  const http::Headers json{{"Content-Type", "application/json"},
                           {"Offing-Position", "0123456789ab:5"}};
  for (const int status : {201, 204, 206, 301, 304, 404, 500}) {
    const Amended amended = Amend(json, status);
    EXPECT_EQ(amended.what, OriginAnswer::kOther) << status;
    EXPECT_EQ(amended.head.headers, json);
  }
  for (const char* type : {"text/html", "application/problem+json", "application/jsonp", ""}) {
    const Amended amended = Amend({{"Content-Type", type}});
    EXPECT_EQ(amended.what, OriginAnswer::kOther) << type;
    EXPECT_EQ(amended.head.headers.size(), 1u);
  }
  EXPECT_EQ(Amend({}).what, OriginAnswer::kOther);
}

TEST(OriginAnswer, IsNotLiveIfItIsForOneUserEvenWithAPositionOfItsOwn) {
  for (const char* cache : {"private", "no-store", "max-age=0, Private", "PRIVATE=\"set-cookie\"",
                            "no-cache,no-store , must-revalidate"}) {
    EXPECT_EQ(AmendJson("Cache-Control", cache).what, OriginAnswer::kPrivate) << cache;
  }
  for (const char* vary : {"Cookie", "Accept-Encoding, cookie", "authorization", "*"}) {
    EXPECT_EQ(AmendJson("vary", vary).what, OriginAnswer::kPrivate) << vary;
  }
  for (const char* cache : {"no-cache", "public, max-age=1", "x-private", "max-age=\"private\""}) {
    EXPECT_EQ(AmendJson("Cache-Control", cache).what, OriginAnswer::kLive) << cache;
  }
  EXPECT_EQ(AmendJson("Vary", "Accept-Encoding, Origin").what, OriginAnswer::kLive);
  const Amended stated = Amend({{"Content-Type", "application/json"},
                                {"Offing-Position", "0123456789ab:5"},
                                {"Cache-Control", "max-age=5"},
                                {"Cache-Control", "private"}});
  EXPECT_EQ(stated.what, OriginAnswer::kPrivate);
  EXPECT_EQ(stated.Header("Offing-Position"), "");
}

}  // namespace
}  // namespace offing::live
