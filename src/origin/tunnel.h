// Tunnel: bytes between a client and the origin after a 101, whatever they mean. Each side that
// does not read holds back the other (ProxyConfig::max_queued_bytes). When one side ends, what was
// read from it is still sent to the other, and then that ends too. A tunnel in which nothing moves
// for idle_time ends.
//
// Threading: core-local.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/taken_stream.h"
#include "origin/shard.h"

namespace offing::origin {

class Tunnel final : public Resident, private net::Stream::Listener, private Link::User {
 public:
  Tunnel(Shard& shard, http::TakenStream client, std::unique_ptr<Link> link);
  ~Tunnel() override;

  // `early`: for the client: the 101, and what came behind it.
  void Start(std::string early);

  void Sweep(int64_t now_ms) override;
  void Drain() override { End(); }

 private:
  void OnBytes(std::span<char> bytes) override;
  void OnDrained() override;
  void OnClosed() override { End(); }
  void OnLinkBytes(std::string_view bytes) override;
  void OnLinkDrained() override;
  void OnLinkClosed(End end) override;

  void ToClient(std::string bytes);
  void ToOrigin(std::string bytes);
  void End();

  Shard& shard_;
  http::TakenStream client_;
  std::unique_ptr<Link> link_;
  int64_t moved_ms_;
  bool over_ = false;
};

}  // namespace offing::origin
