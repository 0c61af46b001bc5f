// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables and records for people: columns aligned by what the terminal shows, and no wider
// than it is.
//
// A line that wraps makes all of a table unreadable, so a table that is too wide gives way in
// this order: columns in which no row has anything go; prose takes several lines or is cut
// short; then the columns stay that fit, from the left, those of less weight last.  A line
// below says what is missing and how to see it, so that nobody takes a part for the whole.

#ifndef GONGHUI_TOOLS_GONGHUICTL_TABLE_H_
#define GONGHUI_TOOLS_GONGHUICTL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gonghui::ctl {

enum class Align : uint8_t { kLeft, kRight };

// How a column gives way where there is no room for all of them.
enum class Fit : uint8_t {
  kWhole,  // ids, times, amounts: all of it or nothing, since a part would mislead
  kCut,    // names and notes, in lists: the beginning tells enough
  kWrap,   // what must be read to its end: it takes several lines
  kMinor,  // as kWhole, but only where all others have found their place
};

struct TableColumn {
  std::string header;
  Align align = Align::kLeft;
  Fit fit = Fit::kWhole;
};

// Rows under headers, two blanks between columns, no blanks at line ends.
class Table {
 public:
  // REQUIRES: at least one column.
  explicit Table(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns.
  void AddRow(std::vector<std::string> cells);

  // Headers are bold when `colour`.  No line but the last, which tells what is missing, takes
  // more than `width` columns, unless the first column alone does; 0 = there is no bound.
  [[nodiscard]] std::string Render(bool colour, size_t width = 0) const;

 private:
  struct Layout;
  [[nodiscard]] Layout LayOut(size_t width) const;
  [[nodiscard]] std::vector<std::vector<std::string>> LinesOf(const std::vector<std::string>& row,
                                                              const Layout& layout) const;
  [[nodiscard]] std::string WhatIsMissing(const Layout& layout) const;

  const std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "label  value" lines; labels are padded to the widest, empty values left out.
[[nodiscard]] std::string RenderRecord(
    const std::vector<std::pair<std::string, std::string>>& lines, bool colour);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_TABLE_H_
