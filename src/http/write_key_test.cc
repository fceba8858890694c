#include "http/write_key.h"

#include <gtest/gtest.h>

#include "http/fake_exchange.h"

namespace offing::http {
namespace {

constexpr const char* kClient = "0123456789abcdef0123456789abcdef";

Request Write(Headers headers) {
  return MakeRequest("POST", "/notes", std::move(headers));
}
Headers Entry(const std::string& entry) {
  return {{"idempotency-key", "\"k\""}, {"offing-entry", entry}};
}
std::string EntryOf(const std::string& rest) {
  return std::string("client=\"") + kClient + "\"" + rest;
}

TEST(ReadWriteKey, IsNothingWithoutAKey) {
  const auto read = ReadWriteKey(Write({{"offing-entry", "what"}}));
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST(ReadWriteKey, ReadsTheKeyAndThePlaceInTheLane) {
  const auto read = ReadWriteKey(Write(Entry(EntryOf(R"(, lane="/a%20b", seq=7, acked=6)"))));
  ASSERT_TRUE(read && *read && (*read)->entry);
  EXPECT_EQ((*read)->key, "k");
  EXPECT_EQ((*read)->entry->client, kClient);
  EXPECT_EQ((*read)->entry->lane, "/a%20b");
  EXPECT_EQ((*read)->entry->seq, 7);
  EXPECT_EQ((*read)->entry->acked, 6);
}

TEST(ReadWriteKey, AnEntryOfNoLaneHasAClientOnly) {
  const auto read = ReadWriteKey(Write(Entry(EntryOf(", seq=3"))));
  ASSERT_TRUE(read && *read && (*read)->entry);
  EXPECT_EQ((*read)->entry->lane, "");
  EXPECT_EQ((*read)->entry->seq, 0);
}

TEST(ReadWriteKey, RefusesKeysThatAreNoStringsOfTheStandard) {
  for (const char* key : {"", "k", "\"\"", "\"a\" b", "\"a\", \"b\""}) {
    EXPECT_FALSE(ReadWriteKey(Write({{"idempotency-key", key}}))) << key;
  }
  const std::string most(kMaxKeyBytes, 'k');
  EXPECT_TRUE(ReadWriteKey(Write({{"idempotency-key", '"' + most + '"'}})));
  EXPECT_FALSE(ReadWriteKey(Write({{"idempotency-key", '"' + most + "k\""}})));
  EXPECT_FALSE(ReadWriteKey(Write({{"idempotency-key", "\"a\""}, {"idempotency-key", "\"b\""}})));
}

TEST(ReadWriteKey, RefusesEntriesThatCannotBeRead) {
  for (const std::string& entry :
       {std::string(), std::string("lane=\"a\", seq=1"), std::string("client=\"0123\""),
        std::string("client=\"0123456789ABCDEF0123456789ABCDEF\""), EntryOf(", lane=1, seq=1"),
        EntryOf(", lane=\"a\""), EntryOf(", lane=\"a\", seq=0"), EntryOf(", lane=\"a\", seq=-1"),
        EntryOf(", lane=\"a\", seq=\"1\""), EntryOf(", lane=\"a\", seq=1, acked=-1"),
        EntryOf(", lane=\"a\", seq=1.5"),
        EntryOf(", lane=\"" + std::string(kMaxLaneBytes + 1, 'a') + "\", seq=1")}) {
    EXPECT_FALSE(ReadWriteKey(Write(Entry(entry)))) << entry;
  }
}

TEST(ScopeOf, OfAnEntryIsItsClientAndWriterWhoeverSendsItNow) {
  const WriteKey key{"k", WriteEntry{kClient}};
  const std::string nobody = std::string("c:") + kClient + ":";
  EXPECT_EQ(ScopeOf(Write(Entry(EntryOf(""))), key, ""), nobody);
  EXPECT_EQ(ScopeOf(Write(Entry(EntryOf(""))), key, "ann"), nobody);
  Headers headers = Entry(EntryOf(""));
  headers.emplace_back("offing-user", "0011223344556677");
  EXPECT_EQ(ScopeOf(Write(headers), key, ""), nobody + "0011223344556677");
  EXPECT_EQ(ScopeOf(Write(headers), key, "ann"), nobody + "0011223344556677");
}

TEST(ScopeOf, OfAPlainRequestOfAUserIsThatUser) {
  EXPECT_EQ(ScopeOf(Write({}), {"k", {}}, "ann"), "u:ann");
}

TEST(ScopeOf, OfAPlainRequestOfNobodyIsWhatItProvesItselfWith) {
  const std::string nobody = ScopeOf(Write({}), {"k", {}}, "");
  const std::string cookie = ScopeOf(Write({{"cookie", "s=1"}}), {"k", {}}, "");
  const std::string other = ScopeOf(Write({{"cookie", "s=2"}}), {"k", {}}, "");
  const std::string basic = ScopeOf(Write({{"authorization", "s=1"}}), {"k", {}}, "");
  EXPECT_TRUE(nobody.starts_with("a:"));
  EXPECT_NE(nobody, cookie);
  EXPECT_NE(cookie, other);
  EXPECT_NE(cookie, basic);
  EXPECT_EQ(cookie, ScopeOf(Write({{"cookie", "s=1"}}), {"other", {}}, ""));
}

}  // namespace
}  // namespace offing::http
