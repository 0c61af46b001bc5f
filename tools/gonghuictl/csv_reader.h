// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads a CSV file record by record: RFC 4180 by libcsv in strict mode (quoted
// commas, quotes and line breaks; CRLF or LF; blanks belong to the field), and
// nothing but UTF-8, with or without a byte order mark.
//
// A malformed file ends the reading with the place in the file, since after a
// missing quote nothing that follows can be trusted.  Records with too few or too many
// fields are passed over and told together at the end.  What a field means is the
// business of csv_rows.h.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CSV_READER_H_
#define GONGHUI_TOOLS_GONGHUICTL_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct csv_parser;

namespace gonghui::ctl {

inline constexpr size_t kCsvFieldBytesMax = 64 * 1024;
inline constexpr size_t kCsvFieldsMax = 256;
inline constexpr size_t kCsvErrorsMax = 5;

// What is wrong with the file, and where: from 1, columns in characters.
struct CsvError {
  uint64_t line = 0;
  uint64_t column = 0;
  std::string message;
};

struct CsvRecord {
  uint64_t line = 0;  // of its first character, from 1
  std::vector<std::string> fields;
};

// Thread safety: none.
class CsvReader {
 public:
  // Reads from the file's position; does not own it.
  explicit CsvReader(std::FILE* file);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // The next record.  False at the end, and where the file is malformed or can
  // not be read; then error() says so.  Every record has as many fields as the
  // first one, which is the header; after others it is false at the end only.
  [[nodiscard]] bool Next(CsvRecord* record);

  // The first thing that is wrong, once Next() has answered false.
  [[nodiscard]] const std::optional<CsvError>& error() const { return error_; }
  // The first kCsvErrorsMax of them, in the file's order, and how many there are.
  [[nodiscard]] const std::vector<CsvError>& errors() const { return errors_; }
  [[nodiscard]] uint64_t error_count() const { return error_count_; }

 private:
  struct Callbacks;

  void ReadChunk();
  bool ParseSegment(std::string_view segment);
  void Finish();
  void OnField(const char* data, size_t size);
  void OnRecord();
  void Fail(uint64_t line, uint64_t column, std::string message);
  void Note(CsvError error);

  std::FILE* const file_;
  const std::unique_ptr<csv_parser> parser_;
  std::string chunk_;  // bytes read, not parsed: an unfinished UTF-8 sequence
  bool at_start_ = true;
  bool at_end_ = false;

  // Where the next byte to parse is.
  uint64_t line_ = 1;
  uint64_t column_ = 1;

  // The record and the field that are being parsed.
  CsvRecord current_;
  uint64_t field_count_total_ = 0;
  uint64_t quote_line_ = 0;  // of the open quote
  uint64_t quote_column_ = 0;
  size_t header_size_ = 0;

  std::deque<CsvRecord> ready_;
  std::optional<CsvError> pending_error_;  // ends the reading when ready_ is empty
  std::vector<CsvError> errors_;
  uint64_t error_count_ = 0;
  std::optional<CsvError> error_;
};

// A field as it stands in a CSV file: quoted when it must be.
[[nodiscard]] std::string CsvQuoted(std::string_view field);

// A line of a CSV file, with its line break.
[[nodiscard]] std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CSV_READER_H_
