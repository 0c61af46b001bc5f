// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/row_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "engine/base/strings.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

class RowLoad {
 public:
  RowLoad(const RowFileOptions& options, const ImportKind& kind, std::FILE* err)
      : options_(options), kind_(kind), err_(err) {}

  ExitCode Load(const std::function<std::unique_ptr<Message>()>& make,
                const std::function<void(uint64_t, Message*)>& take) {
    const File file(std::fopen(options_.path.c_str(), "rbe"));
    if (file == nullptr) {
      fmt::print(err_, "gonghuictl: can not open {}: {}\n", options_.path, std::strerror(errno));
      return ExitCode::kError;
    }
    CsvReader reader(file.get());
    if (ReadHeader(&reader)) {
      ReadRows(&reader, make, take);
    }
    if (error_count_ > kFileErrorsPrintedMax) {
      fmt::print(err_, "and {} more\n", FormatCount(error_count_ - kFileErrorsPrintedMax));
    }
    if (error_count_ > 0) {
      fmt::print(err_, "gonghuictl: {} has errors; nothing was sent\n", options_.path);
    }
    return error_count_ > 0 ? ExitCode::kRefused : ExitCode::kOk;
  }

 private:
  bool ReadHeader(CsvReader* reader) {
    CsvRecord record;
    if (!reader->Next(&record)) {
      if (!reader->error()) {
        Complain(1, 1, "the file is empty; its first line names the columns");
      }
      return reader->error().has_value();  // told with the others
    }
    if (options_.pass_over_others) {
      for (std::string& name : record.fields) {
        bool known = false;
        for (const CsvColumn& column : kind_.columns) {
          known = known || column.name == name;
        }
        name = known ? name : std::string(kRejectColumnPrefix);
      }
    }
    absl::StatusOr<std::vector<size_t>> positions = MapHeader(kind_, record.fields);
    if (!positions.ok()) {
      Complain(record.line, 1, ToStd(positions.status().message()));
      return false;
    }
    positions_ = *std::move(positions);
    return true;
  }

  void ReadRows(CsvReader* reader,
                const std::function<std::unique_ptr<Message>()>& make,
                const std::function<void(uint64_t, Message*)>& take) {
    CsvRecord record;
    size_t count = 0;
    while (reader->Next(&record)) {
      if (++count > options_.rows_max) {
        Complain(record.line,
                 1,
                 fmt::format("more than {} rows; divide the file", FormatCount(options_.rows_max)));
        break;
      }
      const std::unique_ptr<Message> row = make();
      std::optional<CellError> bad =
          kind_.parse(RowView(record.fields, positions_), options_.rows, row.get());
      if (!bad) {
        bad = FindRepeated(record);
      }
      if (bad) {
        ComplainOf(record.line, *bad);
      } else {
        take(record.line, row.get());
      }
    }
    for (const CsvError& error : reader->errors()) {
      Complain(error.line, error.column, error.message);
    }
    error_count_ += reader->error_count() - reader->errors().size();
    if (count == 0 && error_count_ == 0) {
      Complain(2, 1, "the file has no rows");
    }
  }

  // Of two rows with one key nobody here can know which is meant.
  std::optional<CellError> FindRepeated(const CsvRecord& record) {
    if (kind_.key_columns == 0) {
      return std::nullopt;
    }
    std::string key;
    for (size_t c = 0; c < kind_.key_columns; ++c) {
      const size_t position = positions_[c];
      key += position == std::string_view::npos ? "" : record.fields[position];
      key += '\n';
    }
    const auto [first, is_new] = lines_by_key_.try_emplace(std::move(key), record.line);
    if (is_new) {
      return std::nullopt;
    }
    return CellError{0, "REPEATED_ROW", fmt::format("stands in line {} already", first->second)};
  }

  void ComplainOf(uint64_t line, const CellError& bad) {
    const size_t position = positions_[bad.column];
    Complain(
        line,
        position == std::string_view::npos ? 0 : position + 1,
        fmt::format(
            "{}: {} ({})", kind_.columns[bad.column].name, Printable(bad.description), bad.reason));
  }

  void Complain(uint64_t line, uint64_t column, std::string_view text) {
    if (++error_count_ <= kFileErrorsPrintedMax) {
      fmt::print(err_, "{}:{}:{}: {}\n", options_.path, line, column, text);
    }
  }

  const RowFileOptions& options_;
  const ImportKind& kind_;
  std::FILE* const err_;
  std::vector<size_t> positions_;
  absl::flat_hash_map<std::string, uint64_t> lines_by_key_;
  uint64_t error_count_ = 0;
};

}  // namespace

ExitCode LoadRows(const RowFileOptions& options,
                  const ImportKind& kind,
                  std::FILE* err,
                  const std::function<std::unique_ptr<Message>()>& make,
                  const std::function<void(uint64_t, Message*)>& take) {
  return RowLoad(options, kind, err).Load(make, take);
}

}  // namespace gonghui::ctl
