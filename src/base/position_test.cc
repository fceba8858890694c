#include "base/position.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/json.h"

namespace offing::base {
namespace {

Json Vectors(const std::string& name) {
  std::ifstream in(std::string(OFFING_SOURCE_DIR) + "/spec/vectors/" + name);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  Result<Json> vectors = ParseJson(text);
  EXPECT_TRUE(vectors) << name;
  return vectors ? (*vectors)["cases"] : Json::array();
}

TEST(Position, AgreesWithTheVectors) {
  const Json cases = Vectors("position.json");
  ASSERT_GE(cases.size(), 30U);
  for (const Json& vector : cases) {
    const auto text = vector["text"].get<std::string>();
    const std::optional<Position> position = ParsePosition(text);
    ASSERT_EQ(position.has_value(), vector["valid"].get<bool>()) << vector["name"];
    if (!position) continue;
    EXPECT_EQ(FormatEpoch(position->epoch), vector["epoch"].get<std::string>());
    EXPECT_EQ(std::to_string(position->seq), vector["seq"].get<std::string>());
    EXPECT_EQ(FormatPosition(*position), text);
  }
}

TEST(Position, ComparesBothParts) {
  const Position position{Epoch{0xABC}, 7};
  EXPECT_EQ(position, ParsePosition("000000000abc:7"));
  EXPECT_NE(position, (Position{Epoch{0xABC}, 8}));
  EXPECT_NE(position, (Position{Epoch{0xABD}, 7}));
  EXPECT_EQ(FormatPosition(Position{}), "0:0");
  EXPECT_EQ(FormatEpoch(kNoEpoch), "0");
}

}  // namespace
}  // namespace offing::base
