// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui.v1.AuthorizationService: the hot path between gRPC and the engine (lane.h,
// unary_call.h, stream_call.h).
//
//   lane thread i:  Next() -> parse, establish the caller, validate -> Submit()
//   engine:         decides, makes durable -> Complete(): mailbox i, kick
//   lane thread i:  kick -> take the whole mailbox -> write each reply, Finish()
//
// A lane is a completion queue, its one thread, and every call that came in by
// it: nothing of a call is shared, so nothing is locked.  The mailbox is the only
// place where two threads meet: the engine pushes a list with one CAS, and wakes
// the lane by an alarm only when the mailbox was empty.
//
// Asynchronous completion queues, not callbacks: in gRPC 1.51.1 callback threads
// share one queue and sleep up to 100 ms when idle.  Messages are taken as bytes:
// see wire.h.
//
// Bounds: `calls_in_flight_max` unary calls and `streams_max` streams a lane, of both
// kinds together, `stream_messages_in_flight` messages a stream; beyond,
// RESOURCE_EXHAUSTED, for the newcomer or a stream of the terminal that has the most
// (stream_places.h).  As many answers again wait for their clients to take them; beyond,
// the oldest is cut (unsent_calls.h).  Streams hold `stream_bytes_max` in all; beyond half of
// it none reads ahead, beyond the whole those are cut whose clients do not take their answers, and
// when there are none, items are told to come again.  A command that has lines or is an advice
// takes 4 KB more than others (Attachment), up to 8 KB, while it is under way.

#ifndef GONGHUI_ENGINE_SERVER_AUTHORIZATION_SERVICE_H_
#define GONGHUI_ENGINE_SERVER_AUTHORIZATION_SERVICE_H_

#include <cstdint>
#include <memory>

#include "engine/pipeline/engine.h"
#include "engine/server/lanes_away.h"

namespace grpc {
class ServerBuilder;
}  // namespace grpc

namespace gonghui {

class TerminalsHealth;

struct AuthorizationOptions {
  int lanes = 0;           // 0 = cores - 1, at least 1
  int calls_posted = 512;  // Authorize calls that wait for a request, per lane
  int calls_in_flight_max = 16'384;
  int streams_max = 1'024;
  int stream_messages_in_flight = 8;
  int64_t stream_bytes_max = int64_t{256} << 20;
  // No certificates: who a request says it is, it is (--insecure-dev).
  bool trust_words = false;
};

class AuthorizationService {
 public:
  explicit AuthorizationService(const AuthorizationOptions& options);
  ~AuthorizationService();
  AuthorizationService(const AuthorizationService&) = delete;
  AuthorizationService& operator=(const AuthorizationService&) = delete;

  // Before the builder starts the server.  The lanes answer `health` too; it outlives this.
  void Register(grpc::ServerBuilder* builder, TerminalsHealth* health);

  // After the server has started.  The engine outlives Join().
  void Start(Engine* engine);

  // One thread, always the same, between Start() and Join(): since it was last asked.
  LanesAway Away();

  // Streams are ended with UNAVAILABLE once what they sent is answered; new calls are
  // refused so.  Any thread.
  void BeginDrain();
  // Whether since then all is decided that was taken before, and whether the clients have the
  // answers, too.  Any thread.
  [[nodiscard]] bool IsDecided() const;
  [[nodiscard]] bool IsSettled() const;

  // Ends the lanes.  REQUIRES: the server's Shutdown() has returned and the engine
  // is stopped, so that no call will come and none is left in the engine.
  void Join();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_AUTHORIZATION_SERVICE_H_
