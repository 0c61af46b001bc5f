// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/output.h"

#include <google/protobuf/util/json_util.h>

#include "engine/base/check.h"
#include "tools/gonghuictl/csv_reader.h"

namespace gonghui::ctl {

std::string ToJson(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  GH_CHECK(status.ok(), status.ToString());
  if (!indented) {
    json += '\n';
  }
  return json;
}

void Output::Heading(std::string_view text) {
  if (format_ == OutputFormat::kTable) {
    Text("\n");
    Text(text);
    Text("\n");
  }
}

std::string Output::UpperCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

void Output::CsvLines(const std::vector<std::vector<std::string>>& lines) {
  for (const auto& line : lines) {
    Text(CsvLine(line));
  }
}

}  // namespace gonghui::ctl
