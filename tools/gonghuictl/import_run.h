// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One import: rows of a CSV file go up a stream in messages, several of which
// are in flight; answers come back in order; refused rows go to a file; and what
// was answered is remembered so that the import can be resumed.
//
// The file is read twice.  The first pass checks all of it, so that a malformed
// file is refused before anything was sent.

#ifndef GONGHUI_TOOLS_GONGHUICTL_IMPORT_RUN_H_
#define GONGHUI_TOOLS_GONGHUICTL_IMPORT_RUN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "engine/base/clock.h"
#include "gonghui/v1/import.pb.h"
#include "tools/gonghuictl/call_stream.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/exit_code.h"
#include "tools/gonghuictl/progress.h"

namespace gonghui::ctl {

inline constexpr size_t kBatchBytesMax = 512 * 1024;  // of one message
inline constexpr size_t kBatchesInFlightMax = 4;
inline constexpr size_t kRejectsReportedMax = 1000;  // in ImportReport::summary
inline constexpr size_t kRejectsPrintedMax = 5;
inline constexpr size_t kRejectsPrintedDryMax = 20;  // there is no file of them then

struct ImportOptions {
  const ImportKind* kind = nullptr;
  std::string path;
  RowOptions rows;
  size_t batch_rows = 1000;
  int64_t idle_timeout_ms = 60'000;  // without an answer
  bool validate_only = false;        // leaves no rejects file and no progress file
  bool reactivate = false;
  bool resume = false;
  ProgressMode progress = ProgressMode::kNone;
  // Called for each row of the file during the first pass, with the cell of the kind's first
  // column, the key, and the fields that the file has columns for (MaskOf()).  Null = nobody wants
  // to know.
  std::function<void(std::string_view key, std::span<const std::string> said)> on_found;
  // Called for each row that the server did not refuse, in order, with its line and the same
  // fields.  Null = nobody wants to know.
  std::function<void(
      uint64_t line, const google::protobuf::Message& row, std::span<const std::string> said)>
      on_accepted;
};

struct ImportReport {
  ExitCode exit = ExitCode::kError;
  bool finished = false;  // all rows were answered for
  uint64_t row_count = 0;
  int64_t duration_ns = 0;
  // Counts over the whole file; of its rejected rows the first thousand, with
  // `index` counting the file's data rows from 0, and with `line`.
  v1::ImportSummary summary;
  std::string rejects_path;  // empty when nothing was rejected, and after a dry run
};

// Prints progress, complaints and errors on `err`.
[[nodiscard]] ImportReport RunImport(const ImportOptions& options,
                                     const OpenStream& open_stream,
                                     const Clock& clock,
                                     std::FILE* err);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_IMPORT_RUN_H_
