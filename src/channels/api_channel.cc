// GET /channels/{NAME}: one channel, and its log if it is asked for.
#include <utility>
#include <vector>

#include "base/json.h"
#include "channels/api.h"
#include "channels/api_event.h"

namespace offing::channels {

using base::Code;
using base::Fail;
using base::Json;
using base::Result;

namespace {

enum class LogInfo { kNone, kAsked };

struct Wanted {
  Info info = Info::kNone;
  LogInfo log = LogInfo::kNone;
};

// `log` may stand anywhere in the list; the rest is as everywhere.
Result<Wanted> ReadWanted(std::string_view text) {
  Wanted wanted;
  std::string rest;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view attribute = text.substr(0, comma);
    if (attribute == "log") {
      wanted.log = LogInfo::kAsked;
    } else {
      rest.append(rest.empty() ? "" : ",").append(attribute);
    }
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  const Result<Info> info = ReadInfo(rest);
  if (!info) return Fail(Code::kInvalidArgument, "info may be subscription_count and log");
  wanted.info = *info;
  return wanted;
}

Json EncodeChannel(size_t count, Info info) {
  Json answer{{"occupied", count > 0}};
  if (info == Info::kSubscriptionCount) answer["subscription_count"] = count;
  return answer;
}

Json EncodeLog(const store::LogState& state) {
  return {{"epoch", base::FormatEpoch(state.epoch)},
          {"first", state.first},
          {"head", state.head},
          {"bytes", state.bytes}};
}

}  // namespace

void Api::GetChannel(const Call& call, const std::string& name) {
  const Result<Wanted> wanted = ReadWanted(call.Query("info"));
  if (!wanted) return call.Answer(ApiError(wanted.error()));
  const bool log = wanted->log == LogInfo::kAsked && shared_.config.RetentionOf(name);
  publisher_.Count(call.from, call.app, {name},
                   [this, call, name, log, info = wanted->info](const std::vector<size_t>& counts) {
                     Json answer = EncodeChannel(counts.front(), info);
                     if (!log) return call.AnswerJson(base::DumpJson(answer));
                     const std::string& app = shared_.config.apps[static_cast<size_t>(call.app)].id;
                     shared_.journal->Read({app, name}, 0, 0, 0,
                                           [call, answer](Result<store::Page> page) mutable {
                                             if (!page) return call.Answer(ApiError(page.error()));
                                             answer["log"] = EncodeLog(page->state);
                                             call.AnswerJson(base::DumpJson(answer));
                                           });
                   });
}

}  // namespace offing::channels
