// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/csv_file.h"

#include <csv.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string_view>

#include <absl/strings/str_cat.h>

#include "engine/base/strings.h"

namespace gonghui::load {
namespace {

using OnRow = std::function<absl::Status(const CsvRow&)>;

class CsvFile {
 public:
  CsvFile(const std::string& path, const std::vector<std::string>& columns, const OnRow& on_row)
      : path_(path), columns_(columns), on_row_(on_row), row_(columns.size()) {}

  absl::Status Run() {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path_.c_str(), "rb"), &std::fclose);
    if (file == nullptr) {
      return absl::NotFoundError(absl::StrCat("cannot open ", path_));
    }
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
      return absl::InternalError("libcsv does not start");
    }
    const std::unique_ptr<csv_parser, void (*)(csv_parser*)> guard(&parser, &csv_free);
    std::vector<char> buffer(size_t{1} << 18);
    size_t size = 0;
    while (status_.ok() && (size = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0) {
      if (csv_parse(&parser, buffer.data(), size, &CsvFile::OnField, &CsvFile::OnRowEnd, this) !=
          size) {
        return Error(csv_strerror(csv_error(&parser)));
      }
    }
    if (csv_fini(&parser, &CsvFile::OnField, &CsvFile::OnRowEnd, this) != 0) {
      return Error("unfinished quotation");
    }
    if (status_.ok() && line_ == 0) {
      return Error("empty file, no header row");
    }
    return status_;
  }

 private:
  [[nodiscard]] absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": row ", line_ + 1, ": ", ToAbsl(what)));
  }

  static void OnField(void* text, size_t size, void* self) {
    static_cast<CsvFile*>(self)->Field({static_cast<const char*>(text), size});
  }

  static void OnRowEnd(int /*terminator*/, void* self) { static_cast<CsvFile*>(self)->RowEnd(); }

  void Field(std::string_view text) {
    if (line_ == 0) {
      constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
      if (column_ == 0 && text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        text.remove_prefix(kByteOrderMark.size());
      }
      const auto found = std::find(columns_.begin(), columns_.end(), text);
      wanted_.push_back(static_cast<size_t>(found - columns_.begin()));
    } else if (column_ < wanted_.size() && wanted_[column_] < columns_.size()) {
      row_[wanted_[column_]].assign(text);
    }
    ++column_;
  }

  void RowEnd() {
    if (status_.ok() && line_ == 0) {
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (std::find(wanted_.begin(), wanted_.end(), i) == wanted_.end()) {
          status_ = Error("there is no column " + columns_[i]);
        }
      }
    } else if (status_.ok() && column_ != wanted_.size()) {
      status_ = Error("not as many fields as the header has");
    } else if (status_.ok()) {
      if (const absl::Status status = on_row_(row_); !status.ok()) {
        status_ = Error(ToStd(status.message()));
      }
    }
    column_ = 0;
    ++line_;
  }

  const std::string path_;
  const std::vector<std::string> columns_;
  const OnRow& on_row_;
  std::vector<size_t> wanted_;  // of each column of the file: its index in columns_
  CsvRow row_;
  size_t line_ = 0;
  size_t column_ = 0;
  absl::Status status_;
};

}  // namespace

absl::Status ReadCsvFile(const std::string& path,
                         const std::vector<std::string>& columns,
                         const OnRow& on_row) {
  return CsvFile(path, columns, on_row).Run();
}

}  // namespace gonghui::load
