// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// libcsv tells neither lines nor columns.  It is fed in segments that end at a
// line break or a quote, so that we know where each of them is; the parser's
// public state then says whether a quote opened a field.

#include "tools/gonghuictl/csv_reader.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "tools/gonghuictl/text.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kChunkBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

int NothingIsSpace(unsigned char) {
  return 0;
}

std::string NotUtf8(char byte) {
  return fmt::format(
      "byte 0x{:02X} is not UTF-8; a file saved as GBK can be converted with "
      "`iconv -f GB18030 -t UTF-8`",
      static_cast<uint8_t>(byte));
}

uint64_t CountCharacters(std::string_view text) {
  return static_cast<uint64_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

}  // namespace

struct CsvReader::Callbacks {
  static void Field(void* data, size_t size, void* self) {
    static_cast<CsvReader*>(self)->OnField(static_cast<const char*>(data), size);
  }
  static void Record(int, void* self) { static_cast<CsvReader*>(self)->OnRecord(); }
};

CsvReader::CsvReader(std::FILE* file) : file_(file), parser_(new csv_parser) {
  GH_CHECK(csv_init(parser_.get(), CSV_STRICT | CSV_STRICT_FINI) == 0);
  csv_set_space_func(parser_.get(), NothingIsSpace);
}

CsvReader::~CsvReader() {
  csv_free(parser_.get());
}

bool CsvReader::Next(CsvRecord* record) {
  while (ready_.empty() && !pending_error_ && !at_end_) {
    ReadChunk();
  }
  if (ready_.empty()) {
    if (!error_ && !errors_.empty()) {
      error_ = errors_.front();
    }
    return false;
  }
  *record = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

void CsvReader::Fail(uint64_t line, uint64_t column, std::string message) {
  if (!pending_error_) {
    pending_error_ = CsvError{line, column, std::move(message)};
    Note(*pending_error_);
  }
}

void CsvReader::Note(CsvError error) {
  ++error_count_;
  if (errors_.size() < kCsvErrorsMax) {
    errors_.push_back(std::move(error));
  }
}

void CsvReader::ReadChunk() {
  const size_t kept = chunk_.size();
  chunk_.resize(kept + kChunkBytes);
  const size_t got = std::fread(chunk_.data() + kept, 1, kChunkBytes, file_);
  chunk_.resize(kept + got);
  if (std::ferror(file_) != 0) {
    Fail(line_, column_, fmt::format("the file can not be read: {}", std::strerror(errno)));
    return;
  }
  std::string_view rest = chunk_;
  if (at_start_ && (rest.size() >= kByteOrderMark.size() || got == 0)) {
    at_start_ = false;
    if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      rest.remove_prefix(kByteOrderMark.size());
    }
  }
  if (at_start_) {
    return;  // fewer than three bytes so far
  }

  while (!rest.empty()) {
    const size_t end = rest.find_first_of("\n\"");
    std::string_view segment = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    const size_t zero = segment.find('\0');
    const size_t bad = std::min(zero, FindBadUtf8(segment));
    if (bad != std::string_view::npos) {
      bool incomplete = false;
      (void)Utf8SequenceSize(segment.substr(bad), &incomplete);
      if (!incomplete || got == 0) {
        // What is wrong before it is told instead, wherever the chunks end.
        if (bad != 0 && !ParseSegment(segment.substr(0, bad))) {
          return;
        }
        Fail(line_,
             column_,
             bad == zero ? "a zero byte; is this a text file?" : NotUtf8(segment[bad]));
        return;
      }
      if (bad == 0) {
        break;  // the other bytes come with the next chunk
      }
      segment = segment.substr(0, bad);
    }
    if (!ParseSegment(segment)) {
      return;
    }
    rest.remove_prefix(segment.size());
  }
  chunk_.erase(0, chunk_.size() - rest.size());
  if (got == 0) {
    Finish();
  }
}

bool CsvReader::ParseSegment(std::string_view segment) {
  if (current_.fields.empty() && (parser_->pstate == 0 || parser_->pstate == 1)) {
    current_.line = line_;
  }
  const uint64_t fields_before = field_count_total_;
  const bool quoted_before = parser_->quoted != 0;
  const size_t parsed = csv_parse(
      parser_.get(), segment.data(), segment.size(), Callbacks::Field, Callbacks::Record, this);
  if (pending_error_) {
    return false;
  }
  if (parsed != segment.size()) {
    Fail(line_,
         column_ + CountCharacters(segment.substr(0, parsed)),
         csv_error(parser_.get()) == CSV_EPARSE
             ? "a quote inside a field: put the whole field in quotes and double the inner ones"
             : csv_strerror(csv_error(parser_.get())));
    return false;
  }

  if (parser_->quoted != 0 && (!quoted_before || field_count_total_ != fields_before)) {
    // Segments end at quotes, so it is the last character of this one.
    quote_line_ = line_;
    quote_column_ = column_ + CountCharacters(segment) - 1;
  }
  if (parser_->entry_pos > kCsvFieldBytesMax) {
    const bool quoted = parser_->quoted != 0;
    Fail(quoted ? quote_line_ : line_,
         quoted ? quote_column_ : column_,
         fmt::format("a field of more than {} bytes begins here{}",
                     kCsvFieldBytesMax,
                     quoted ? "; is its closing quote missing?" : ""));
    return false;
  }
  if (segment.back() == '\n') {
    ++line_;
    column_ = 1;
  } else {
    column_ += CountCharacters(segment);
  }
  return true;
}

void CsvReader::Finish() {
  at_end_ = true;
  if (csv_fini(parser_.get(), Callbacks::Field, Callbacks::Record, this) != 0) {
    Fail(quote_line_, quote_column_, "the quote that opens here is never closed");
  }
}

void CsvReader::OnField(const char* data, size_t size) {
  ++field_count_total_;
  if (size > kCsvFieldBytesMax) {
    Fail(line_, column_, fmt::format("a field of more than {} bytes", kCsvFieldBytesMax));
    return;
  }
  if (current_.fields.size() == kCsvFieldsMax) {
    Fail(current_.line, 1, fmt::format("more than {} fields", kCsvFieldsMax));
    return;
  }
  current_.fields.emplace_back(data, size);
}

void CsvReader::OnRecord() {
  if (pending_error_) {
    return;
  }
  if (header_size_ == 0) {
    header_size_ = current_.fields.size();
  }
  if (current_.fields.size() != header_size_) {
    Note({current_.line,
          1,
          fmt::format("{} field{}, but the header has {}",
                      current_.fields.size(),
                      current_.fields.size() == 1 ? "" : "s",
                      header_size_)});
  } else {
    ready_.push_back(std::move(current_));
  }
  current_ = CsvRecord{};
  // A bare carriage return also ends a record; the next one is on this line.
  current_.line = line_;
}

std::string CsvQuoted(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(field);
  }
  std::string out = "\"";
  for (const char c : field) {
    out += c;
    if (c == '"') {
      out += '"';
    }
  }
  out += '"';
  return out;
}

std::string CsvLine(const std::vector<std::string>& fields) {
  if (fields.size() == 1 && fields[0].empty()) {
    return "\"\"\n";  // a blank line would be no record
  }
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty() || &field != fields.data()) {
      line += ',';
    }
    line += CsvQuoted(field);
  }
  line += '\n';
  return line;
}

}  // namespace gonghui::ctl
