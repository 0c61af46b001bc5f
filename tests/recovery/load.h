// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Terminals that keep a server busy until it is gone: some send one call at a
// time (holds, sales, captures, reversals, refunds, closes, repeats), some send
// bundles on a stream, some upload what they did without a network.  Each writes into
// a book of its own, before it sends.

#ifndef GONGHUI_TESTS_RECOVERY_LOAD_H_
#define GONGHUI_TESTS_RECOVERY_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include "engine/base/prng.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "tests/recovery/book.h"
#include "tests/recovery/server_process.h"

namespace gonghui {

// One terminal's connection.  Thread safety: none.
class TerminalClient {
 public:
  explicit TerminalClient(const std::shared_ptr<grpc::Channel>& channel);

  // As the entry asks.
  grpc::Status Send(const BookEntry& entry, Answer* answer);
  grpc::Status Get(const std::string& terminal_id,
                   const std::string& request_id,
                   v1::Transaction* transaction);
  [[nodiscard]] v1::AuthorizationService::Stub& stub() { return *stub_; }

 private:
  grpc::Status SendAdvice(const v1::Advice& advice, Answer* answer);

  const std::unique_ptr<v1::AuthorizationService::Stub> stub_;
};

struct LoadPlan {
  uint64_t seed = 0;
  int unary_workers = 3;
  int stream_workers = 1;
  int advice_workers = 1;
  // It is stopped, not killed: gRPC 1.51 cancels a call that comes between the
  // shutdown and its GOAWAY, so there CANCELLED too means "no answer".
  bool server_drains = false;
  // Every second request is for one of these members, the others for anybody who is
  // served online.
  int hot_member_first = 0;
  int hot_member_count = 1;
  // Holds that may be captured and reversed, and sales that may be given back; each
  // worker takes its part.
  std::vector<BookEntry*> open_holds;
  std::vector<BookEntry*> sales;
};

class Load {
 public:
  // Starts.  `plan` and what it points to outlive this object.
  Load(const ServerProcess& server, const LoadPlan& plan);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  [[nodiscard]] int64_t answered() const { return answered_.load(std::memory_order_relaxed); }

  // When the server is gone: puts all that was sent into the book, and answers
  // what happened that must not.
  std::vector<std::string> Join(Book* book);

 private:
  struct Worker;

  std::atomic<int64_t> answered_{0};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_RECOVERY_LOAD_H_
