// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every cell passes through Printable(), since most come from data.

#include "tools/gonghuictl/table.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>

#include "engine/base/check.h"
#include "tools/gonghuictl/text.h"

namespace gonghui::ctl {
namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kPlain = "\033[0m";
constexpr size_t kGap = 2;
constexpr size_t kProseLeast = 12;  // six Chinese characters, or a word or two
constexpr size_t kNotShown = std::numeric_limits<size_t>::max();

void TrimRight(std::string* line) {
  line->erase(line->find_last_not_of(' ') + 1);
}

}  // namespace

// How wide each column stands, or kNotShown, and which of them are not as they should be.
struct Table::Layout {
  std::vector<size_t> widths;
  std::vector<size_t> missing;
  std::vector<size_t> cut;
  std::vector<size_t> empty;  // not shown, and no row has anything there
};

void Table::AddRow(std::vector<std::string> cells) {
  GH_CHECK_EQ(cells.size(), columns_.size());
  for (std::string& cell : cells) {
    cell = Printable(cell);
  }
  rows_.push_back(std::move(cells));
}

Table::Layout Table::LayOut(size_t width) const {
  const size_t count = columns_.size();
  Layout layout;
  std::vector<size_t> headers;
  for (const TableColumn& column : columns_) {
    headers.push_back(DisplayWidth(column.header));
  }
  std::vector<size_t> wanted = headers;
  std::vector<bool> has_any(count, rows_.empty());
  for (const auto& row : rows_) {
    for (size_t c = 0; c < count; ++c) {
      wanted[c] = std::max(wanted[c], DisplayWidth(row[c]));
      has_any[c] = has_any[c] || !row[c].empty();
    }
  }
  const size_t all = std::accumulate(wanted.begin(), wanted.end(), kGap * (count - 1));
  if (width == 0 || all <= width) {
    layout.widths = std::move(wanted);
    return layout;
  }
  // Each in turn, as narrow as it may be; the first says what a row is about and always stands.
  const auto least = [&](size_t c) {
    const bool gives_way = columns_[c].fit == Fit::kCut || columns_[c].fit == Fit::kWrap;
    return gives_way ? std::min(wanted[c], std::max(headers[c], kProseLeast)) : wanted[c];
  };
  layout.widths.assign(count, kNotShown);
  layout.widths[0] = least(0);
  size_t taken = least(0);
  for (const bool minor : {false, true}) {
    for (size_t c = 1; c < count; ++c) {
      if (has_any[c] && (columns_[c].fit == Fit::kMinor) == minor &&
          taken + kGap + least(c) <= width) {
        layout.widths[c] = least(c);
        taken += kGap + least(c);
      }
    }
  }
  // What is left over goes to prose, a column to each in turn, so that no note starves a name.
  for (bool grew = true; grew && taken < width;) {
    grew = false;
    for (size_t c = 0; c < count && taken < width; ++c) {
      if (layout.widths[c] < wanted[c]) {  // kNotShown is more than any
        ++layout.widths[c];
        ++taken;
        grew = true;
      }
    }
  }
  for (size_t c = 0; c < count; ++c) {
    if (layout.widths[c] == kNotShown) {
      (has_any[c] ? layout.missing : layout.empty).push_back(c);
    } else if (layout.widths[c] < wanted[c] && columns_[c].fit == Fit::kCut) {
      layout.cut.push_back(c);
    }
  }
  return layout;
}

std::string Table::Render(bool colour, size_t width) const {
  const Layout layout = LayOut(width);
  const auto line_of = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < columns_.size(); ++c) {
      const size_t room = layout.widths[c];
      if (room == kNotShown) {
        continue;
      }
      line += c == 0 ? "" : std::string(kGap, ' ');
      line +=
          columns_[c].align == Align::kRight ? PadLeft(cells[c], room) : PadRight(cells[c], room);
    }
    TrimRight(&line);
    return line;
  };
  std::vector<std::string> headers;
  for (const TableColumn& column : columns_) {
    headers.push_back(column.header);
  }
  std::string out = line_of(headers);
  if (colour) {
    out = kBold + out + kPlain;
  }
  out += '\n';
  for (const auto& row : rows_) {
    for (const std::vector<std::string>& line : LinesOf(row, layout)) {
      out += line_of(line);
      out += '\n';
    }
  }
  return out + WhatIsMissing(layout);
}

// The cells of a row, line by line: most rows have one.
std::vector<std::vector<std::string>> Table::LinesOf(const std::vector<std::string>& row,
                                                     const Layout& layout) const {
  std::vector<std::vector<std::string>> lines(1, std::vector<std::string>(columns_.size()));
  for (size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].fit != Fit::kWrap || layout.widths[c] == kNotShown) {
      lines[0][c] = Shortened(row[c], layout.widths[c]);
      continue;
    }
    const std::vector<std::string> parts = Wrapped(row[c], layout.widths[c]);
    if (lines.size() < parts.size()) {
      lines.resize(parts.size(), std::vector<std::string>(columns_.size()));
    }
    for (size_t i = 0; i < parts.size(); ++i) {
      lines[i][c] = parts[i];
    }
  }
  return lines;
}

// "no room for PHONE, SEGMENTS; cut short: NAME; -o wide shows all (...)".
std::string Table::WhatIsMissing(const Layout& layout) const {
  std::string out;
  const auto add = [&](std::string_view what, const std::vector<size_t>& which) {
    for (size_t i = 0; i < which.size(); ++i) {
      out += i == 0 ? what : ", ";
      out += columns_[which[i]].header;
      out += i + 1 == which.size() ? "; " : "";
    }
  };
  add("no room for ", layout.missing);
  add("cut short: ", layout.cut);
  add("empty: ", layout.empty);
  return out.empty() ? out : out + "-o wide shows all (宽度不足，未全部显示)\n";
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
