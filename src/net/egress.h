// Egress: the sockets that were written to in this round, flushed together at its end.
//
// This is a plain loop with one send(2) per socket, which runs everywhere. It is the seam at which
// another way to hand many sends to the kernel at once (an io_uring batch) takes its place: nothing
// outside sees how bytes leave.
//
// Threading: core-local.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <vector>

#include "base/metrics.h"

namespace offing::net {

class Socket;

class Egress {
 public:
  explicit Egress(base::Counter& sent_bytes) : sent_bytes_(sent_bytes) {}
  // Once per socket and round.
  void Add(boost::intrusive_ptr<Socket> socket);
  // Sockets that are added meanwhile wait for the next call.
  void Flush();

 private:
  base::Counter& sent_bytes_;
  std::vector<boost::intrusive_ptr<Socket>> dirty_;
  std::vector<boost::intrusive_ptr<Socket>> flushing_;  // keeps its memory between rounds
};

}  // namespace offing::net
