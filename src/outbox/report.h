// Report: what went wrong with one write, as a worker tells it or the guard knows it, and as the
// operator sees it. Pure.
//
// Limits: every text of a report is cut to kMaxReportText bytes, whole characters.
//
// Threading: values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/types.h"

namespace offing::outbox {

inline constexpr size_t kMaxReportText = 1'000;

struct Report {
  std::string id;     // of the entry: its key
  std::string state;  // rejected, conflict, expired, held; of the guard: unknown, settled
  std::string method;
  std::string url;
  std::string lane;
  std::string client;
  std::string user;  // "": nobody whom we know
  int64_t status = 0;
  std::string problem;
  int64_t at_ms = 0;  // when it happened, as whoever tells it says
  int64_t seen_ms = 0;
};

// {"entry": {...}}, as a worker sends it. kInvalidArgument says what is missing.
base::Result<Report> ParseReport(std::string_view body);

std::string EncodeReport(const Report& report);
// nullopt: EncodeReport did not write this.
std::optional<Report> DecodeReport(std::string_view text);

// The last word on each write, the newest first, without those that are settled.
std::vector<Report> Fold(std::span<const store::Event> events);

}  // namespace offing::outbox
