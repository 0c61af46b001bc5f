// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What goes to standard output, in the format that the user chose.  A view says
// how rows of one message type look; the JSON formats print the messages
// themselves (proto3 JSON mapping), so the contract's comments are their manual.

#ifndef GONGHUI_TOOLS_GONGHUICTL_OUTPUT_H_
#define GONGHUI_TOOLS_GONGHUICTL_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>
#include <google/protobuf/repeated_ptr_field.h>

#include "tools/gonghuictl/table.h"

namespace gonghui::ctl {

enum class OutputFormat : uint8_t { kTable, kJson, kJsonl, kCsv };

// One value, for people and for programs.
struct Cell {
  std::string text;  // "12.34 yuan", "2026-03-01 08:15:00 +08:00", "yes"
  std::string raw;   // "1234", "2026-03-01T00:15:00Z", "true"
};

template <typename Message>
struct ViewColumn {
  std::string_view label;  // for people, lower case: "member pays"
  std::string_view name;   // for CSV, with its unit: "member_pays_fen"
  Align align;
  Cell (*cell)(const Message& message);
  Fit fit = Fit::kWhole;  // where a terminal is too narrow for all columns
};

template <typename Message>
using View = std::span<const ViewColumn<Message>>;

// One line per message, or indented.  Primitive fields are printed also when
// they are zero, so that a script finds them.
[[nodiscard]] std::string ToJson(const google::protobuf::Message& message, bool indented);

class Output {
 public:
  // Tables take at most `width` columns of the screen; 0 = there is no bound.
  Output(OutputFormat format, bool colour, std::FILE* file, size_t width = 0)
      : format_(format), colour_(colour), width_(width), file_(file) {}

  [[nodiscard]] OutputFormat format() const { return format_; }
  [[nodiscard]] bool colour() const { return colour_; }
  [[nodiscard]] bool is_json() const {
    return format_ == OutputFormat::kJson || format_ == OutputFormat::kJsonl;
  }

  void Text(std::string_view text) { std::fwrite(text.data(), 1, text.size(), file_); }

  void Flush() { std::fflush(file_); }

  // In JSON or JSONL.
  void Json(const google::protobuf::Message& message) {
    Text(ToJson(message, format_ == OutputFormat::kJson));
  }

  // A heading above a table, only for people.
  void Heading(std::string_view text);

  // Rows under their headers, as a table or CSV.  CSV headers are left out when
  // this is a later page.
  template <typename Message, typename Rows>
  void TableOf(const Rows& rows, View<Message> view, bool later_page = false) {
    std::vector<TableColumn> columns;
    std::vector<std::string> names;
    for (const ViewColumn<Message>& column : view) {
      columns.push_back({UpperCase(column.label), column.align, column.fit});
      names.emplace_back(column.name);
    }
    if (format_ == OutputFormat::kCsv) {
      std::vector<std::vector<std::string>> lines;
      if (!later_page) {
        lines.push_back(std::move(names));
      }
      for (const Message& row : rows) {
        std::vector<std::string> line;
        for (const ViewColumn<Message>& column : view) {
          line.push_back(column.cell(row).raw);
        }
        lines.push_back(std::move(line));
      }
      CsvLines(lines);
      return;
    }
    Table table(std::move(columns));
    for (const Message& row : rows) {
      std::vector<std::string> cells;
      for (const ViewColumn<Message>& column : view) {
        cells.push_back(column.cell(row).text);
      }
      table.AddRow(std::move(cells));
    }
    Text(table.Render(colour_, width_));
  }

  // One message: a record of label and value, or CSV with one row.
  template <typename Message>
  void RecordOf(const Message& message, View<Message> view) {
    if (format_ == OutputFormat::kCsv) {
      TableOf<Message>(std::span<const Message>(&message, 1), view);
      return;
    }
    std::vector<std::pair<std::string, std::string>> lines;
    for (const ViewColumn<Message>& column : view) {
      lines.emplace_back(column.label, column.cell(message).text);
    }
    Text(RenderRecord(lines, colour_));
  }

 private:
  static std::string UpperCase(std::string_view text);
  void CsvLines(const std::vector<std::vector<std::string>>& lines);

  const OutputFormat format_;
  const bool colour_;
  const size_t width_;
  std::FILE* const file_;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_OUTPUT_H_
