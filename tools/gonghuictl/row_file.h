// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A CSV file that is read as a whole and checked before anything is sent: grants, prizes,
// lists of members and of vouchers.

#ifndef GONGHUI_TOOLS_GONGHUICTL_ROW_FILE_H_
#define GONGHUI_TOOLS_GONGHUICTL_ROW_FILE_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/exit_code.h"

namespace gonghui::ctl {

// All of a file is in memory.
inline constexpr size_t kFileRowsMax = 1'000'000;
inline constexpr size_t kFileErrorsPrintedMax = 20;

struct RowFileOptions {
  std::string path;
  RowOptions rows;
  size_t rows_max = kFileRowsMax;
  // Columns that the kind does not know are passed over, so that the file may be another
  // program's export; else they are refused, as of an import.
  bool pass_over_others = false;
};

// kOk when all of the file is right, and has rows; else `err` says what is not, by line and
// column.  Calls `take` for every row that is right, in order.
[[nodiscard]] ExitCode LoadRows(
    const RowFileOptions& options,
    const ImportKind& kind,
    std::FILE* err,
    const std::function<std::unique_ptr<google::protobuf::Message>()>& make,
    const std::function<void(uint64_t line, google::protobuf::Message* row)>& take);

// A row, and where it stands in the file.
template <typename Message>
struct FileRow {
  uint64_t line = 0;
  Message message;
};

// As above.  REQUIRES: the kind fills messages of this type.
template <typename Message>
[[nodiscard]] ExitCode LoadRowsOf(const RowFileOptions& options,
                                  const ImportKind& kind,
                                  std::FILE* err,
                                  std::vector<FileRow<Message>>* rows) {
  return LoadRows(
      options,
      kind,
      err,
      [] { return std::make_unique<Message>(); },
      [rows](uint64_t line, google::protobuf::Message* row) {
        rows->push_back({line, std::move(*static_cast<Message*>(row))});
      });
}

// v1::Grant: event_id, member_id.
[[nodiscard]] const ImportKind& GrantKind();
// v1::Grant of which only member_id is filled.
[[nodiscard]] const ImportKind& MemberListKind();
// v1::Voucher of which voucher_key is filled, and the others as far as the file has them: what
// `voucher issue` writes, and what lists print as CSV.
[[nodiscard]] const ImportKind& VoucherListKind();
// v1::DrawWinner of which member_id is filled, and the others as far as the file has them: what
// `draw winners` and `draw verify` print as CSV.  Rank 0: the file has none.
[[nodiscard]] const ImportKind& WinnerKind();
// v1::PoolEvent, in the order in which they drew.
[[nodiscard]] const ImportKind& PoolEventKind();
// v1::Prize, of draws and of pools.
[[nodiscard]] const ImportKind& DrawPrizeKind();
[[nodiscard]] const ImportKind& PoolPrizeKind();

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_ROW_FILE_H_
