// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a data folder is what it says (the checksums of its table files are the store's,
// RocksdbStore::VerifyFilesBlocking()): every block whole and in its place, every
// event replayed to the state hash that its block names, the archive whole and nothing of
// it missing, the invariants of the ledger with all that was archived back in memory, and
// the checkpoint equal to the replay at its sequence.  Independent of the server's own
// recovery on purpose (engine/pipeline/recovery.h).

#ifndef GONGHUI_TOOLS_INSPECT_VERIFY_H_
#define GONGHUI_TOOLS_INSPECT_VERIFY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "engine/durability/archive.h"
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/journal.h"

namespace gonghui {

struct VerifyOptions {
  uint16_t shard = 0;
  // Starts from the checkpoint instead of from the beginning: faster, and blind to
  // damage of what the checkpoint covers.
  bool from_checkpoint = false;
  // Called now and then with the sequence reached, if given.
  std::function<void(uint64_t seq)> progress;
};

struct VerifyReport {
  std::optional<CheckpointMeta> checkpoint;
  bool started_from_checkpoint = false;
  uint64_t block_count = 0;
  uint64_t event_count = 0;
  uint64_t archive_count = 0;   // transactions in the archive, tombstones among them
  uint64_t imported_count = 0;  // of these, those of a former system
  uint64_t thawed_count = 0;    // of these, those that were not in memory
  uint64_t last_seq = 0;
  uint64_t state_hash = 0;
  BlockHash last_hash{};  // of the last block: the anchor to keep elsewhere

  [[nodiscard]] std::string Text() const;
};

// DATA_LOSS: what is damaged, and where.  Nothing is written.
absl::StatusOr<VerifyReport> VerifyBlocking(Journal& journal,
                                            CheckpointStore& checkpoints,
                                            const Archive& archive,
                                            const VerifyOptions& options);

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_VERIFY_H_
