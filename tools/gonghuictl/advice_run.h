// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Stored advices from a CSV file: all of it is read and checked before the first is
// sent; then they go up a stream in messages, several of which are in flight, and each
// advice gets its answer.
//
// There is no state between runs: whatever the ledger has is answered as a repeat, so a
// run that was cut off is repeated from the beginning.

#ifndef GONGHUI_TOOLS_GONGHUICTL_ADVICE_RUN_H_
#define GONGHUI_TOOLS_GONGHUICTL_ADVICE_RUN_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tools/gonghuictl/call_stream.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/exit_code.h"

namespace gonghui::ctl {

// All of a file is in memory: some 100 MB.
inline constexpr size_t kAdvicesPerFileMax = 100'000;
inline constexpr size_t kAdviceMessagesInFlightMax = 4;
inline constexpr size_t kAdviceErrorsPrintedMax = 20;
// Older ones are for a person to look at: the contract's limit.
inline constexpr int64_t kAdviceAgeSecondsMax = 60 * 86'400;

// A row of the file.
struct StoredAdvice {
  uint64_t line = 0;
  v1::Advice advice;
  std::optional<v1::AdviceResult> result;  // nothing until it is answered
};

struct AdviceFile {
  std::string path;
  std::vector<size_t> positions;  // of AdviceKind()'s columns in the file
  std::vector<StoredAdvice> advices;
};

struct AdviceOptions {
  std::string terminal_id;
  RowOptions rows;
  // The file has all that the terminal had stored.
  bool queue_empty = false;
  int64_t idle_timeout_ms = 60'000;  // without an answer
};

// kOk when all of the file is right; else `err` says what is not, by line and column.
// Also says which advices are too old, or of the future, which is no error.
[[nodiscard]] ExitCode LoadAdvices(const std::string& path,
                                   const RowOptions& options,
                                   const Clock& clock,
                                   std::FILE* err,
                                   AdviceFile* file);

// Sends them and keeps the results.  kOk when all were accepted, kPartlyDone when some
// were; what the server says about errors is on `err`.
[[nodiscard]] ExitCode SubmitAdvices(const AdviceOptions& options,
                                     const OpenStream& open_stream,
                                     const Clock& clock,
                                     std::FILE* err,
                                     AdviceFile* file);

// The next message: `count` advices from `begin` on.
[[nodiscard]] v1::SubmitAdvicesRequest AdviceMessage(const AdviceOptions& options,
                                                     const AdviceFile& file,
                                                     size_t begin,
                                                     size_t count);

// Of a sale or capture.
[[nodiscard]] const std::string& RequestIdOf(const v1::Advice& advice);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_ADVICE_RUN_H_
