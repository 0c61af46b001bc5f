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
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/journal.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/engine.h"

namespace gonghui {

// Fills an empty ledger.  DATA_LOSS names the place when something does not hold
// together; the ledger is then in no state to be used.
absl::StatusOr<RecoveryReport> RecoverBlocking(Ledger& ledger,
                                               Journal& journal,
                                               CheckpointStore* checkpoints,
                                               const Clock& clock);

// Loads the newest checkpoint into an empty ledger; false = there is none.
absl::StatusOr<bool> LoadCheckpointBlocking(Ledger& ledger, CheckpointStore& checkpoints);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_RECOVERY_H_
