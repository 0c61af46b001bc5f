// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/commands/batch_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <absl/status/status.h>
#include <google/protobuf/wrappers.pb.h>

#include "engine/base/clock.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/interrupt.h"
#include "tools/gonghuictl/output.h"
#include "tools/gonghuictl/progress.h"
#include "tools/gonghuictl/rpc_status.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;

class BatchRun {
 public:
  BatchRun(Context* context, const BatchCalls& calls, Message* request, Message* response)
      : context_(context),
        calls_(calls),
        request_(request),
        response_(response),
        progress_(context->progress_mode(calls.quiet || calls.row_count <= kRowsPerCallMax),
                  std::string(calls.noun),
                  stderr,
                  &SystemClock::Instance()) {}

  BatchResult Run() {
    size_t next = 0;
    while (next < calls_.row_count && result_.exit == ExitCode::kOk) {
      std::vector<size_t> rows;
      while (next < calls_.row_count && rows.size() < kRowsPerCallMax) {
        rows.push_back(next++);
      }
      CallAbout(&rows);
      progress_.Update({result_.done_count + result_.refused_count,
                        calls_.row_count,
                        result_.refused_count,
                        0,
                        progress_.elapsed_ns()});
    }
    progress_.Clear();
    if (result_.refused_count > kRefusedRowsPrintedMax) {
      context_->Note(
          fmt::format("and {} more", FormatCount(result_.refused_count - kRefusedRowsPrintedMax)));
    }
    if (result_.exit == ExitCode::kOk && result_.refused_count > 0) {
      result_.exit = result_.done_count > 0 ? ExitCode::kPartlyDone : ExitCode::kRefused;
    }
    return result_;
  }

 private:
  void CallAbout(std::vector<size_t>* rows) {
    while (!rows->empty()) {
      if (Interrupted()) {
        Stop(ExitCode::kInterrupted, "interrupted");
        return;
      }
      request_->Clear();
      response_->Clear();
      calls_.fill(*rows, request_);
      const RpcStatus status =
          context_->CallQuietly(Listener::kOperator, calls_.method, *request_, response_);
      if (status.ok()) {
        result_.done_count += rows->size();
        result_.exit = calls_.take(*rows, *response_);
        return;
      }
      const std::optional<RefusedRow> refused = FindRefusedRow(status, calls_.field);
      if (!refused || refused->index >= rows->size() || !calls_.where) {
        result_.outcome_unknown = !status.never_sent && (status.interrupted || IsUnknown(status));
        std::string text = FormatRpcStatus(status);
        text.pop_back();
        Stop(ExitCodeFor(status), text);
        return;
      }
      Refuse((*rows)[refused->index], refused->description);
      if (status.code == static_cast<int>(absl::StatusCode::kAlreadyExists)) {
        ++result_.already_there_count;
      }
      rows->erase(rows->begin() + static_cast<std::ptrdiff_t>(refused->index));
      if (result_.refused_count >= kRefusedRowsMax) {
        Stop(ExitCode::kRefused,
             fmt::format("{} rows were refused; is it the right file?",
                         FormatCount(result_.refused_count)));
        return;
      }
    }
  }

  // Without a decision nobody knows whether the call took effect.
  static bool IsUnknown(const RpcStatus& status) {
    const ExitCode exit = ExitCodeFor(status);
    return exit == ExitCode::kTimeout || exit == ExitCode::kUnreachable ||
           exit == ExitCode::kError || exit == ExitCode::kInterrupted;
  }

  void Refuse(size_t row, const std::string& description) {
    if (++result_.refused_count <= kRefusedRowsPrintedMax) {
      progress_.Clear();
      context_->Note(calls_.where(row) + ": " + description);
    }
  }

  void Stop(ExitCode exit, const std::string& text) {
    progress_.Clear();
    result_.exit = context_->Fail(exit, text);
  }

  Context* const context_;
  const BatchCalls& calls_;
  Message* const request_;
  Message* const response_;
  Progress progress_;
  BatchResult result_;
};

}  // namespace

BatchResult RunBatchCalls(Context* context,
                          const BatchCalls& calls,
                          Message* request,
                          Message* response) {
  return BatchRun(context, calls, request, response).Run();
}

void ShowSums(Context* context, const std::vector<Sum>& sums, const std::string& path) {
  Output& out = context->out();
  std::vector<std::pair<std::string, std::string>> lines;
  std::vector<std::string> names;
  std::vector<std::string> cells;
  std::string json;
  for (const Sum& sum : sums) {
    lines.emplace_back(sum.label, FormatCount(sum.count));
    names.push_back(sum.name);
    cells.push_back(std::to_string(sum.count));
    json += fmt::format("\"{}\": {}, ", sum.name, sum.count);
  }
  lines.emplace_back("file", path);
  names.emplace_back("file");
  cells.push_back(path);
  if (out.format() == OutputFormat::kCsv) {
    out.Text(CsvLine(names) + CsvLine(cells));
  } else if (out.is_json()) {
    google::protobuf::StringValue quoted;
    quoted.set_value(path);
    std::string text = ToJson(quoted, false);
    text.pop_back();
    out.Text(fmt::format("{{{}\"file\": {}}}\n", json, text));
  } else {
    out.Text(RenderRecord(lines, out.colour()));
  }
}

}  // namespace gonghui::ctl
