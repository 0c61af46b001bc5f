// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What all kinds of rows share: the header.

#include "tools/gonghuictl/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <google/protobuf/descriptor.h>

#include "engine/base/check.h"
#include "engine/base/strings.h"
#include "tools/gonghuictl/suggest.h"
#include "tools/gonghuictl/text.h"

namespace gonghui::ctl {

const ImportKind* FindImportKind(std::string_view name) {
  for (const ImportKind& kind : ImportKinds()) {
    if (kind.name == name) {
      return &kind;
    }
  }
  return nullptr;
}

absl::StatusOr<std::vector<size_t>> MapHeader(const ImportKind& kind,
                                              const std::vector<std::string>& header) {
  std::vector<size_t> positions(kind.columns.size(), std::string_view::npos);
  std::vector<std::string> names;
  for (const CsvColumn& column : kind.columns) {
    names.emplace_back(column.name);
  }
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i].starts_with(kRejectColumnPrefix)) {
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), header[i]);
    if (found == names.end()) {
      const std::string nearest = Nearest(header[i], names);
      return absl::InvalidArgumentError(
          absl::StrCat("column ",
                       i + 1,
                       ": unknown column \"",
                       Printable(header[i]),
                       "\"",
                       nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?")));
    }
    size_t& position = positions[static_cast<size_t>(found - names.begin())];
    if (position != std::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("column ", i + 1, ": \"", header[i], "\" stands in the header twice"));
    }
    position = i;
  }
  for (size_t c = 0; c < kind.columns.size(); ++c) {
    if (kind.columns[c].required && positions[c] == std::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("the header lacks the column \"", names[c], "\""));
    }
  }
  return positions;
}

namespace {

const google::protobuf::Descriptor& RequestOf(const ImportKind& kind) {
  const google::protobuf::MethodDescriptor* method =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
          std::string(kind.method));
  GH_CHECK(method != nullptr, kind.method);
  return *method->input_type();
}

}  // namespace

bool Updates(const ImportKind& kind) {
  return !kind.method.empty() && RequestOf(kind).FindFieldByName("update_mask") != nullptr;
}

bool Reactivates(const ImportKind& kind) {
  return !kind.method.empty() && RequestOf(kind).FindFieldByName("reactivate") != nullptr;
}

std::vector<std::string> MaskOf(const ImportKind& kind, std::span<const size_t> positions) {
  const google::protobuf::Descriptor& row = *RequestOf(kind).FindFieldByNumber(1)->message_type();
  std::vector<std::string> paths;
  const auto add = [&](std::string_view name) {
    const std::string field(name);
    std::string path = row.FindFieldByName(field) != nullptr ? field : "personal_data." + field;
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
      paths.push_back(std::move(path));
    }
  };
  for (size_t c = 0; c < kind.columns.size(); ++c) {
    if (positions[c] != std::string_view::npos) {
      add(kind.columns[c].field);
      if (!kind.columns[c].also.empty()) {
        add(kind.columns[c].also);
      }
    }
  }
  return paths;
}

size_t ColumnOfField(const ImportKind& kind,
                     std::span<const size_t> positions,
                     std::string_view field) {
  if (field.starts_with("personal_data.")) {
    field.remove_prefix(std::string_view("personal_data.").size());
  }
  field = field.substr(0, field.find_first_of(".["));
  size_t found = std::string_view::npos;
  for (size_t c = 0; c < kind.columns.size(); ++c) {
    if (kind.columns[c].field != field) {
      continue;
    }
    if (positions[c] != std::string_view::npos) {
      return c;
    }
    if (found == std::string_view::npos) {
      found = c;
    }
  }
  return found;
}

std::string ColumnsHelp(const ImportKind& kind) {
  std::string help = "Columns, in any order (* = required):\n";
  for (const CsvColumn& column : kind.columns) {
    help += fmt::format("  {:<20} {}\n",
                        fmt::format("{}{}", column.name, column.required ? " *" : ""),
                        column.help);
  }
  help +=
      "The file is RFC 4180 CSV in UTF-8, the first line names the columns.  Columns\n"
      "whose names begin with reject_ are passed over.\n";
  if (Updates(kind)) {
    help +=
        "What has no column in the file stays as it is; new rows get what an empty cell\n"
        "would give.  An empty cell resets its field, unless the column's text above says\n"
        "otherwise.\n";
  }
  if (Reactivates(kind)) {
    help += "What was blocked, suspended or closed is not made active: such a row is rejected.\n";
  }
  return help;
}

}  // namespace gonghui::ctl
