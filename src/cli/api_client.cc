#include "cli/api_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <utility>

#include "base/check.h"

namespace offing::cli {

namespace {

constexpr long kTimeoutMs = 20'000;

size_t Collect(char* bytes, size_t size, size_t count, void* out) {
  static_cast<std::string*>(out)->append(bytes, size * count);
  return size * count;
}

}  // namespace

struct ApiClient::Connection {
  CURL* handle = curl_easy_init();
  ~Connection() { curl_easy_cleanup(handle); }
};

ApiClient::ApiClient(std::string server, proto::AppCredentials app, const base::Clock& clock)
    : server_(std::move(server)),
      app_(std::move(app)),
      clock_(clock),
      connection_(std::make_unique<Connection>()) {
  CHECK(connection_->handle != nullptr, "curl_easy_init");
  while (server_.ends_with('/')) server_.pop_back();
}

ApiClient::~ApiClient() = default;

base::Result<ApiClient::Answer> ApiClient::Post(std::string_view path, const std::string& body,
                                                const std::vector<std::string>& headers) {
  return Send({"POST", path, body, headers});
}

base::Result<ApiClient::Answer> ApiClient::Get(std::string_view path) {
  return Send({"GET", path, "", {}});
}

base::Result<ApiClient::Answer> ApiClient::Send(const Call& call) {
  const std::string& body = call.body;
  const std::string full_path = fmt::format("/apps/{}{}", app_.id, call.path);
  const std::string query =
      proto::SignApiCall(app_, {call.method, full_path, "", body}, clock_.WallMs() / 1000);
  const std::string url = server_ + full_path + "?" + query;

  CURL* curl = connection_->handle;
  curl_easy_reset(curl);  // keeps the connection
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  if (call.method == "POST") list = curl_slist_append(list, "Content-Type: application/json");
  for (const std::string& header : call.headers) list = curl_slist_append(list, header.c_str());
  Answer answer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  if (call.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "offing/" OFFING_VERSION);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(list);
  if (code != CURLE_OK) {
    return base::Fail(base::Code::kUnavailable,
                      fmt::format("{}: {}", server_, curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace offing::cli
