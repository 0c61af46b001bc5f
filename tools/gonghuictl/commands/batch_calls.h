// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Many rows by calls that take up to 1,000 of them, all or none.  A row that the server
// refuses is told with its line and left out, and the others of its call are sent again.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMMANDS_BATCH_CALLS_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMMANDS_BATCH_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "tools/gonghuictl/context.h"
#include "tools/gonghuictl/row_file.h"

namespace gonghui::ctl {

inline constexpr size_t kRowsPerCallMax = 1000;
// Each refused row is a call of its own.  More than the rows of a few calls: all of one may be
// refused, because it had been done and its answer was lost.
inline constexpr size_t kRefusedRowsMax = 5000;
inline constexpr size_t kRefusedRowsPrintedMax = 20;

struct BatchCalls {
  std::string_view method;
  std::string_view field;  // of the rows in the request; names them in refusals
  std::string_view noun;   // "grants"
  bool quiet = false;
  size_t row_count = 0;
  // Where a row comes from, "grants.csv:17"; empty function = rows are all alike.
  std::function<std::string(size_t row)> where;
  // Makes the request about these rows.  REQUIRES: the request is empty.
  std::function<void(std::span<const size_t> rows, google::protobuf::Message* request)> fill;
  // What is done with the answer about them; other than kOk ends the run.
  std::function<ExitCode(std::span<const size_t> rows, const google::protobuf::Message& response)>
      take;
};

struct BatchResult {
  ExitCode exit = ExitCode::kOk;  // kPartlyDone or kRefused when rows were refused
  size_t done_count = 0;
  size_t refused_count = 0;
  size_t already_there_count = 0;  // of the refused: ALREADY_EXISTS
  // The last call may or may not have been done.
  bool outcome_unknown = false;
};

// Stops at the first call that fails for another reason than a row; says why on standard error.
// `request` and `response` are of the RPC's types.
[[nodiscard]] BatchResult RunBatchCalls(Context* context,
                                        const BatchCalls& calls,
                                        google::protobuf::Message* request,
                                        google::protobuf::Message* response);

// One number of what such a run has done.
struct Sum {
  std::string label;  // for people
  std::string name;   // for programs
  uint64_t count = 0;
};

// No message has these: a record for people, an object in JSON, a row in CSV.
void ShowSums(Context* context, const std::vector<Sum>& sums, const std::string& path);

// "FILE:LINE" of each row.  Both live longer.
template <typename Row>
std::function<std::string(size_t)> LinesOf(const std::string& path,
                                           const std::vector<FileRow<Row>>& rows) {
  return [&path, &rows](size_t row) { return path + ":" + std::to_string(rows[row].line); };
}

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMMANDS_BATCH_CALLS_H_
