// Connection: HTTP/1.1 on one stream. One request at a time: while it waits for its answer nothing
// is read, so what a peer can pipeline is bounded by one read. What parsing needs exists only while
// a request is read, what streaming needs while an exchange streams; an idle connection is this
// object and its stream.
//
// While a handler listens to its exchange the stream is read, to notice that the client goes: one
// read of what was pipelined is kept, and then no more is read, and the end is noticed late.
//
// connection_stream.cc has the part that streams (http/exchange.h).
//
// Threading: core-local.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/lobby.h"
#include "http/parser.h"
#include "http/peer.h"
#include "http/response_head.h"
#include "http/taken_stream.h"
#include "http/transfer.h"

namespace offing::http {

class PendingExchange;

class Connection final : public Peer {
 public:
  Connection(Lobby& lobby, std::unique_ptr<net::Stream> stream);
  ~Connection() override;

  void Start();

  // From the exchange.
  Lobby& lobby() { return lobby_; }
  void Answer(Response response);
  void Upgrade(std::unique_ptr<WebSocketListener> listener, WebSocketLimits limits);
  void OnDropped();  // without an answer, or before its end

  // From an exchange that streams.
  void Watch();
  bool streamed() const { return transfer_ && transfer_->streamed; }
  void ResumeBody();
  void PauseBody();
  void Inform(const Response& head);
  void Begin(const Response& head, std::optional<uint64_t> length);
  void WriteBody(std::string_view bytes);
  void EndBody();
  void AbortBody();
  size_t queued_bytes() const { return stream_->queued_bytes(); }
  void AwaitDrained() { stream_->AwaitDrained(); }
  TakenStream Take();

  void OnBytes(std::span<char> bytes) override;
  void OnDrained() override;
  void OnClosed() override;
  void Sweep(int64_t now_ms) override;
  void Continue() override;

 private:
  enum class State : uint8_t {
    kIdle,       // between requests
    kReading,    // a request has begun
    kHandling,   // the exchange is out
    kSending,    // an answer is being sent, and the connection goes on then
    kFinishing,  // the last answer is being sent
    kOver,
  };

  // What came behind a request.
  struct LeftOver {
    std::string bytes;
    size_t taken = 0;
    std::string_view rest() const { return std::string_view(bytes).substr(taken); }
  };

  void Parse(std::string_view bytes);
  void KeepRest(std::string_view rest);
  void Dispatch();
  void DispatchStreamed();
  void HandOver(Request request);
  void OnBodyBytes(std::string_view bytes);
  void OnAhead(std::string_view bytes);
  void HandOnBody();
  void RefuseBody(int status, std::string_view text);
  Transfer& transfer();
  Persistence persistence() const;
  void Over();
  void Refuse(int status, std::string_view text);
  void Send(Response response);
  void SendBody(std::string head, Response& response);
  void GoOn();
  void Finish();
  void End();
  void BecomeIdle();
  bool StallsAt(int64_t now_ms);
  void SweepBody(int64_t now_ms);
  void LogAnswer(const Request& request, int status, uint64_t body);
  void LogBroken();
  void LogUpgrade(const Request& request);
  AccessLog::Entry EntryOf(const Request& request) const;  // without status
  std::string_view strict_transport() const;

  Lobby& lobby_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<RequestParser> parser_;  // while a request or its streamed body is read
  PendingExchange* exchange_ = nullptr;    // while it waits
  std::unique_ptr<Transfer> transfer_;     // while an exchange streams or listens
  std::unique_ptr<LeftOver> left_over_;    // reading is paused while there is any
  int64_t since_ms_ = 0;                   // idle; otherwise the request's first byte
  int64_t progress_ms_ = 0;                // the peer took bytes, or had none to take
  size_t last_queued_ = 0;
  State state_ = State::kIdle;
  bool keep_alive_ = true;
  bool say_keep_alive_ = false;  // HTTP/1.0 wants to hear it
  bool head_only_ = false;
};

}  // namespace offing::http
