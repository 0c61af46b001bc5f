// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// csv: files of rows that an operator imports, submits or grants by
//
// The records are those that a dumber reader finds, in the same lines, and the first thing
// that is wrong with the file stands where that reader finds it; so it is wherever the file
// happens to be cut for reading.  What was read is written and read again as the same.  Every
// refusal names line and column, and none of it can move the cursor of who reads it.
//
//   input := kind(1) cut(1) text
//
// `kind` is one of Kinds() below.  From 240 on, the file is read again behind so many blank
// lines that the reader's chunk ends `cut` bytes within the text; it is slow.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "engine/base/check.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/row_file.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool operator==(const CsvError& a, const CsvError& b) {
  return a.line == b.line && a.column == b.column && a.message == b.message;
}

size_t CharactersOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

// ---- Files that are in memory ------------------------------------------------------

class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("csv_fuzz", MFD_CLOEXEC)) { GH_CHECK(fd_ >= 0, "memfd_create"); }

  void Write(std::string_view text) const {
    GH_CHECK(ftruncate(fd_, 0) == 0);
    GH_CHECK(pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;  // for as long as there are inputs
};

const MemoryFile& TheFile() {
  static const MemoryFile file;
  return file;
}

struct FileText {
  std::vector<CsvRecord> records;
  std::vector<CsvError> errors;  // the first few
  uint64_t error_count = 0;
};

FileText ReadText(std::string_view text) {
  TheFile().Write(text);
  std::FILE* const file = std::fopen(TheFile().path().c_str(), "rbe");
  GH_CHECK(file != nullptr, TheFile().path());
  FileText read;
  {
    CsvReader reader(file);
    CsvRecord record;
    while (reader.Next(&record)) {
      read.records.push_back(std::move(record));
    }
    read.errors = reader.errors();
    read.error_count = reader.error_count();
    GH_CHECK(reader.error().has_value() == !read.errors.empty());
    GH_CHECK(!reader.error().has_value() || *reader.error() == read.errors.front());
  }
  (void)std::fclose(file);
  return read;
}

// ---- A dumber reader ---------------------------------------------------------------

// RFC 4180 by hand, over the whole text at once.  REQUIRES: the text has no byte order mark.
class DumbReader {
 public:
  explicit DumbReader(std::string_view text)
      : text_(text), no_text_(std::min({text.find('\0'), FindBadUtf8(text), text.size()})) {}

  FileText Read() {
    while (at_ < text_.size() && !stopped_) {
      if (IsLineEnd(text_[at_])) {
        ++at_;  // blank lines are no records
      } else {
        ReadRecord();
      }
    }
    // Of the reader's own limit there is no need here.
    read_.error_count = read_.errors.size();
    read_.errors.resize(std::min(read_.errors.size(), kCsvErrorsMax));
    return std::move(read_);
  }

 private:
  static bool IsLineEnd(char c) { return c == '\r' || c == '\n'; }
  static bool EndsField(char c) { return c == ',' || IsLineEnd(c); }

  void ReadRecord() {
    CsvRecord record;
    record.line = PlaceOf(at_).line;
    while (true) {
      record.fields.push_back(text_.substr(at_, 1) == "\"" ? Quoted() : Bare());
      if (stopped_) {
        return;
      }
      if (record.fields.size() > kCsvFieldsMax) {
        return Stop({record.line, 1, "more than 256 fields"});
      }
      if (at_ == text_.size() || IsLineEnd(text_[at_])) {
        break;
      }
      ++at_;  // the comma
    }
    header_size_ = header_size_ == 0 ? record.fields.size() : header_size_;
    if (record.fields.size() == header_size_) {
      read_.records.push_back(std::move(record));
      return;
    }
    read_.errors.push_back({record.line,
                            1,
                            std::to_string(record.fields.size()) + " field" +
                                (record.fields.size() == 1 ? "" : "s") + ", but the header has " +
                                std::to_string(header_size_)});
  }

  std::string Bare() {
    const size_t from = at_;
    while (at_ < text_.size() && !EndsField(text_[at_])) {
      if (at_ == no_text_) {
        StopAtNoText();
        return "";
      }
      if (text_[at_] == '"') {
        StopAtQuote();
        return "";
      }
      ++at_;
    }
    return std::string(text_.substr(from, at_ - from));
  }

  std::string Quoted() {
    const size_t opens = at_++;
    std::string field;
    while (true) {
      const size_t quote = text_.find('"', at_);
      if (no_text_ < std::min(quote, text_.size())) {
        StopAtNoText();
        return "";
      }
      if (quote == std::string_view::npos) {
        CsvError error = PlaceOf(opens);
        error.message = "the quote that opens here is never closed";
        Stop(error);
        return "";
      }
      field += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (text_.substr(at_, 1) != "\"") {
        break;
      }
      field += '"';
      ++at_;
    }
    if (at_ < text_.size() && !EndsField(text_[at_])) {
      at_ == no_text_ ? StopAtNoText() : StopAtQuote();
    }
    return field;
  }

  // At a byte that no text has; which of two messages it is, is seen to elsewhere.
  void StopAtNoText() { Stop(PlaceOf(no_text_)); }

  void StopAtQuote() {
    CsvError error = PlaceOf(at_);
    error.message =
        "a quote inside a field: put the whole field in quotes and double the inner ones";
    Stop(error);
  }
  void Stop(CsvError error) {
    read_.errors.push_back(std::move(error));
    stopped_ = true;
  }

  [[nodiscard]] CsvError PlaceOf(size_t at) const {
    const std::string_view before = text_.substr(0, at);
    const size_t line_starts = before.rfind('\n') + 1;  // npos + 1 is 0
    CsvError place;
    place.line = 1 + static_cast<uint64_t>(std::count(before.begin(), before.end(), '\n'));
    place.column = 1 + CharactersOf(before.substr(line_starts));
    return place;
  }

  const std::string_view text_;
  const size_t no_text_;  // the first byte that is zero or not UTF-8
  size_t at_ = 0;
  size_t header_size_ = 0;
  bool stopped_ = false;
  FileText read_;
};

// ---- What must hold of the reader ----------------------------------------------------

void CheckSame(const FileText& got, const FileText& want, uint64_t lines_more) {
  GH_CHECK(got.records.size() == want.records.size(), got.records.size(), want.records.size());
  for (size_t i = 0; i < got.records.size(); ++i) {
    GH_CHECK(got.records[i].fields == want.records[i].fields, "record ", i);
    GH_CHECK_EQ(got.records[i].line, want.records[i].line + lines_more, "record ", i);
  }
  GH_CHECK_EQ(got.error_count, want.error_count);
  GH_CHECK_EQ(got.errors.size(), want.errors.size());
  for (size_t i = 0; i < got.errors.size(); ++i) {
    GH_CHECK_EQ(got.errors[i].line, want.errors[i].line + lines_more, got.errors[i].message);
    GH_CHECK_EQ(got.errors[i].column, want.errors[i].column, got.errors[i].message);
    GH_CHECK(want.errors[i].message.empty() || got.errors[i].message == want.errors[i].message,
             got.errors[i].message);
  }
}

void CheckPlaces(const FileText& read, std::string_view text) {
  const auto lines = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const CsvError& error : read.errors) {
    GH_CHECK(error.line >= 1 && error.line <= lines, error.message, " line=", error.line);
    GH_CHECK(error.column >= 1 && error.column <= text.size() + 1, error.message);
    GH_CHECK(Printable(error.message) == error.message, error.message);
  }
}

// Blank lines before a file mean nothing but another line, so it is the same wherever a chunk
// of the reader ends in it.
void CheckWhereverItIsCut(const FileText& read, std::string_view text, size_t cut) {
  constexpr size_t kChunkBytes = 64 * 1024;
  std::string padded(kChunkBytes - 1 - std::min(cut, text.size()), '\r');
  padded += '\n';
  padded += text;
  CheckSame(ReadText(padded), read, 1);
}

void CheckWrittenAndRead(const FileText& read) {
  std::string written(kByteOrderMark);
  for (const CsvRecord& record : read.records) {
    written += CsvLine(record.fields);
  }
  const FileText again = ReadText(written);
  GH_CHECK(again.errors.empty(), again.error_count);
  GH_CHECK_EQ(again.records.size(), read.records.size());
  for (size_t i = 0; i < read.records.size(); ++i) {
    GH_CHECK(again.records[i].fields == read.records[i].fields, "record ", i);
  }
}

void CheckReader(std::string_view text, std::optional<size_t> cut) {
  const FileText read = ReadText(text);
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  CheckPlaces(read, text);
  CheckSame(read, DumbReader(text).Read(), 0);
  if (cut.has_value()) {
    CheckWhereverItIsCut(read, text, *cut);
  }
  CheckWrittenAndRead(read);
}

// ---- Rows ---------------------------------------------------------------------------

struct Kind {
  const ImportKind* kind;
  const Message* empty;
};

// Of the rows of a stream: what the messages that its method takes have first.
const Message* EmptyRowOf(const ImportKind& kind) {
  const auto* const method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      std::string(kind.method));
  GH_CHECK(method != nullptr, kind.method);
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(
      method->input_type()->FindFieldByNumber(1)->message_type());
}

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = [] {
    std::vector<Kind> all;
    for (const ImportKind& kind : ImportKinds()) {
      all.push_back({&kind, EmptyRowOf(kind)});
    }
    all.push_back({&AdviceKind(), &v1::Advice::default_instance()});
    all.push_back({&GrantKind(), &v1::Grant::default_instance()});
    all.push_back({&MemberListKind(), &v1::Grant::default_instance()});
    all.push_back({&VoucherListKind(), &v1::Voucher::default_instance()});
    all.push_back({&WinnerKind(), &v1::DrawWinner::default_instance()});
    all.push_back({&PoolEventKind(), &v1::PoolEvent::default_instance()});
    all.push_back({&DrawPrizeKind(), &v1::Prize::default_instance()});
    all.push_back({&PoolPrizeKind(), &v1::Prize::default_instance()});
    return all;
  }();
  return kinds;
}

bool TakeNumber(std::string_view* line, uint64_t* number) {
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), *number);
  const auto digits = static_cast<size_t>(end - line->data());
  if (error != std::errc() || line->substr(digits, 1) != ":") {
    return false;
  }
  line->remove_prefix(digits + 1);
  return true;
}

// Column 0 is of a file without the column that is meant, which is named then.
bool NamesAColumn(const ImportKind& kind, std::string_view text) {
  return std::any_of(kind.columns.begin(), kind.columns.end(), [&](const CsvColumn& column) {
    return text.starts_with(" " + std::string(column.name) + ": ");
  });
}

// One line for each thing that is wrong, "PATH:LINE:COLUMN: what", then a sum.
void CheckComplaints(const ImportKind& kind,
                     std::string_view told,
                     const std::string& path,
                     uint64_t lines) {
  GH_CHECK(told.ends_with(path + " has errors; nothing was sent\n"), told);
  size_t complaints = 0;
  while (!told.empty()) {
    std::string_view line = told.substr(0, told.find('\n'));
    told.remove_prefix(line.size() + 1);
    GH_CHECK(Printable(line) == line, line);
    if (line.starts_with("gonghuictl: ") || line.starts_with("and ")) {
      continue;
    }
    ++complaints;
    GH_CHECK(line.starts_with(path + ":"), line);
    line.remove_prefix(path.size() + 1);
    uint64_t number = 0;
    uint64_t column = 0;
    GH_CHECK(TakeNumber(&line, &number) && TakeNumber(&line, &column), line);
    // A file without rows lacks them in the line behind its last.
    GH_CHECK(number >= 1 && number <= lines + 1, line);
    GH_CHECK(column >= 1 || NamesAColumn(kind, line), line);
    GH_CHECK(line.size() > 1, line);
  }
  GH_CHECK(complaints >= 1 && complaints <= kFileErrorsPrintedMax, complaints);
}

void CheckRows(const Kind& kind, std::string_view text) {
  TheFile().Write(text);
  RowFileOptions options;
  options.path = TheFile().path();
  options.rows.zone = std::string(kDefaultZone);
  char* buffer = nullptr;
  size_t size = 0;
  std::FILE* const err = open_memstream(&buffer, &size);
  const auto lines = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  uint64_t last_line = 0;
  const ExitCode exit = LoadRows(
      options,
      *kind.kind,
      err,
      [&kind] { return std::unique_ptr<Message>(kind.empty->New()); },
      [&](uint64_t line, Message* row) {
        // Records share a line when a carriage return alone divides them.
        GH_CHECK(line >= last_line && line <= lines, line);
        last_line = line;
        GH_CHECK(row->IsInitialized());
        GH_CHECK(row->ByteSizeLong() <= 4 * text.size() + 64, row->ByteSizeLong());
      });
  (void)std::fclose(err);
  const std::unique_ptr<char, decltype(&std::free)> owned(buffer, &std::free);
  if (exit == ExitCode::kOk) {
    GH_CHECK(size == 0, std::string_view(buffer, size));
    GH_CHECK(last_line >= 1);
  } else {
    GH_CHECK(exit == ExitCode::kRefused);
    CheckComplaints(*kind.kind, {buffer, size}, options.path, lines);
  }
}

}  // namespace
}  // namespace gonghui::ctl

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gonghui::ctl;  // NOLINT
  if (size < 2) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  CheckReader(text, data[0] >= 240 ? std::optional<size_t>(data[1]) : std::nullopt);
  CheckRows(Kinds()[data[0] % Kinds().size()], text);
  return 0;
}
