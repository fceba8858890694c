#include "proto/pusher_auth.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/json.h"
#include "proto/uri.h"

namespace offing::proto {
namespace {

using base::Code;
using base::Json;

Json Vectors(const std::string& name) {
  std::ifstream in(std::string(OFFING_SOURCE_DIR) + "/spec/vectors/" + name);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  base::Result<Json> vectors = base::ParseJson(text);
  EXPECT_TRUE(vectors) << name;
  return vectors ? (*vectors)["cases"] : Json::array();
}

std::string Text(const Json& vector, const char* name) {
  return vector.value(name, std::string());
}

TEST(ChannelSignature, AgreesWithTheVectors) {
  const Json cases = Vectors("channel-auth.json");
  ASSERT_GE(cases.size(), 15U);
  for (const Json& vector : cases) {
    const AppCredentials app{"1", Text(vector, "key"), Text(vector, "secret")};
    const std::string socket_id = Text(vector, "socket_id");
    const std::string channel = Text(vector, "channel");
    const std::string data = Text(vector, "channel_data");
    const std::string auth = Text(vector, "auth");
    const bool accepted = vector["accepted"].get<bool>();
    EXPECT_EQ(SignChannel(app, socket_id, channel, data) == auth, accepted) << vector["name"];
    const base::Result<void> verdict = VerifyChannel(app, auth, socket_id, channel, data);
    ASSERT_EQ(verdict.has_value(), accepted) << vector["name"];
    if (accepted) continue;
    EXPECT_EQ(verdict.error().code, Code::kUnauthorized) << vector["name"];
  }
}

TEST(ChannelSignature, NeverTellsTheRightOneToWhoGuessed) {
  const AppCredentials app{"1", "key", "secret"};
  const std::string right = SignChannel(app, "1.1", "private-x", "");
  const base::Result<void> verdict = VerifyChannel(app, "key:00", "1.1", "private-x", "");
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().detail,
            "Invalid signature: expected HMAC SHA256 hex digest of 1.1:private-x");
  EXPECT_EQ(verdict.error().detail.find(right.substr(4)), std::string::npos);
  EXPECT_EQ(VerifyChannel(app, "yek:00", "1.1", "private-x", "").error().detail,
            "Invalid key in subscription auth data");
}

TEST(ApiSignature, AgreesWithTheVectors) {
  const Json cases = Vectors("api-signature.json");
  ASSERT_GE(cases.size(), 30U);
  for (const Json& vector : cases) {
    const AppCredentials app{"3", Text(vector, "key"), Text(vector, "secret")};
    const std::string method = Text(vector, "method");
    const std::string path = Text(vector, "path");
    const std::string query = Text(vector, "query");
    const std::string body = Text(vector, "body");
    const base::Result<void> verdict =
        VerifyApiCall(app, {method, path, query, body}, vector["now"].get<int64_t>());
    ASSERT_EQ(verdict.has_value(), vector["accepted"].get<bool>())
        << vector["name"] << (verdict ? "" : ": " + verdict.error().detail);
    if (verdict) continue;
    EXPECT_EQ(verdict.error().code, Code::kUnauthorized) << vector["name"];
  }
}

TEST(ApiSignature, SignsAsPushersDocumentationDoes) {
  const AppCredentials app{"3", "278d425bdf160c739803", "7ad3773142a6692b25b8"};
  const std::string body =
      R"({"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"})";
  EXPECT_EQ(SignApiCall(app, {"POST", "/apps/3/events", "", body}, 1353088179),
            "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0"
            "&body_md5=ec365a775a4cd0599faeb73354201b6f"
            "&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c");
}

TEST(ApiSignature, VerifiesWhatItSigned) {
  const AppCredentials app{"3", "key", "secret"};
  for (const char* raw_query :
       {"", "info=user_count,log&Filter_By_Prefix=a b%26c", "z=%C3%A9&a=&b"}) {
    for (const char* body : {"", "{}"}) {
      ApiCall call{"POST", "/apps/3/channels/a%3Bb", raw_query, body};
      const std::string query = SignApiCall(app, call, 1'000'000);
      call.raw_query = query;
      EXPECT_TRUE(SplitTarget("/?" + query)) << query;
      EXPECT_TRUE(VerifyApiCall(app, call, 1'000'600)) << query;
      EXPECT_FALSE(VerifyApiCall(app, call, 1'000'601)) << query;
      call.method = "GET";
      EXPECT_FALSE(VerifyApiCall(app, call, 1'000'000)) << query;
    }
  }
}

TEST(AppCredentials, AreReadFromOneLine) {
  const base::Result<AppCredentials> app = ParseAppCredentials("12:my-key_1.0:se:cr et");
  ASSERT_TRUE(app);
  EXPECT_EQ(app->id, "12");
  EXPECT_EQ(app->key, "my-key_1.0");
  EXPECT_EQ(app->secret, "se:cr et");
}

TEST(AppCredentials, SayWhatIsMissing) {
  for (const auto& [text, why] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", "the key and the secret are missing"},
           {"id", "the key and the secret are missing"},
           {"id:key", "the secret is missing"},
           {":key:secret", "the id is empty"},
           {"id::secret", "the key is empty"},
           {"id:key:", "the secret is empty"},
           {"i/d:key:secret", "id and key are made of A-Z a-z 0-9 - _ ."},
           {"id:k y:secret", "id and key are made of A-Z a-z 0-9 - _ ."},
       }) {
    const base::Result<AppCredentials> app = ParseAppCredentials(text);
    ASSERT_FALSE(app) << text;
    EXPECT_EQ(app.error().code, Code::kInvalidArgument);
    EXPECT_EQ(app.error().detail, std::string("app must be ID:KEY:SECRET; ") + why) << text;
  }
}

}  // namespace
}  // namespace offing::proto
