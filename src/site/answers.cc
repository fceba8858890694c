#include "site/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace offing::site {

namespace {

constexpr auto kOurs = std::to_array<std::string_view>(
    {"accept-ranges", "age", "cache-control", "connection", "content-encoding", "content-length",
     "content-range", "content-type", "date", "etag", "keep-alive", "last-modified", "location",
     "server", "set-cookie", "trailer", "transfer-encoding", "upgrade"});

bool IsTokenChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsValueChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

base::Result<void> CheckExtraHeaders(const ExtraHeaders& headers) {
  for (const auto& [name, value] : headers) {
    const auto refuse = [&name](std::string_view why) {
      return base::Fail(base::Code::kInvalidArgument, fmt::format("\"{}\": {}", name, why));
    };
    if (name.empty() || !std::ranges::all_of(name, IsTokenChar)) {
      return refuse("is no name of a header: letters, digits and - are");
    }
    if (!std::ranges::all_of(value, IsValueChar)) {
      return refuse("its value holds a line break or another control character");
    }
    if (std::ranges::find(kOurs, base::ToLower(name)) != kOurs.end()) {
      return refuse("is written by the server itself; take it out");
    }
  }
  return {};
}

Answers::Answers(ExtraHeaders headers, base::Metrics& metrics)
    : headers_(std::move(headers)),
      files_(metrics.AddCounter("offing_site_files_total", "Files that were sent.")),
      bytes_(metrics.AddCounter("offing_site_bytes_total", "Bytes of files sent.")),
      encoded_(
          metrics.AddCounter("offing_site_encoded_total", "Files that were sent compressed.")) {}

void Answers::Send(http::Exchange& exchange, http::Response response) const {
  for (const auto& [name, value] : headers_) {
    const std::string lower = base::ToLower(name);
    const auto same = [&lower](const auto& header) { return base::ToLower(header.first) == lower; };
    // The server's own word gives way; of Vary both count.
    if (lower != "vary") std::erase_if(response.headers, same);
    response.headers.emplace_back(name, value);
  }
  exchange.Send(std::move(response));
}

void Answers::SendContent(http::Exchange& exchange, http::Response response) const {
  files_.Add();
  if (exchange.request().method == "GET") bytes_.Add(response.body_size());
  if (!http::FindHeader(response.headers, "Content-Encoding").empty()) encoded_.Add();
  Send(exchange, std::move(response));
}

}  // namespace offing::site
