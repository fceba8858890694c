#include "http/server.h"

#include <atomic>
#include <utility>

#include "base/check.h"
#include "http/lobby.h"

namespace offing::http {

class Server::Impl {
 public:
  Impl(Deps deps, ServerConfig config)
      : shared_{.config = config,
                .handler = deps.handler,
                .clock = deps.clock,
                .log = deps.log,
                .access_log = deps.access_log,
                .counters = Counters(deps.metrics)} {
    for (net::Core* core : deps.cores) {
      doors_.push_back(std::make_shared<Door>());
      doors_.back()->lobby = std::make_shared<Lobby>(*core, shared_);
      doors_.back()->lobby->Start();
    }
  }

  base::Result<uint16_t> Listen(net::ListenAddress address, net::TlsContext* tls);
  void StopAccepting();
  void Drain(std::function<void()> done);

 private:
  // What a core has of this server.
  struct Door {
    std::shared_ptr<Lobby> lobby;
    std::vector<std::unique_ptr<net::Acceptor>> acceptors;
  };

  Shared shared_;
  std::vector<std::shared_ptr<Door>> doors_;
};

base::Result<uint16_t> Server::Impl::Listen(net::ListenAddress address, net::TlsContext* tls) {
  net::PortUse use = net::PortUse::kFirst;
  for (const auto& door : doors_) {
    auto acceptor = net::Listen(
        door->lobby->core(), address, use,
        [lobby = door->lobby.get()](std::unique_ptr<net::Stream> stream) {
          lobby->Greet(std::move(stream));
        },
        tls);
    if (!acceptor) return std::unexpected(acceptor.error());
    address.port = (*acceptor)->port();
    use = net::PortUse::kJoin;
    door->acceptors.push_back(std::move(*acceptor));
  }
  return address.port;
}

// The functions that are posted hold a core's part weakly: a server may be gone before they run.
void Server::Impl::StopAccepting() {
  for (const auto& door : doors_) {
    door->lobby->core().Post([weak = std::weak_ptr(door)] {
      if (const auto open = weak.lock()) open->acceptors.clear();
    });
  }
}

void Server::Impl::Drain(std::function<void()> done) {
  struct Waiting {
    std::atomic<size_t> lobbies;
    std::function<void()> done;
  };
  auto waiting = std::make_shared<Waiting>();
  waiting->lobbies = doors_.size();
  waiting->done = std::move(done);
  for (const auto& door : doors_) {
    door->lobby->core().Post([weak = std::weak_ptr(door), waiting] {
      const auto open = weak.lock();
      if (!open) return;
      open->lobby->Drain([waiting] {
        if (--waiting->lobbies == 0) waiting->done();
      });
    });
  }
}

Server::Server(Deps deps, ServerConfig config)
    : impl_(std::make_unique<Impl>(std::move(deps), config)) {}
Server::~Server() = default;

base::Result<uint16_t> Server::Listen(const net::ListenAddress& address, net::TlsContext* tls) {
  return impl_->Listen(address, tls);
}
void Server::StopAccepting() {
  impl_->StopAccepting();
}
void Server::Drain(std::function<void()> done) {
  impl_->Drain(std::move(done));
}

}  // namespace offing::http
