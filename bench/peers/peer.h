// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the run needs of a peer.  postgres.cc and redis.cc implement it.

#ifndef GONGHUI_BENCH_PEERS_PEER_H_
#define GONGHUI_BENCH_PEERS_PEER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "bench/peers/books.h"
#include "bench/peers/city.h"
#include "bench/peers/options.h"

namespace gonghui::peers {

// A connection with one message under way at most: the requests of a Send(), answered in order.
// Never blocks; whoever owns it waits for fd().
// Thread safety: none.
class Connection {
 public:
  Connection() = default;
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] virtual int fd() const = 0;

  // REQUIRES: the message before is Done().
  virtual absl::Status Send(std::span<const Request> requests) = 0;

  // Writes what the socket takes; true when all is written.
  virtual absl::StatusOr<bool> Flush() = 0;

  // Reads what has come.
  virtual absl::Status Receive() = 0;

  // All answers of the message are here, or it failed.
  [[nodiscard]] virtual bool Done() const = 0;

  // Once Done(): none of the message or a part of it was decided, through no fault of its own
  // (a deadlock); it has to be sent again.
  [[nodiscard]] virtual bool MustResend() const { return false; }

  // Once Done() and not MustResend(): one for each request.
  [[nodiscard]] virtual const std::vector<Answer>& answers() const = 0;
};

class Peer {
 public:
  Peer() = default;
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // "PostgreSQL 15.18: synchronous_commit=on ..."; an error when what it answers would not be
  // on the disk yet.
  virtual absl::StatusOr<std::string> CheckDurable() = 0;

  // `number` is unique among the connections of the run.
  virtual absl::StatusOr<std::unique_ptr<Connection>> Connect(uint32_t number) = 0;

  // What was taken of the funds.
  virtual absl::StatusOr<Books> ReadFunds() = 0;

  // The same, with what all that is stored says.
  virtual absl::StatusOr<Books> ReadEverything() = 0;
};

absl::StatusOr<std::unique_ptr<Peer>> OpenPostgres(const Options& options);
absl::StatusOr<std::unique_ptr<Peer>> OpenRedis(const Options& options);

}  // namespace gonghui::peers

#endif  // GONGHUI_BENCH_PEERS_PEER_H_
