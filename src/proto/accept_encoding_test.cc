#include "proto/accept_encoding.h"

#include <gtest/gtest.h>

namespace offing::proto {
namespace {

struct Case {
  const char* header;
  CodingWeights weights;
};

TEST(ParseAcceptEncoding, ReadsWhatTheStandardAllows) {
  for (const auto& [header, weights] : {
           Case{"gzip, deflate, br", {1000, 1000, 1}},
           {"gzip, deflate, br, zstd", {1000, 1000, 1}},
           {"br", {1000, 0, 1}},
           {"GZIP", {0, 1000, 1}},
           {"x-gzip", {0, 1000, 1}},
           {"br;q=1.0, gzip;q=0.8, *;q=0.1", {1000, 800, 1}},
           {"gzip;q=0.5,br;q=0.25", {250, 500, 1}},
           {"gzip;q=0.001", {0, 1, 1}},
           {"*", {1000, 1000, 1}},
           {"*;q=0.3, br;q=0", {0, 300, 1}},
           {"identity", {0, 0, 1000}},
           {"identity;q=0.5, gzip;q=1", {0, 1000, 500}},
           {"gzip, identity;q=0", {0, 1000, 0}},
           {"gzip, *;q=0", {0, 1000, 0}},
           {"identity;q=0.2, *;q=0", {0, 0, 200}},
           {"br ; q=0.9 , gzip\t;\tq=0.8", {900, 800, 1}},
           {"br;Q=0.9", {900, 0, 1}},
           {",, br ,", {1000, 0, 1}},
           {"gzip;q=0.", {0, 0, 1}},
           {"gzip;q=1.", {0, 1000, 1}},
           {"gzip;q=1.000", {0, 1000, 1}},
           {"gzip;q=0.12", {0, 120, 1}},
           {"gzip;level=9;q=0.4", {0, 400, 1}},
       }) {
    EXPECT_EQ(ParseAcceptEncoding(header), weights) << header;
  }
}

TEST(ParseAcceptEncoding, TakesNothingForGrantedInWhatItCannotRead) {
  for (const auto& [header, weights] : {
           Case{"", {0, 0, 1}},
           {"  ", {0, 0, 1}},
           {"deflate", {0, 0, 1}},
           {"gzipped, brr, xbr", {0, 0, 1}},
           {"gzip;q=2", {0, 0, 1}},
           {"gzip;q=1.001", {0, 0, 1}},
           {"gzip;q=0.1234", {0, 0, 1}},
           {"gzip;q=-1", {0, 0, 1}},
           {"gzip;q=", {0, 0, 1}},
           {"gzip;q=.5", {0, 0, 1}},
           {"gzip;q=0,5", {0, 0, 1}},
           {"gzip;q=abc, br", {1000, 0, 1}},
           {"gzip;q=0, gzip", {0, 0, 1}},
           {"gzip br", {0, 0, 1}},
           {"\"br\"", {0, 0, 1}},
       }) {
    EXPECT_EQ(ParseAcceptEncoding(header), weights) << header;
  }
}

}  // namespace
}  // namespace offing::proto
