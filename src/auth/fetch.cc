#include "auth/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "net/public_address.h"

namespace offing::auth {

namespace {

using base::Code;
using base::Fail;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct Transfer {
  const FetchOptions& options;
  const std::atomic<bool>& stop;
  std::string body;
  bool too_large = false;
  bool not_public = false;
};

size_t OnBody(const char* data, size_t size, size_t count, void* opaque) {
  auto& transfer = *static_cast<Transfer*>(opaque);
  if (transfer.body.size() + size * count > transfer.options.max_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(data, size * count);
  return size * count;
}

// Sees the address behind all names, at the last moment before it is connected to.
curl_socket_t OpenSocket(void* opaque, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(opaque);
  if (transfer.options.hosts == KeyHosts::kPublic && !net::IsPublicAddress(address->addr)) {
    transfer.not_public = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int OnProgress(void* opaque, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Transfer*>(opaque)->stop ? 1 : 0;
}

void Prepare(CURL* easy, const std::string& url, Transfer& transfer) {
  const FetchOptions& options = transfer.options;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.time_ms));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "offing/" OFFING_VERSION);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
}

}  // namespace

base::Result<std::string> Fetch(const std::string& url, const FetchOptions& options,
                                const std::atomic<bool>& stop) {
  const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
  if (!easy) return Fail(Code::kUnavailable, "libcurl cannot be used");
  Transfer transfer{.options = options, .stop = stop};
  Prepare(easy.get(), url, transfer);
  const CURLcode result = curl_easy_perform(easy.get());
  if (stop) return Fail(Code::kClosed, "stopped");
  if (transfer.too_large) {
    return Fail(Code::kTooLarge, fmt::format("the answer is over {} bytes", options.max_bytes));
  }
  if (result != CURLE_OK && transfer.not_public) {
    return Fail(Code::kForbidden,
                "leads to an address that is not public; [auth] jwks_hosts = \"any\" allows that");
  }
  if (result == CURLE_OPERATION_TIMEDOUT) {
    return Fail(Code::kTimeout, fmt::format("no answer within {} ms", options.time_ms));
  }
  if (result != CURLE_OK) return Fail(Code::kIo, curl_easy_strerror(result));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return Fail(Code::kUnavailable, fmt::format("the answer is {}", status));
  return std::move(transfer.body);
}

}  // namespace offing::auth
