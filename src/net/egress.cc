#include "net/egress.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "net/socket.h"

namespace offing::net {

namespace {

constexpr size_t kBudget = 1 << 20;  // of one socket in one round

}  // namespace

void Egress::Add(boost::intrusive_ptr<Socket> socket) {
  dirty_.push_back(std::move(socket));
}

void Egress::Flush() {
  uint64_t sent = 0;
  flushing_.swap(dirty_);
  for (const auto& socket : flushing_) {
    if (!socket->BeginFlush()) continue;
    const size_t before = socket->queue().bytes();
    const WriteQueue::Outcome outcome = socket->Flush(kBudget);
    sent += before - socket->queue().bytes();
    socket->EndFlush(outcome);
  }
  flushing_.clear();
  sent_bytes_.Add(sent);
}

}  // namespace offing::net
