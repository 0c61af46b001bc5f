// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Order of what is written when a message is answered: rejects first, then the
// progress file that counts them, so that a resumed import can cut the rejects
// file back to what the progress file vouches for.

#include "tools/gonghuictl/import_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/import_state.h"
#include "tools/gonghuictl/interrupt.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

// How often a waiting import looks at Ctrl-C and redraws.
constexpr int64_t kTickMs = 50;

// Rows refused on this side that one batch may carry.
constexpr size_t kRefusedRowsMax = 10'000;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

// A data row of the file.
struct Row {
  uint64_t index = 0;  // from 0
  CsvRecord record;
};

struct Reject {
  Row row;
  size_t column = 0;  // of the kind; npos = the row as a whole
  std::string reason;
  std::string description;
};

// What one message asks for, and all it answers for: the file's rows up to
// row_end, of which some were refused on this side and never sent.
struct Batch {
  std::vector<Row> sent;
  std::vector<Reject> refused;
  uint64_t row_end = 0;
  size_t bytes = 0;
};

class ImportRun {
 public:
  ImportRun(const ImportOptions& options, const Clock& clock, std::FILE* err)
      : options_(options),
        kind_(*options.kind),
        err_(err),
        progress_(options.progress, std::string(kind_.name), err, &clock),
        clock_(clock) {}

  ImportReport Run(const OpenStream& open_stream) {
    if (Prepare()) {
      stream_ = open_stream();
      Pump();
      Conclude();
    }
    progress_.Clear();
    report_.duration_ns = progress_.elapsed_ns();
    report_.row_count = state_.row_count;
    report_.summary.set_accepted_count(static_cast<uint32_t>(state_.accepted_count));
    report_.summary.set_created_count(static_cast<uint32_t>(state_.created_count));
    report_.summary.set_unchanged_count(static_cast<uint32_t>(state_.unchanged_count));
    if (state_.rejected_count > 0 && !options_.validate_only) {
      report_.rejects_path = RejectsPath(options_.path);
    }
    return std::move(report_);
  }

 private:
  // --- before the call ---

  // False when there is nothing to send; report_.exit says why.
  bool Prepare() {
    const absl::StatusOr<FileIdentity> identity = IdentifyFile(options_.path);
    if (!identity.ok()) {
      return Stop(ExitCode::kError, std::string(identity.status().message()));
    }
    state_.kind = kind_.name;
    state_.file = *identity;
    return OpenFile() && CheckFile() && LoadState() && PrepareRejects() && PrepareMessage() &&
           SkipAnsweredRows();
  }

  bool OpenFile() {
    file_.reset(std::fopen(options_.path.c_str(), "rbe"));
    if (file_ == nullptr) {
      return Stop(ExitCode::kError,
                  fmt::format("can not open {}: {}", options_.path, std::strerror(errno)));
    }
    reader_ = std::make_unique<CsvReader>(file_.get());
    CsvRecord record;
    if (!reader_->Next(&record)) {
      return reader_->error()
                 ? StopAtAll()
                 : StopAtHeader({1, 1, "the file is empty; its first line names the columns"});
    }
    header_ = record.fields;
    absl::StatusOr<std::vector<size_t>> positions = MapHeader(kind_, header_);
    if (!positions.ok()) {
      return StopAtHeader({record.line, 1, std::string(positions.status().message())});
    }
    positions_ = *std::move(positions);
    return true;
  }

  // The first pass: nothing is sent of a file that is malformed anywhere.
  bool CheckFile() {
    CsvRecord record;
    const std::vector<std::string> said =
        options_.on_found == nullptr ? std::vector<std::string>() : MaskOf(kind_, positions_);
    while (reader_->Next(&record)) {
      ++rows_total_;
      if (options_.on_found != nullptr) {
        options_.on_found(record.fields[positions_[0]], said);
      }
    }
    return reader_->error() ? StopAtAll() : OpenFile();
  }

  bool LoadState() {
    if (options_.validate_only) {
      return true;
    }
    const std::string path = ProgressPath(options_.path);
    const absl::StatusOr<std::optional<ImportState>> found = LoadImportState(path);
    if (!options_.resume) {
      if (found.ok() && *found && (*found)->file == state_.file) {
        Say(
            fmt::format("an earlier import of {} stopped after row {}; beginning again (--resume "
                        "would go on)",
                        options_.path,
                        FormatCount((*found)->row_count)));
      }
      return true;
    }
    if (!found.ok()) {
      return Stop(ExitCode::kRefused, std::string(found.status().message()));
    }
    if (!*found) {
      Say(fmt::format("there is no {}: beginning with the first row", path));
      return true;
    }
    if ((*found)->kind != kind_.name) {
      return Stop(
          ExitCode::kRefused,
          fmt::format(
              "{} is of an import of {}, not of {}", path, Printable((*found)->kind), kind_.name));
    }
    if (!((*found)->file == state_.file) || (*found)->row_count > rows_total_) {
      return Stop(
          ExitCode::kRefused,
          fmt::format("{} has changed since the import that {} is about; import it from the "
                      "beginning, without --resume",
                      options_.path,
                      path));
    }
    state_ = **found;
    rows_before_ = state_.row_count;
    Say(fmt::format(
        "going on after row {} of {}", FormatCount(state_.row_count), FormatCount(rows_total_)));
    return true;
  }

  bool PrepareRejects() {
    if (options_.validate_only) {
      return true;  // those of an earlier import stay
    }
    const std::string path = RejectsPath(options_.path);
    if (state_.rejects_bytes == 0) {
      if (std::remove(path.c_str()) != 0 && errno != ENOENT) {
        return Stop(ExitCode::kError,
                    fmt::format("can not remove {}: {}", path, std::strerror(errno)));
      }
      return true;
    }
    if (truncate(path.c_str(), static_cast<off_t>(state_.rejects_bytes)) != 0) {
      return Stop(ExitCode::kError,
                  fmt::format("can not shorten {}: {}", path, std::strerror(errno)));
    }
    return true;
  }

  // By the contract every import request has its rows as field 1 and
  // validate_only as field 2, and every response its summary as field 1.
  bool PrepareMessage() {
    const MethodDescriptor* method =
        DescriptorPool::generated_pool()->FindMethodByName(std::string(kind_.method));
    GH_CHECK(method != nullptr, kind_.method);
    request_.reset(MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    rows_field_ = method->input_type()->FindFieldByNumber(1);
    validate_only_field_ = method->input_type()->FindFieldByNumber(2);
    response_.reset(
        MessageFactory::generated_factory()->GetPrototype(method->output_type())->New());
    summary_field_ = method->output_type()->FindFieldByNumber(1);
    GH_CHECK(rows_field_->is_repeated(), kind_.method);
    GH_CHECK(summary_field_->message_type() == v1::ImportSummary::descriptor(), kind_.method);
    GH_CHECK(validate_only_field_->name() == "validate_only", kind_.method);
    const google::protobuf::Reflection* reflection = request_->GetReflection();
    reflection->SetBool(request_.get(), validate_only_field_, options_.validate_only);
    if (Reactivates(kind_)) {
      reflection->SetBool(
          request_.get(), method->input_type()->FindFieldByName("reactivate"), options_.reactivate);
    }
    if (Updates(kind_)) {
      auto* mask = dynamic_cast<google::protobuf::FieldMask*>(reflection->MutableMessage(
          request_.get(), method->input_type()->FindFieldByName("update_mask")));
      GH_CHECK(mask != nullptr, kind_.method);
      for (const std::string& path : MaskOf(kind_, positions_)) {
        mask->add_paths(path);
      }
    }
    return true;
  }

  bool SkipAnsweredRows() {
    for (; next_row_ < state_.row_count; ++next_row_) {
      CsvRecord record;
      if (!reader_->Next(&record)) {
        return Stop(ExitCode::kError, fmt::format("{} changes while it is read", options_.path));
      }
      // As AddRow() did: the key of a row that was refused here is free.
      const google::protobuf::Reflection* reflection = request_->GetReflection();
      Message* message = reflection->AddMessage(request_.get(), rows_field_);
      if (!kind_.parse(RowView(record.fields, positions_), options_.rows, message)) {
        (void)FirstLineOf(record);
      }
      reflection->RemoveLast(request_.get(), rows_field_);
    }
    return true;
  }

  // --- the call ---

  void Pump() {
    int64_t heard_ns = clock_.MonotonicNs();
    while (true) {
      if (stream_->CanWrite() && !broken_) {
        if (in_flight_.size() < kBatchesInFlightMax && FillBatch()) {
          stream_->StartWrite(*request_);
        } else if (at_end_ && in_flight_.empty()) {
          stream_->StartWritesDone();
        }
      }
      switch (stream_->WaitBlocking(kTickMs, response_.get())) {
        case CallStream::Event::kNothing:
          break;
        case CallStream::Event::kWritten:
          heard_ns = clock_.MonotonicNs();
          break;
        case CallStream::Event::kAnswer:
          heard_ns = clock_.MonotonicNs();
          OnSummary(Summary());
          break;
        case CallStream::Event::kClosed:
          return;
      }
      if (!broken_ && Interrupted()) {
        Break(ExitCode::kInterrupted, "interrupted");
      }
      if (!broken_ && clock_.MonotonicNs() - heard_ns > options_.idle_timeout_ms * 1'000'000) {
        Break(
            ExitCode::kTimeout,
            fmt::format("no answer for {}", FormatDuration(options_.idle_timeout_ms * 1'000'000)));
      }
      progress_.Update({state_.row_count, rows_total_, state_.rejected_count, rows_before_, 0});
    }
  }

  // Fills request_ and puts its batch into flight.  False when no row is left to
  // send; rows that were refused on this side may then be in tail_.
  bool FillBatch() {
    request_->GetReflection()->ClearField(request_.get(), rows_field_);
    Batch batch = std::move(tail_);
    tail_ = Batch{};
    const size_t rows_max = std::min(options_.batch_rows, kind_.batch_rows_max);
    while (!at_end_ && batch.sent.size() < rows_max && batch.bytes < kBatchBytesMax &&
           batch.refused.size() < kRefusedRowsMax) {
      Row row;
      if (!reader_->Next(&row.record)) {
        at_end_ = true;
        break;
      }
      row.index = next_row_++;
      batch.row_end = next_row_;
      AddRow(std::move(row), &batch);
    }
    if (batch.sent.empty()) {
      if (!at_end_ && in_flight_.empty()) {
        Settle(std::move(batch),
               v1::ImportSummary());  // thousands of wrong rows, one after another
      } else {
        tail_ = std::move(batch);
      }
      return false;
    }
    in_flight_.push_back(std::move(batch));
    return true;
  }

  void AddRow(Row row, Batch* batch) {
    const google::protobuf::Reflection* reflection = request_->GetReflection();
    Message* message = reflection->AddMessage(request_.get(), rows_field_);
    const RowView view(row.record.fields, positions_);
    if (std::optional<CellError> bad = kind_.parse(view, options_.rows, message)) {
      reflection->RemoveLast(request_.get(), rows_field_);
      batch->refused.push_back(
          {std::move(row), bad->column, std::move(bad->reason), std::move(bad->description)});
      return;
    }
    // Which of two rows is meant, nobody here can know; the last would win.
    if (const uint64_t first = FirstLineOf(row.record); first != row.record.line) {
      reflection->RemoveLast(request_.get(), rows_field_);
      batch->refused.push_back(
          {std::move(row),
           0,
           "REPEATED_ROW",
           fmt::format("stands in line {} already; one of the two must go", first)});
      return;
    }
    batch->bytes += message->ByteSizeLong();
    batch->sent.push_back(std::move(row));
  }

  // The line in which the key of this record, its kind's first columns, came first.
  uint64_t FirstLineOf(const CsvRecord& record) {
    std::string key = record.fields[positions_[0]];
    for (size_t c = 1; c < kind_.key_columns; ++c) {
      key += '\n' + record.fields[positions_[c]];  // no code has a line break
    }
    return lines_by_key_.try_emplace(std::move(key), record.line).first->second;
  }

  // Of the answer that came last.
  v1::ImportSummary Summary() const {
    v1::ImportSummary summary;
    summary.CopyFrom(response_->GetReflection()->GetMessage(*response_, summary_field_));
    return summary;
  }

  void OnSummary(const v1::ImportSummary& summary) {
    if (broken_) {
      return;
    }
    if (in_flight_.empty()) {
      Break(ExitCode::kError, "the server answered a message that was not sent");
      return;
    }
    Batch batch = std::move(in_flight_.front());
    in_flight_.pop_front();
    const auto rejected = static_cast<size_t>(summary.rejected_rows_size());
    if (summary.accepted_count() + summary.unchanged_count() + rejected != batch.sent.size()) {
      Break(ExitCode::kError,
            fmt::format("the server answered for {} rows of {}",
                        summary.accepted_count() + summary.unchanged_count() + rejected,
                        batch.sent.size()));
      return;
    }
    for (const v1::RejectedRow& refused : summary.rejected_rows()) {
      if (refused.index() >= batch.sent.size()) {
        Break(ExitCode::kError, "the server refused a row that was not sent");
        return;
      }
      batch.refused.push_back({batch.sent[refused.index()],
                               ColumnOfField(kind_, positions_, refused.field()),
                               refused.reason(),
                               refused.description()});
    }
    Settle(std::move(batch), summary);
  }

  // Everything up to batch.row_end has been answered for.
  void Settle(Batch batch, const v1::ImportSummary& summary) {
    std::stable_sort(batch.refused.begin(),
                     batch.refused.end(),
                     [](const Reject& a, const Reject& b) { return a.row.index < b.row.index; });
    if (const absl::Status written = WriteRejects(batch.refused); !written.ok()) {
      Break(ExitCode::kError, std::string(written.message()));
      return;
    }
    state_.row_count = batch.row_end;
    state_.accepted_count += summary.accepted_count();
    state_.created_count += summary.created_count();
    state_.unchanged_count += summary.unchanged_count();
    state_.rejected_count += batch.refused.size();
    TellAccepted(batch);
    if (options_.validate_only) {
      return;
    }
    const absl::Status saved = SaveImportState(ProgressPath(options_.path), state_);
    if (!saved.ok()) {
      Break(ExitCode::kError, std::string(saved.message()));
    }
  }

  // REQUIRES: the refused rows are in order, as those that were sent.
  void TellAccepted(const Batch& batch) {
    if (options_.on_accepted == nullptr) {
      return;
    }
    const std::vector<std::string> said = MaskOf(kind_, positions_);
    const std::unique_ptr<Message> message(
        MessageFactory::generated_factory()->GetPrototype(rows_field_->message_type())->New());
    auto refused = batch.refused.begin();
    for (const Row& row : batch.sent) {
      while (refused != batch.refused.end() && refused->row.index < row.index) {
        ++refused;
      }
      if (refused != batch.refused.end() && refused->row.index == row.index) {
        continue;
      }
      message->Clear();
      const auto bad =
          kind_.parse(RowView(row.record.fields, positions_), options_.rows, message.get());
      GH_CHECK(!bad.has_value(), "line=", row.record.line);  // it was right when it was sent
      options_.on_accepted(row.record.line, *message, said);
    }
  }

  // --- after the call ---

  void Conclude() {
    progress_.Clear();
    if (!broken_ && !stream_->status().ok()) {
      std::string text = FormatRpcStatus(stream_->status());
      text.pop_back();
      broken_ = true;
      Stop(ExitCodeFor(stream_->status()), text);
    }
    if (!broken_ && (!at_end_ || !in_flight_.empty())) {
      broken_ = true;
      Stop(ExitCode::kError, "the server closed the import before its end");
    }
    if (!broken_ && tail_.row_end > state_.row_count) {
      Settle(std::move(tail_), v1::ImportSummary());
    }
    if (!broken_ && reader_->error()) {
      broken_ = true;
      StopAt(*reader_->error());
    }
    if (broken_) {
      if (!options_.validate_only && state_.row_count > 0) {
        Say(fmt::format(
            "{} of {} rows were answered for; go on with: gonghuictl import {} {} --resume",
            FormatCount(state_.row_count),
            FormatCount(rows_total_),
            kind_.name,
            options_.path));
      }
      return;
    }
    report_.finished = true;
    report_.exit = state_.rejected_count > 0 ? ExitCode::kPartlyDone : ExitCode::kOk;
    if (!options_.validate_only) {
      std::remove(ProgressPath(options_.path).c_str());
    }
  }

  // --- rejects ---

  absl::Status WriteRejects(const std::vector<Reject>& rejects) {
    if (rejects.empty()) {
      return absl::OkStatus();
    }
    std::string text = state_.rejects_bytes == 0 ? RejectsHeader() : std::string();
    for (const Reject& reject : rejects) {
      text += RejectsLine(reject);
      Report(reject);
    }
    if (options_.validate_only) {
      return absl::OkStatus();
    }
    const std::string path = RejectsPath(options_.path);
    File file(OpenPrivateFile(path, /*append=*/state_.rejects_bytes != 0));
    if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        std::fclose(file.release()) != 0) {
      return absl::UnknownError(fmt::format("can not write {}: {}", path, std::strerror(errno)));
    }
    state_.rejects_bytes += text.size();
    return absl::OkStatus();
  }

  std::string RejectsHeader() const {
    std::vector<std::string> names = {"reject_line",
                                      "reject_column",
                                      "reject_column_name",
                                      "reject_reason",
                                      "reject_description"};
    AppendOwnFields(header_, &names);
    return CsvLine(names);
  }

  std::string RejectsLine(const Reject& reject) const {
    const size_t number = ColumnNumber(reject);
    std::vector<std::string> fields = {std::to_string(reject.row.record.line),
                                       number == 0 ? "" : std::to_string(number),
                                       ColumnName(reject),
                                       reject.reason,
                                       reject.description};
    AppendOwnFields(reject.row.record.fields, &fields);
    return CsvLine(fields);
  }

  // Without what an earlier rejects file put before them.
  void AppendOwnFields(const std::vector<std::string>& from, std::vector<std::string>* to) const {
    for (size_t i = 0; i < from.size(); ++i) {
      if (!header_[i].starts_with(kRejectColumnPrefix)) {
        to->push_back(from[i]);
      }
    }
  }

  // In the file, from 1; 0 when the file has no such column.
  size_t ColumnNumber(const Reject& reject) const {
    if (reject.column == std::string_view::npos ||
        positions_[reject.column] == std::string_view::npos) {
      return 0;
    }
    return positions_[reject.column] + 1;
  }

  std::string ColumnName(const Reject& reject) const {
    return reject.column == std::string_view::npos ? ""
                                                   : std::string(kind_.columns[reject.column].name);
  }

  void Report(const Reject& reject) {
    if (static_cast<size_t>(report_.summary.rejected_rows_size()) < kRejectsReportedMax) {
      v1::RejectedRow& row = *report_.summary.add_rejected_rows();
      row.set_index(static_cast<uint32_t>(reject.row.index));
      row.set_line(static_cast<uint32_t>(reject.row.record.line));
      row.set_field(ColumnName(reject));
      row.set_reason(reject.reason);
      row.set_description(reject.description);
    }
    const size_t printed_max = options_.validate_only ? kRejectsPrintedDryMax : kRejectsPrintedMax;
    if (rejects_printed_ == printed_max) {
      Say(options_.validate_only
              ? fmt::format("further rejected rows are not shown; -o json tells the first {}",
                            FormatCount(kRejectsReportedMax))
              : fmt::format("further rejected rows are in {} only", RejectsPath(options_.path)));
    }
    if (rejects_printed_++ < printed_max) {
      const std::string name = ColumnName(reject);
      Say(fmt::format("{}:{}:{}: {}{}{} ({})",
                      options_.path,
                      reject.row.record.line,
                      ColumnNumber(reject),
                      name,
                      name.empty() ? "" : ": ",
                      Printable(reject.description),
                      Printable(reject.reason)));
    }
  }

  // --- saying so ---

  void Say(const std::string& text) {
    progress_.Clear();
    fmt::print(err_, "{}\n", text);
  }

  bool Stop(ExitCode exit, const std::string& text) {
    report_.exit = exit;
    Say("gonghuictl: " + text);
    return false;
  }

  bool StopAt(const CsvError& error) {
    report_.exit = ExitCode::kRefused;
    Say(fmt::format("{}:{}:{}: {}", options_.path, error.line, error.column, error.message));
    return false;
  }

  // All that is known to be wrong with the file, which nothing was sent of.
  bool StopAtAll() {
    for (const CsvError& error : reader_->errors()) {
      StopAt(error);
    }
    const uint64_t further = reader_->error_count() - reader_->errors().size();
    if (further > 0) {
      Say(fmt::format("and {} more", FormatCount(further)));
    }
    return SayNothingImported();
  }

  bool StopAtHeader(const CsvError& error) {
    StopAt(error);
    return SayNothingImported();
  }

  bool SayNothingImported() {
    Say(fmt::format("gonghuictl: {} is malformed; nothing was imported", options_.path));
    return false;
  }

  // Ends the call from this side.
  void Break(ExitCode exit, const std::string& text) {
    broken_ = true;
    Stop(exit, text);
    stream_->Cancel();
  }

  const ImportOptions& options_;
  const ImportKind& kind_;
  std::FILE* const err_;
  Progress progress_;
  const Clock& clock_;
  ImportReport report_;
  ImportState state_;

  File file_;
  std::unique_ptr<CsvReader> reader_;
  std::vector<std::string> header_;
  std::vector<size_t> positions_;
  absl::flat_hash_map<std::string, uint64_t> lines_by_key_;
  uint64_t rows_total_ = 0;
  uint64_t rows_before_ = 0;
  uint64_t next_row_ = 0;
  bool at_end_ = false;

  std::unique_ptr<Message> request_;
  const FieldDescriptor* rows_field_ = nullptr;
  const FieldDescriptor* validate_only_field_ = nullptr;
  std::unique_ptr<Message> response_;
  const FieldDescriptor* summary_field_ = nullptr;
  std::unique_ptr<CallStream> stream_;
  std::deque<Batch> in_flight_;
  Batch tail_;  // refused on this side after the last row that was sent
  bool broken_ = false;
  size_t rejects_printed_ = 0;
};

}  // namespace

ImportReport RunImport(const ImportOptions& options,
                       const OpenStream& open_stream,
                       const Clock& clock,
                       std::FILE* err) {
  return ImportRun(options, clock, err).Run(open_stream);
}

}  // namespace gonghui::ctl
