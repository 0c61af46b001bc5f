// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Wanted columns of a CSV file with a header row.

#ifndef GONGHUI_TOOLS_LOAD_CSV_FILE_H_
#define GONGHUI_TOOLS_LOAD_CSV_FILE_H_

#include <functional>
#include <string>
#include <vector>

#include <absl/status/status.h>

namespace gonghui::load {

using CsvRow = std::vector<std::string>;

// Calls back with the wanted columns of each row, in the order in which they were asked
// for.  INVALID_ARGUMENT names the row that is wrong, by the file or by `on_row`.
absl::Status ReadCsvFile(const std::string& path,
                         const std::vector<std::string>& columns,
                         const std::function<absl::Status(const CsvRow&)>& on_row);

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_CSV_FILE_H_
