// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions of a former system, from a CSV file: what must be known of each so that
// its request is recognised when it comes again, and answered as it was.
//
// What was approved comes in as an authorization of which nothing is held and nothing
// captured: its money is in the former system's books and must not appear in ours, so
// nothing can be captured, refunded or given back of it here.

#ifndef GONGHUI_TOOLS_BULKLOAD_FORMER_CSV_H_
#define GONGHUI_TOOLS_BULKLOAD_FORMER_CSV_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/archive.h"
#include "engine/ledger/ledger.h"

namespace gonghui::bulkload {

struct FormerOptions {
  std::string zone;  // of instants that name none
  TimestampNs now;   // nothing was decided later
};

// Does this terminal's request id find something already?
using IsTaken = std::function<absl::StatusOr<bool>(TerminalRow terminal, const RequestId& id)>;
// One transaction; all but its seq is filled.
using OnFormer = std::function<absl::Status(ArchivedTransaction& transaction)>;

// Reads all of it.  INVALID_ARGUMENT: what is wrong with the first rows that are wrong,
// one line each with file, line, column and what was expected; `visit` has then seen the
// rows that are right.  Other errors are those of `is_taken` and `visit`.
absl::Status ReadFormerBlocking(std::FILE* file,
                                const std::string& name,
                                const Ledger& ledger,
                                const FormerOptions& options,
                                const IsTaken& is_taken,
                                const OnFormer& visit);

// The table of columns, for help.
[[nodiscard]] std::string FormerColumnsHelp();

// The header of a file that gonghui-load asks again (--old-ids), and a row of it; it can
// be read back by ReadFormerBlocking(), too.
[[nodiscard]] std::string FormerHeader();
[[nodiscard]] std::string FormerRow(const Ledger& ledger, const Transaction& transaction);

}  // namespace gonghui::bulkload

#endif  // GONGHUI_TOOLS_BULKLOAD_FORMER_CSV_H_
