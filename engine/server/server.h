// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The two gRPC servers of gonghuid, each fed by an acceptor of ours: terminals
// (AuthorizationService) and operators (all other services).  Health and
// reflection are on both, channelz on the operators' only.
//
// Life: Start() -> Drain() -> the caller stops the engine -> Join().

#ifndef GONGHUI_ENGINE_SERVER_SERVER_H_
#define GONGHUI_ENGINE_SERVER_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/base/clock.h"
#include "engine/durability/draw_store.h"
#include "engine/durability/journal.h"
#include "engine/durability/programme_sources.h"
#include "engine/pipeline/engine.h"
#include "engine/server/config.h"
#include "engine/server/personal_data.h"

namespace gonghui {

struct ServerOptions {
  Config config;
  // Without certificates the request's own words say who calls.
  bool insecure_dev = false;
  std::string version = "0.0.0";
  int64_t store_files_max = 0;  // descriptors that the database may take
};

// What stands beside the ledger; outlives Server::Join().
struct ServerStores {
  PersonalDataStore* personal_data = nullptr;
  ProgrammeSources* programme_sources = nullptr;
  DrawStore* draws = nullptr;
  Journal* journal = nullptr;  // the engine's, and only read
};

class Server {
 public:
  // What would stop Start() whatever the ledger holds: TLS files, an address that is
  // taken.  Nothing stays open.
  static absl::Status CheckBlocking(const ServerOptions& options, const Clock& clock);
  // Binds both listeners and serves.  All that is passed outlives Join().
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       Engine* engine,
                                                       const ServerStores& stores,
                                                       const Clock& clock);
  // As if drained without grace, if that has not been done.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Health says NOT_SERVING; after `lame_duck_ms` no connection is accepted and
  // streams end; calls under way have `grace_ms`.  Then every call is over.
  // Blocks.  Idempotent.
  void Drain(int64_t lame_duck_ms, int64_t grace_ms);

  // Ends the threads.  REQUIRES: Drain() has returned and the engine is stopped.
  void Join();

  // As a client names them: "127.0.0.1:7443", "unix:/run/gonghui/operator.sock".
  [[nodiscard]] const std::string& terminals_address() const;
  [[nodiscard]] const std::string& operators_address() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_SERVER_H_
