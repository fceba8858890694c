// Weights are within their bounds and mean the same when they are written out; case means nothing.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "proto/accept_encoding.h"

namespace {

std::string Weight(int thousandths) {
  if (thousandths == 1000) return "1";
  const std::string digits = std::to_string(thousandths);
  return "0." + std::string(3 - digits.size(), '0') + digits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace offing::proto;
  std::string header(reinterpret_cast<const char*>(data), size);
  const CodingWeights weights = ParseAcceptEncoding(header);
  for (const int weight : {weights.brotli, weights.gzip, weights.identity}) {
    CHECK(weight >= 0 && weight <= 1000, "a weight out of its bounds");
  }
  const std::string written = "br;q=" + Weight(weights.brotli) + ",gzip;q=" + Weight(weights.gzip) +
                              ",identity;q=" + Weight(weights.identity);
  CHECK(ParseAcceptEncoding(written) == weights, "weights changed on their way");
  for (char& c : header) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~32) : c;
  CHECK(ParseAcceptEncoding(header) == weights, "case meant something");
  return 0;
}
