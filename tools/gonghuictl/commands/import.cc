// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// import unions|segments|members|cards|merchants|terminals|funds|contributions FILE.csv

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/lost_segments.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/import_run.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

struct ImportFlags {
  std::string path;
  size_t batch_rows = 1000;
  bool dry_run = false;
  bool reactivate = false;
  bool resume = false;
  bool quiet = false;
};

void ShowReport(Context* context, const ImportFlags& flags, const ImportReport& report) {
  Output& out = context->out();
  const v1::ImportSummary& summary = report.summary;
  const uint64_t rejected = report.row_count - summary.accepted_count() - summary.unchanged_count();
  const uint64_t changed = summary.accepted_count() - summary.created_count();
  if (out.is_json()) {
    out.Json(summary);
    return;
  }
  if (out.format() == OutputFormat::kCsv) {
    out.Text(
        "file,row_count,accepted_count,unchanged_count,rejected_count,rejects_file,"
        "created_count,changed_count\n");
    out.Text(fmt::format("{},{},{},{},{},{},{},{}\n",
                         CsvQuoted(flags.path),
                         report.row_count,
                         summary.accepted_count(),
                         summary.unchanged_count(),
                         rejected,
                         CsvQuoted(report.rejects_path),
                         summary.created_count(),
                         changed));
    return;
  }
  out.Text(RenderRecord(
      {{"rows", FormatCount(report.row_count)},
       {flags.dry_run ? "would create" : "created", FormatCount(summary.created_count())},
       {flags.dry_run ? "would change" : "changed", FormatCount(changed)},
       {"unchanged", FormatCount(summary.unchanged_count())},
       {flags.dry_run ? "would reject" : "rejected", FormatCount(rejected)},
       {"rejects file", report.rejects_path},
       {"took", FormatDuration(report.duration_ns)}},
      out.colour()));
}

// Budgets that an import of funds lowers.  Nothing is refused for it, since money is also taken
// out of a fund on purpose; but nobody may find it out by a sale that is declined.
class LoweredBudgets {
 public:
  explicit LoweredBudgets(Context* context) : context_(context) {}

  // What stands before the first row is sent.
  void AskBefore() {
    v1::ListFundsRequest request;
    request.set_page_size(kPageRowsMax);
    do {
      v1::ListFundsResponse response;
      const RpcStatus status = context_->CallQuietly(
          Listener::kOperator, "gonghui.v1.ProgrammeService.ListFunds", request, &response);
      if (!status.ok()) {
        before_.clear();  // of some funds would be as good as to say that no other goes down
        context_->Note("whether budgets go down is not known (无法判断预算是否调低): " +
                       FormatRpcStatus(status));
        return;
      }
      for (v1::Fund& fund : *response.mutable_funds()) {
        before_[fund.fund_code()] = std::move(fund);
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
  }

  void Take(uint64_t line,
            const google::protobuf::Message& message,
            std::span<const std::string> said) {
    const auto& row = static_cast<const v1::Fund&>(message);
    const auto found = before_.find(row.fund_code());
    if (found == before_.end() || std::find(said.begin(), said.end(), "budget") == said.end() ||
        row.budget() >= found->second.budget()) {
      return;
    }
    ++count_;
    if (lines_.size() < kShownMax) {
      lines_.push_back(fmt::format("line {}: the budget of {} goes down from {} to {} (预算调低)",
                                   line,
                                   row.fund_code(),
                                   Words(found->second, found->second.budget()),
                                   Words(found->second, row.budget())));
    }
  }

  void Tell() const {
    for (const std::string& line : lines_) {
      context_->Note("warning (提示): " + line);
    }
    if (count_ > lines_.size()) {
      context_->Note(fmt::format("warning (提示): {} budgets go down in all (共{}笔预算调低)",
                                 FormatCount(count_),
                                 count_));
    }
  }

 private:
  static constexpr size_t kShownMax = 20;

  static std::string Words(const v1::Fund& fund, int64_t budget) {
    return fund.asset() == v1::ASSET_THING ? FormatCount(static_cast<uint64_t>(budget)) + " pieces"
                                           : FormatYuan(budget);
  }

  Context* const context_;
  absl::flat_hash_map<std::string, v1::Fund> before_;
  std::vector<std::string> lines_;
  size_t count_ = 0;
};

ExitCode Import(Context* context, const ImportKind& kind, const ImportFlags& flags) {
  // It may run beside the server, whose tills come first.  Before any thread is made.
  constexpr int kNiceness = 10;
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  const absl::StatusOr<Client*> client = context->ClientFor(Listener::kOperator);
  if (!client.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(client.status().message()));
  }
  ImportOptions options;
  options.kind = &kind;
  options.path = flags.path;
  options.rows = context->row_options();
  options.batch_rows = flags.batch_rows;
  options.idle_timeout_ms = std::max<int64_t>(context->options.timeout_ms, 1);
  options.validate_only = flags.dry_run;
  options.reactivate = flags.reactivate;
  options.resume = flags.resume;
  options.progress = context->progress_mode(flags.quiet);
  const bool funds = kind.name == "funds";
  LoweredBudgets lowered(context);
  if (funds) {
    options.on_accepted = [&lowered](uint64_t line, const auto& row, auto said) {
      lowered.Take(line, row, said);
    };
  }
  const bool members = kind.name == "members";
  LostSegments lost(context);
  if (members) {
    options.on_found = [&lost](std::string_view key, auto said) { lost.Find(key, said); };
    options.on_accepted = [&lost](uint64_t line, const auto& row, auto /*said*/) {
      lost.Take(line, row);
    };
  }
  const ImportReport report = RunImport(
      options,
      [&] {
        if (funds) {
          lowered.AskBefore();
        }
        if (members) {
          lost.AskBefore();
        }
        return (*client)->StartStream(kind.method);
      },
      SystemClock::Instance(),
      stderr);
  if (report.finished) {
    ShowReport(context, flags, report);
  }
  context->out().Flush();
  lowered.Tell();
  lost.Tell(flags.dry_run);
  if (report.finished) {
    if (flags.dry_run) {
      NoteDryRun(*context);
    }
  }
  return report.exit;
}

std::string_view Description(std::string_view kind) {
  if (kind == "unions") {
    return "Creates or changes union nodes; parents before children";
  }
  if (kind == "segments") {
    return "Defines segments of members, such as model workers";
  }
  if (kind == "members") {
    return "Creates or changes members";
  }
  if (kind == "cards") {
    return "Creates or changes cards";
  }
  if (kind == "merchants") {
    return "Creates or changes merchants";
  }
  if (kind == "terminals") {
    return "Creates or changes terminals";
  }
  if (kind == "contributions") {
    return "Books what members pay into a fund, with the cover that it buys (缴费)";
  }
  return "Creates or changes funds of money and stocks of things";
}

}  // namespace

void AddImportCommand(CLI::App* group,
                      Context* context,
                      const ImportKind& kind,
                      const std::string& path,
                      const std::string& name) {
  const auto flags = std::make_shared<ImportFlags>();
  const std::string words = path + " " + name + " " + std::string(kind.name) + ".csv";
  const std::string tried = words + " --dry-run -o json";
  const std::string resumed = words + " --resume";
  CLI::App* command = AddCommand(group,
                                 context,
                                 name,
                                 std::string(Description(kind.name)),
                                 {words, tried, resumed},
                                 [context, &kind, flags] { return Import(context, kind, *flags); });
  command->add_option("FILE", flags->path, "RFC 4180 CSV, UTF-8")->required();
  AddDryRun(command, &flags->dry_run);
  if (Reactivates(kind)) {
    command->add_flag("--reactivate",
                      flags->reactivate,
                      kind.name == "cards" ? "Rows may make paused, lost and stolen cards active"
                                           : "Rows may make suspended members active");
  }
  command->add_flag("--resume", flags->resume, "Go on where FILE.progress says");
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
  AddZone(command, context);
  command->add_option("--batch-rows", flags->batch_rows, "Rows in a message")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->footer(ColumnsHelp(kind) +
                  "Rejected rows go to FILE without .csv, plus .rejects.csv; a dry run writes no\n"
                  "files.  --timeout-ms is how long to wait for the answer to one message.\n\n" +
                  command->get_footer());
}

void AddImportCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "import",
                             "Imports rows from a CSV file (导入)",
                             "Data",
                             {"import members members.csv --dry-run",
                              "import members members.csv",
                              "import cards --help     (which columns there are)"});
  for (const ImportKind& kind : ImportKinds()) {
    AddImportCommand(group, context, kind, "import", std::string(kind.name));
  }
}

}  // namespace gonghui::ctl
