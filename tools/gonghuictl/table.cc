// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every cell passes through Printable(), since most come from data.

#include "tools/gonghuictl/table.h"

#include <algorithm>

#include "engine/base/check.h"
#include "tools/gonghuictl/text.h"

namespace gonghui::ctl {
namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kPlain = "\033[0m";
constexpr size_t kGap = 2;

void TrimRight(std::string* line) {
  line->erase(line->find_last_not_of(' ') + 1);
}

}  // namespace

void Table::AddRow(std::vector<std::string> cells) {
  GH_CHECK_EQ(cells.size(), columns_.size());
  for (std::string& cell : cells) {
    cell = Printable(cell);
  }
  rows_.push_back(std::move(cells));
}

std::string Table::Render(bool colour) const {
  std::vector<size_t> widths;
  std::vector<std::string> headers;
  for (const TableColumn& column : columns_) {
    headers.push_back(column.header);
    widths.push_back(DisplayWidth(column.header));
  }
  for (const auto& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], DisplayWidth(row[c]));
    }
  }
  const auto line_of = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      line += c == 0 ? "" : std::string(kGap, ' ');
      line += columns_[c].align == Align::kRight ? PadLeft(cells[c], widths[c])
                                                 : PadRight(cells[c], widths[c]);
    }
    TrimRight(&line);
    return line;
  };
  std::string out = line_of(headers);
  if (colour) {
    out = kBold + out + kPlain;
  }
  out += '\n';
  for (const auto& row : rows_) {
    out += line_of(row);
    out += '\n';
  }
  return out;
}

std::string RenderRecord(const std::vector<std::pair<std::string, std::string>>& lines,
                         bool colour) {
  size_t width = 0;
  for (const auto& [label, value] : lines) {
    if (!value.empty()) {
      width = std::max(width, DisplayWidth(label));
    }
  }
  std::string out;
  for (const auto& [label, value] : lines) {
    if (value.empty()) {
      continue;
    }
    out += colour ? kBold : "";
    out += PadRight(label, width + kGap);
    out += colour ? kPlain : "";
    out += Printable(value);
    out += '\n';
  }
  return out;
}

}  // namespace gonghui::ctl
