#include "web/assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace offing::web {
namespace {

std::string BundleOnDisk(std::string_view name) {
  std::ifstream in(std::string(OFFING_SOURCE_DIR) + "/web/dist/" + std::string(name),
                   std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

TEST(Assets, NamesTheWorkerInBothFormsItsPartsAndTheClient) {
  std::vector<std::string_view> names;
  for (const Asset& asset : EmbeddedAssets()) names.push_back(asset.name);
  EXPECT_THAT(names,
              testing::ElementsAre("worker.js", "worker.json-patch.js", "worker.outbox.js",
                                   "worker.routes.js", "worker.safety.js", "worker.mjs",
                                   "outbox.mjs", "client.mjs", "update.mjs", "outbox-element.mjs"));
}

TEST(Assets, HoldTheBundlesByteForByte) {
  for (const Asset& asset : EmbeddedAssets()) {
    EXPECT_EQ(asset.bytes, BundleOnDisk(asset.name)) << asset.name;
    EXPECT_EQ(FindAsset(asset.name), asset.bytes) << asset.name;
  }
}

TEST(Assets, AnUnknownNameIsNothing) {
  EXPECT_EQ(FindAsset("worker"), std::nullopt);
  EXPECT_EQ(FindAsset(""), std::nullopt);
  EXPECT_EQ(FindAsset("worker.js "), std::nullopt);
}

}  // namespace
}  // namespace offing::web
