// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The last advice may say that the terminal has stored nothing more, which sets how far
// back later ones can reach.  It therefore goes alone, after every other has been
// answered, and says so only when none of them has to be sent again.

#include "tools/gonghuictl/advice_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "engine/base/strings.h"
#include "google/rpc/error_details.pb.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/interrupt.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

// How often a waiting run looks at Ctrl-C.
constexpr int64_t kTickMs = 50;

// As far as clocks may differ without a word.
constexpr int64_t kFutureSecondsMax = 300;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

class AdviceLoad {
 public:
  AdviceLoad(const RowOptions& options, std::FILE* err, AdviceFile* out)
      : options_(options), err_(err), out_(out) {}

  ExitCode Load() {
    const File file(std::fopen(out_->path.c_str(), "rbe"));
    if (file == nullptr) {
      fmt::print(err_, "gonghuictl: can not open {}: {}\n", out_->path, std::strerror(errno));
      return ExitCode::kError;
    }
    CsvReader reader(file.get());
    if (ReadHeader(&reader)) {
      CsvRecord record;
      while (reader.Next(&record)) {
        if (out_->advices.size() == kAdvicesPerFileMax) {
          Complain(record.line,
                   1,
                   fmt::format("more than {} advices; divide the file",
                               FormatCount(kAdvicesPerFileMax)));
          break;
        }
        ReadRow(record);
      }
      for (const CsvError& error : reader.errors()) {
        Complain(error.line, error.column, error.message);
      }
      error_count_ += reader.error_count() - reader.errors().size();
    }
    if (error_count_ > kAdviceErrorsPrintedMax) {
      fmt::print(err_, "and {} more\n", FormatCount(error_count_ - kAdviceErrorsPrintedMax));
    }
    if (error_count_ > 0) {
      fmt::print(err_, "gonghuictl: {} has errors; nothing was sent\n", out_->path);
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
    absl::StatusOr<std::vector<size_t>> positions = MapHeader(AdviceKind(), record.fields);
    if (!positions.ok()) {
      Complain(record.line, 1, ToStd(positions.status().message()));
      return false;
    }
    out_->positions = *std::move(positions);
    return true;
  }

  void ReadRow(const CsvRecord& record) {
    StoredAdvice stored;
    stored.line = record.line;
    std::optional<CellError> bad =
        AdviceKind().parse(RowView(record.fields, out_->positions), options_, &stored.advice);
    if (!bad) {
      const auto [first, is_new] =
          lines_by_request_.try_emplace(RequestIdOf(stored.advice), record.line);
      if (!is_new) {
        bad = CellError{0, "REPEATED_ROW", fmt::format("stands in line {} already", first->second)};
      }
    }
    if (bad) {
      const size_t position = out_->positions[bad->column];
      Complain(record.line,
               position == std::string_view::npos ? 0 : position + 1,
               fmt::format("{}: {} ({})",
                           AdviceKind().columns[bad->column].name,
                           Printable(bad->description),
                           bad->reason));
      return;
    }
    out_->advices.push_back(std::move(stored));
  }

  void Complain(uint64_t line, uint64_t column, std::string_view text) {
    if (++error_count_ <= kAdviceErrorsPrintedMax) {
      fmt::print(err_, "{}:{}:{}: {}\n", out_->path, line, column, text);
    }
  }

  const RowOptions& options_;
  std::FILE* const err_;
  AdviceFile* const out_;
  absl::flat_hash_map<std::string, uint64_t> lines_by_request_;
  uint64_t error_count_ = 0;
};

// What is right, and will still not be answered as one may think.
void SayWhatIsOdd(const AdviceFile& file, const Clock& clock, std::FILE* err) {
  const int64_t now_s = clock.NowNs() / 1'000'000'000;
  uint64_t old_count = 0;
  uint64_t old_line = 0;
  uint64_t future_count = 0;
  uint64_t future_line = 0;
  for (const StoredAdvice& stored : file.advices) {
    const int64_t age_s = now_s - stored.advice.occurred_at().seconds();
    if (age_s > kAdviceAgeSecondsMax && ++old_count == 1) {
      old_line = stored.line;
    }
    if (age_s < -kFutureSecondsMax && ++future_count == 1) {
      future_line = stored.line;
    }
  }
  if (old_count > 0) {
    fmt::print(err,
               "{}:{}: {} older than 60 days: not accepted, a person has to look at {} "
               "(advice_too_old, 需人工处理)\n",
               file.path,
               old_line,
               old_count == 1 ? "an advice" : fmt::format("{} advices", FormatCount(old_count)),
               old_count == 1 ? "it" : "them");
  }
  if (future_count > 0) {
    fmt::print(
        err,
        "{}:{}: {} of the future: judged as of when the ledger gets {}; is --zone right?\n",
        file.path,
        future_line,
        future_count == 1 ? "an advice" : fmt::format("{} advices", FormatCount(future_count)),
        future_count == 1 ? "it" : "them");
  }
}

class AdviceRun {
 public:
  AdviceRun(const AdviceOptions& options, const Clock& clock, std::FILE* err, AdviceFile* file)
      : options_(options), clock_(clock), err_(err), file_(file) {}

  ExitCode Run(const OpenStream& open_stream) {
    if (file_->advices.empty()) {
      return ExitCode::kOk;
    }
    stream_ = open_stream();
    Pump();
    return Conclude();
  }

 private:
  // Of the file's advices.
  struct Span {
    size_t begin = 0;
    size_t count = 0;
  };

  void Pump() {
    int64_t heard_ns = clock_.MonotonicNs();
    v1::SubmitAdvicesResponse response;
    while (true) {
      if (!broken_ && stream_->CanWrite()) {
        Write();
      }
      switch (stream_->WaitBlocking(kTickMs, &response)) {
        case CallStream::Event::kNothing:
          break;
        case CallStream::Event::kWritten:
          heard_ns = clock_.MonotonicNs();
          break;
        case CallStream::Event::kAnswer:
          heard_ns = clock_.MonotonicNs();
          OnAnswer(response);
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
    }
  }

  void Write() {
    const size_t left = file_->advices.size() - next_;
    if (left == 0) {
      if (in_flight_.empty()) {
        stream_->StartWritesDone();
      }
      return;
    }
    const bool last_alone = options_.queue_empty && left == 1;
    if (in_flight_.size() == kAdviceMessagesInFlightMax || (last_alone && !in_flight_.empty())) {
      return;
    }
    const size_t held_back = options_.queue_empty && left > 1 ? 1 : 0;
    const Span span{next_, std::min(AdviceKind().batch_rows_max, left - held_back)};
    file_->advices.back().advice.set_queue_empty(last_alone && error_count_ == 0);
    next_ += span.count;
    in_flight_.push_back(span);
    stream_->StartWrite(AdviceMessage(options_, *file_, span.begin, span.count));
  }

  void OnAnswer(const v1::SubmitAdvicesResponse& response) {
    if (broken_) {
      return;
    }
    if (in_flight_.empty()) {
      Break(ExitCode::kError, "the server answered a message that was not sent");
      return;
    }
    const Span span = in_flight_.front();
    in_flight_.pop_front();
    if (static_cast<size_t>(response.results_size()) != span.count) {
      Break(
          ExitCode::kError,
          fmt::format("the server answered {} advices of {}", response.results_size(), span.count));
      return;
    }
    for (size_t i = 0; i < span.count; ++i) {
      StoredAdvice& stored = file_->advices[span.begin + i];
      stored.result = response.results(static_cast<int>(i));
      ++answered_count_;
      if (stored.result->accepted()) {
        ++accepted_count_;
      } else if (stored.result->has_error()) {
        ++error_count_;
        RpcStatus status;
        status.code = stored.result->error().code();
        status.message = stored.result->error().message();
        status.details = stored.result->error();
        NoteBad(ExitCodeFor(status));
        SayError(stored, status);
      } else {
        NoteBad(ExitCode::kRefused);
      }
    }
  }

  // "a.csv:12:3: INVALID_ARGUMENT: ...", the column when a field is named that has one.
  void SayError(const StoredAdvice& stored, const RpcStatus& status) {
    size_t position = std::string_view::npos;
    for (const google::protobuf::Any& any : status.details.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad;
      if (position == std::string_view::npos && any.UnpackTo(&info) &&
          info.metadata().contains("field")) {
        position = PositionOf(info.metadata().at("field"));
      } else if (position == std::string_view::npos && any.UnpackTo(&bad) &&
                 !bad.field_violations().empty()) {
        position = PositionOf(bad.field_violations(0).field());
      }
    }
    fmt::print(err_,
               "{}:{}:{}: {}",
               file_->path,
               stored.line,
               position == std::string_view::npos ? 0 : position + 1,
               FormatRpcStatus(status));
  }

  // Where in the file that is what the server calls, for example,
  // "advices[3].sale.card_number"; npos when no column is.
  size_t PositionOf(std::string_view field) const {
    if (field.starts_with("advices[")) {
      field.remove_prefix(std::min(field.size(), field.find(']') + 2));
    }
    for (const std::string_view prefix : {"sale.", "capture."}) {
      if (field.starts_with(prefix)) {
        field.remove_prefix(prefix.size());
      }
    }
    if (field == "amount_fen") {
      field = "list_price_fen";
    } else if (field == "original_request_id") {
      field = "original_transaction_id";
    }
    const size_t column = ColumnOfField(AdviceKind(), file_->positions, field);
    return column == std::string_view::npos ? column : file_->positions[column];
  }

  ExitCode Conclude() {
    if (!broken_ && !stream_->status().ok()) {
      std::string text = FormatRpcStatus(stream_->status());
      text.pop_back();
      Stop(ExitCodeFor(stream_->status()), text);
    } else if (!broken_ && answered_count_ < file_->advices.size()) {
      Stop(ExitCode::kError, "the server closed the stream before its end");
    }
    if (broken_) {
      fmt::print(err_,
                 "{} of {} advices were answered; submit the same file again: what the ledger has "
                 "is answered as a repeat\n",
                 FormatCount(answered_count_),
                 FormatCount(file_->advices.size()));
      return exit_;
    }
    return accepted_count_ > 0 && first_bad_ != ExitCode::kOk ? ExitCode::kPartlyDone : first_bad_;
  }

  void NoteBad(ExitCode exit) {
    if (first_bad_ == ExitCode::kOk) {
      first_bad_ = exit;
    }
  }

  void Stop(ExitCode exit, const std::string& text) {
    broken_ = true;
    exit_ = exit;
    fmt::print(err_, "gonghuictl: {}\n", text);
  }

  // Ends the call from this side.
  void Break(ExitCode exit, const std::string& text) {
    Stop(exit, text);
    stream_->Cancel();
  }

  const AdviceOptions& options_;
  const Clock& clock_;
  std::FILE* const err_;
  AdviceFile* const file_;
  std::unique_ptr<CallStream> stream_;
  size_t next_ = 0;  // to send
  std::deque<Span> in_flight_;
  size_t answered_count_ = 0;
  size_t accepted_count_ = 0;
  size_t error_count_ = 0;  // to be sent again, when what is wrong is mended
  ExitCode first_bad_ = ExitCode::kOk;
  bool broken_ = false;
  ExitCode exit_ = ExitCode::kError;  // when broken
};

}  // namespace

ExitCode LoadAdvices(const std::string& path,
                     const RowOptions& options,
                     const Clock& clock,
                     std::FILE* err,
                     AdviceFile* file) {
  file->path = path;
  const ExitCode exit = AdviceLoad(options, err, file).Load();
  if (exit == ExitCode::kOk) {
    SayWhatIsOdd(*file, clock, err);
  }
  return exit;
}

ExitCode SubmitAdvices(const AdviceOptions& options,
                       const OpenStream& open_stream,
                       const Clock& clock,
                       std::FILE* err,
                       AdviceFile* file) {
  return AdviceRun(options, clock, err, file).Run(open_stream);
}

v1::SubmitAdvicesRequest AdviceMessage(const AdviceOptions& options,
                                       const AdviceFile& file,
                                       size_t begin,
                                       size_t count) {
  v1::SubmitAdvicesRequest request;
  request.set_terminal_id(options.terminal_id);
  for (size_t i = begin; i < begin + count; ++i) {
    *request.add_advices() = file.advices[i].advice;
  }
  return request;
}

const std::string& RequestIdOf(const v1::Advice& advice) {
  return advice.has_capture() ? advice.capture().request_id() : advice.sale().request_id();
}

}  // namespace gonghui::ctl
