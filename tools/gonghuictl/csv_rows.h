// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// From the cells of a CSV record to the message of an import, or to an advice: which
// columns a kind of row has, and what may stand in them.
//
// Of imports is checked only what must be understood to build the message (words,
// numbers, days, amounts).  Whether an id is well formed, known or allowed is
// the server's decision, so that there is one answer to it.  Advices are checked as far
// as they can be without it: a file of them is sent when all of it is right.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CSV_ROWS_H_
#define GONGHUI_TOOLS_GONGHUICTL_CSV_ROWS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

namespace gonghui::ctl {

// A column that a kind of row may have.
struct CsvColumn {
  std::string_view name;
  bool required = false;
  // The message's field that it fills, by which the server complains.
  std::string_view field;
  std::string_view help;
  // Another field, which such a cell says as well; empty = none.
  std::string_view also = {};
};

// Why a row was refused on this side.
struct CellError {
  size_t column = 0;   // index into the kind's columns
  std::string reason;  // UPPER_SNAKE_CASE, as the server's
  std::string description;
};

// The cells of one record by the kind's columns.
class RowView {
 public:
  // position[i] is where the kind's column i is in the record, or npos.
  RowView(const std::vector<std::string>& fields, std::span<const size_t> positions)
      : fields_(fields), positions_(positions) {}

  // Empty also when the file has no such column.
  [[nodiscard]] std::string_view Cell(size_t column) const {
    return Has(column) ? std::string_view(fields_[positions_[column]]) : std::string_view();
  }
  [[nodiscard]] bool Has(size_t column) const {
    return positions_[column] != std::string_view::npos;
  }

 private:
  const std::vector<std::string>& fields_;
  std::span<const size_t> positions_;
};

struct RowOptions {
  std::string zone;  // in which days begin
  // Called whenever a cell is taken to be in `zone` because it names none itself, so that
  // somebody can say so; may be empty.
  std::function<void()> on_local = nullptr;
};

// A kind of row: `gonghuictl import <name> FILE.csv`, `gonghuictl advice submit FILE.csv`.
struct ImportKind {
  std::string_view name;
  std::string_view method;  // full name of the RPC; empty of rows that are no stream's
  size_t batch_rows_max = 1000;
  std::span<const CsvColumn> columns;
  // Fills `row`, an empty message of the type that the RPC takes.
  std::optional<CellError> (*parse)(const RowView& cells,
                                    const RowOptions& options,
                                    google::protobuf::Message* row);
  // So many columns, from the first on, are the key: no two rows of a file share it.
  size_t key_columns = 1;
};

// unions, segments, members, cards, merchants, terminals, funds, contributions.
[[nodiscard]] std::span<const ImportKind> ImportKinds();
[[nodiscard]] const ImportKind* FindImportKind(std::string_view name);

// Stored advices, sales and captures.
[[nodiscard]] const ImportKind& AdviceKind();

// Columns whose name begins like this are passed over: they are what a rejects
// file adds, so that a mended rejects file can be imported as it is.
inline constexpr std::string_view kRejectColumnPrefix = "reject_";

// Where each of the kind's columns is in a file with this header.  Refuses
// unknown, repeated and missing columns.
[[nodiscard]] absl::StatusOr<std::vector<size_t>> MapHeader(const ImportKind& kind,
                                                            const std::vector<std::string>& header);

// Whether an import of this kind leaves what the file has no column for as it stands:
// its request has an update_mask.
[[nodiscard]] bool Updates(const ImportKind& kind);
// Whether its rows may be of what was blocked: its request has `reactivate`.
[[nodiscard]] bool Reactivates(const ImportKind& kind);

// The paths of that mask: what the file has columns for.
[[nodiscard]] std::vector<std::string> MaskOf(const ImportKind& kind,
                                              std::span<const size_t> positions);

// The kind's column that holds what the server calls `field`, e.g. "name" for
// "personal_data.name"; npos when none does.  Of several, one that the file has.
[[nodiscard]] size_t ColumnOfField(const ImportKind& kind,
                                   std::span<const size_t> positions,
                                   std::string_view field);

// The table of columns for the help of `import <kind>`.
[[nodiscard]] std::string ColumnsHelp(const ImportKind& kind);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CSV_ROWS_H_
