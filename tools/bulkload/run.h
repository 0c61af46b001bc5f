// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One bulk load: opens the data folder of a stopped server, recovers its ledger (which
// stays as it is), and puts transactions into its archive: all that were asked for, or
// none.

#ifndef GONGHUI_TOOLS_BULKLOAD_RUN_H_
#define GONGHUI_TOOLS_BULKLOAD_RUN_H_

#include <cstdint>
#include <functional>
#include <string>

#include <absl/status/statusor.h>

#include "engine/base/clock.h"
#include "storage/archive_bulk_loader.h"

namespace gonghui::bulkload {

struct RunOptions {
  std::string folder;
  uint16_t shard = 0;

  // Either: a CSV file (former_csv.h) ...
  std::string file;
  std::string zone;
  // ... or so many made-up ones (made_up.h), the last of them decided when the ledger's
  // last event was, the first five years before.
  uint64_t made_up = 0;
  uint64_t seed = 1;
  // Some of these, spread evenly, are named in this file, if given.
  std::string sample_file;
  uint64_t sample_count = 0;

  BulkLoadOptions load;
};

// FAILED_PRECONDITION, NOT_FOUND: the folder or the file can not be used.  INVALID_ARGUMENT:
// rows are wrong.  Nothing was loaded unless it answers OK.
absl::StatusOr<BulkLoaded> RunBlocking(const RunOptions& options, const Clock& clock);

}  // namespace gonghui::bulkload

#endif  // GONGHUI_TOOLS_BULKLOAD_RUN_H_
