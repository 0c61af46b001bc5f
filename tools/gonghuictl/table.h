// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables and records for people: columns aligned by what the terminal shows.

#ifndef GONGHUI_TOOLS_GONGHUICTL_TABLE_H_
#define GONGHUI_TOOLS_GONGHUICTL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gonghui::ctl {

enum class Align : uint8_t { kLeft, kRight };

struct TableColumn {
  std::string header;
  Align align = Align::kLeft;
};

// Rows under headers, two blanks between columns, no blanks at line ends.
class Table {
 public:
  explicit Table(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns.
  void AddRow(std::vector<std::string> cells);

  // Headers are bold when `colour`.
  [[nodiscard]] std::string Render(bool colour) const;

 private:
  const std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "label  value" lines; labels are padded to the widest, empty values left out.
[[nodiscard]] std::string RenderRecord(
    const std::vector<std::pair<std::string, std::string>>& lines, bool colour);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_TABLE_H_
