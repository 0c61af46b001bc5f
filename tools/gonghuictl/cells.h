// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The words, numbers and days that stand in cells.  Each reader returns nothing
// when the cell is right, else what is wrong with it.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CELLS_H_
#define GONGHUI_TOOLS_GONGHUICTL_CELLS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "engine/base/check.h"
#include "tools/gonghuictl/csv_rows.h"

namespace gonghui::ctl {

using CellResult = std::optional<CellError>;

// Leaves the function with what is wrong with a cell.
#define CTL_RETURN_IF_BAD(...)                \
  do {                                        \
    if (CellResult ctl_bad = (__VA_ARGS__)) { \
      return ctl_bad;                         \
    }                                         \
  } while (false)

// REQUIRES: `row` is a T; the caller made it from the RPC's descriptor.
template <typename T>
T& RowAs(google::protobuf::Message* row) {
  GH_DCHECK(row->GetDescriptor() == T::descriptor(), row->GetDescriptor()->name());
  return *static_cast<T*>(row);
}

// Words of an enum are its values' names without the prefix, in lower case:
// "active" for MEMBER_STATUS_ACTIVE.  Empty for a number that is not known.
[[nodiscard]] std::string EnumWord(const google::protobuf::EnumDescriptor* type, int number);

// "active, suspended, lapsed or closed"; without the zero value.
[[nodiscard]] std::string EnumWords(const google::protobuf::EnumDescriptor* type);

// The number of a word, or nothing.  The zero value has no word.
[[nodiscard]] std::optional<int> EnumNumber(const google::protobuf::EnumDescriptor* type,
                                            std::string_view word);

// What is said in Chinese behind what is wrong with a day or a time: the forms that are read.
inline constexpr const char* kDayForms = " (日期应如 2026-01-31)";
inline constexpr const char* kTimeForms =
    " (时间应如 2026-01-31 08:15:00，或带时区 2026-01-31T08:15:00+08:00)";

// A cell was taken to be in the options' zone.
inline void NoteLocal(const RowOptions& options) {
  if (options.on_local) {
    options.on_local();
  }
}

[[nodiscard]] CellError BadCell(size_t column, std::string description);

// REQUIRED_VALUE when the cell is empty.
[[nodiscard]] CellResult ReadRequired(const RowView& cells, size_t column, std::string* out);

// Empty = false.  true false 1 0 yes no 是 否, in any case.
[[nodiscard]] CellResult ReadBool(const RowView& cells, size_t column, bool* out);

// Empty = 0.
[[nodiscard]] CellResult ReadUnsigned(const RowView& cells,
                                      size_t column,
                                      uint64_t max,
                                      uint64_t* out);

// Of two columns that say the same amount, in yuan and in fen, at most one is filled.
// Both empty = unset.
[[nodiscard]] CellResult ReadMoney(const RowView& cells,
                                   size_t yuan_column,
                                   size_t fen_column,
                                   int64_t fen_max,
                                   std::optional<int64_t>* out);

// Empty = unset.
[[nodiscard]] CellResult ReadInstant(const RowView& cells,
                                     size_t column,
                                     const RowOptions& options,
                                     std::optional<google::protobuf::Timestamp>* out);

[[nodiscard]] inline bool IsBefore(const google::protobuf::Timestamp& a,
                                   const google::protobuf::Timestamp& b) {
  return a.seconds() != b.seconds() ? a.seconds() < b.seconds() : a.nanos() < b.nanos();
}

// Empty = unset; else the first instant of the day.
[[nodiscard]] CellResult ReadDay(const RowView& cells,
                                 size_t column,
                                 const RowOptions& options,
                                 std::optional<google::protobuf::Timestamp>* out);

// Empty = unset; a day is its first instant.
[[nodiscard]] CellResult ReadDayOrInstant(const RowView& cells,
                                          size_t column,
                                          const RowOptions& options,
                                          std::optional<google::protobuf::Timestamp>* out);

// Empty = none; else the day as it stands.
[[nodiscard]] CellResult ReadDayText(const RowView& cells, size_t column, std::string* out);

// Empty = the zero value.
template <typename Enum>
[[nodiscard]] CellResult ReadEnum(const RowView& cells, size_t column, Enum* out) {
  const google::protobuf::EnumDescriptor* type = google::protobuf::GetEnumDescriptor<Enum>();
  const std::string_view word = cells.Cell(column);
  if (word.empty()) {
    *out = static_cast<Enum>(0);
    return std::nullopt;
  }
  const std::optional<int> number = EnumNumber(type, word);
  if (!number) {
    return BadCell(column, "\"" + std::string(word) + "\" is not one of " + EnumWords(type));
  }
  *out = static_cast<Enum>(*number);
  return std::nullopt;
}

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CELLS_H_
