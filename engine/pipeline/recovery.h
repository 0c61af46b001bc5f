// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Brings a ledger to the end of its journal: the newest checkpoint, then every
// event after it.  Everything is verified on the way: pages and blocks by their
// checksums, blocks by chain and sequence, the state by its digest after the
// checkpoint and after every block.

#ifndef GONGHUI_ENGINE_PIPELINE_RECOVERY_H_
#define GONGHUI_ENGINE_PIPELINE_RECOVERY_H_

#include <absl/status/statusor.h>

#include "engine/base/clock.h"
#include "engine/durability/archive.h"
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/journal.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/engine.h"

namespace gonghui {

// Fills an empty ledger.  DATA_LOSS names the place when something does not hold
// together; the ledger is then in no state to be used.  What leaves memory on the way is
// put into `archive` before it does, so that a standby, or a restore to an earlier time,
// has the archive that belongs to its state; null = only the ledger is wanted.
absl::StatusOr<RecoveryReport> RecoverBlocking(Ledger& ledger,
                                               Journal& journal,
                                               CheckpointStore* checkpoints,
                                               Archive* archive,
                                               const Clock& clock);

// Loads the newest checkpoint into an empty ledger; false = there is none.
absl::StatusOr<bool> LoadCheckpointBlocking(Ledger& ledger, CheckpointStore& checkpoints);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_RECOVERY_H_
