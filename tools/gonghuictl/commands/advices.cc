// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// advice submit: what a terminal did while it could not ask

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "engine/base/clock.h"
#include "tools/gonghuictl/advice_run.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

struct SubmitFlags {
  std::string path;
  std::string terminal_id;
  bool queue_empty = false;
  bool dry_run = false;
};

ExitCode ShowPending(Context* context, const AdviceOptions& options, const AdviceFile& file) {
  Output& out = context->out();
  if (out.format() == OutputFormat::kJson) {
    out.Json(AdviceMessage(options, file, 0, file.advices.size()));
  } else if (out.format() == OutputFormat::kJsonl) {
    for (const StoredAdvice& stored : file.advices) {
      out.Json(stored.advice);
    }
  } else {
    out.TableOf<StoredAdvice>(file.advices, PendingAdviceView());
  }
  int64_t claimed_fen = 0;
  for (const StoredAdvice& stored : file.advices) {
    claimed_fen += stored.advice.sale().list_price_fen() - stored.advice.member_paid_fen();
  }
  context->Note(
      fmt::format("dry run: {} {} right, {} claimed by sales; nothing was sent, and what the "
                  "ledger will say is not known",
                  FormatCount(file.advices.size()),
                  file.advices.size() == 1 ? "advice is" : "advices are",
                  FormatYuan(claimed_fen)));
  return ExitCode::kOk;
}

// As many results as were answered, in the file's order.
v1::SubmitAdvicesResponse ResultsOf(const AdviceFile& file) {
  v1::SubmitAdvicesResponse response;
  for (const StoredAdvice& stored : file.advices) {
    if (stored.result) {
      v1::AdviceResult& result = *response.add_results();
      result = *stored.result;
      if (result.has_error()) {
        DropUnreadableDetails(result.mutable_error());
      }
    }
  }
  return response;
}

void ShowResults(Context* context, const AdviceFile& file) {
  Output& out = context->out();
  if (out.format() == OutputFormat::kJson) {
    out.Json(ResultsOf(file));
  } else if (out.format() == OutputFormat::kJsonl) {
    const v1::SubmitAdvicesResponse all = ResultsOf(file);
    for (const v1::AdviceResult& result : all.results()) {
      out.Json(result);
    }
  } else {
    out.TableOf<StoredAdvice>(file.advices, AdviceResultView());
  }
}

// Below the table, where both go to one screen.
void NoteSums(Context* context, const AdviceFile& file) {
  size_t accepted = 0;
  size_t manual = 0;
  int64_t acquirer_fen = 0;
  std::set<std::string> told;
  for (const StoredAdvice& stored : file.advices) {
    if (!stored.result) {
      continue;
    }
    accepted += stored.result->accepted() ? 1U : 0U;
    const v1::Transaction& transaction = stored.result->transaction();
    manual += transaction.liability() == v1::LIABILITY_MANUAL ? 1U : 0U;
    // A repeat under a new id is the same money.
    if (told.insert(transaction.transaction_id()).second) {
      acquirer_fen += transaction.acquirer_bears_fen();
    }
  }
  std::string text = fmt::format(
      "{} of {} accepted (已接受)", FormatCount(accepted), FormatCount(file.advices.size()));
  if (acquirer_fen != 0) {
    text += fmt::format("; the acquirer bears {} (收单方承担)", FormatYuan(acquirer_fen));
  }
  if (manual > 0) {
    text += fmt::format("; {} for a person to look at (需人工处理)", FormatCount(manual));
  }
  context->out().Flush();
  context->Note(text);
}

ExitCode Submit(Context* context, const SubmitFlags& flags) {
  AdviceOptions options;
  options.terminal_id = flags.terminal_id;
  options.rows = context->row_options();
  options.queue_empty = flags.queue_empty;
  options.idle_timeout_ms = context->options.timeout_ms;
  AdviceFile file;
  const ExitCode loaded =
      LoadAdvices(flags.path, options.rows, SystemClock::Instance(), stderr, &file);
  if (loaded != ExitCode::kOk) {
    return loaded;
  }
  if (flags.dry_run) {
    if (!file.advices.empty()) {
      file.advices.back().advice.set_queue_empty(flags.queue_empty);
    }
    return ShowPending(context, options, file);
  }
  const absl::StatusOr<Client*> client = context->ClientFor(Listener::kTerminal);
  if (!client.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(client.status().message()));
  }
  const ExitCode exit = SubmitAdvices(
      options,
      [&] { return (*client)->StartStream(AdviceKind().method); },
      SystemClock::Instance(),
      stderr,
      &file);
  const bool any_answer = std::any_of(
      file.advices.begin(), file.advices.end(), [](const auto& s) { return s.result.has_value(); });
  if (any_answer || exit == ExitCode::kOk) {
    ShowResults(context, file);
    NoteSums(context, file);
  }
  return exit;
}

}  // namespace

void AddAdviceCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "advice",
                             "What terminals did while they could not ask (离线上送)",
                             "Transactions",
                             {"advice submit stored.csv --terminal T0000002 --dry-run",
                              "advice submit stored.csv --terminal T0000002",
                              "advice submit --help     (which columns there are)"});
  const auto flags = std::make_shared<SubmitFlags>();
  CLI::App* submit =
      AddCommand(group,
                 context,
                 "submit",
                 "Submits stored sales and captures of one terminal, and shows who bears each",
                 {"advice submit stored.csv --terminal T0000002 --dry-run",
                  "advice submit stored.csv --terminal T0000002 --queue-empty",
                  "advice submit stored.csv --terminal T0000002 -o json"},
                 [context, flags] { return Submit(context, *flags); });
  submit->add_option("FILE", flags->path, "RFC 4180 CSV, UTF-8")->required();
  submit->add_option("--terminal", flags->terminal_id, "The terminal that stored them")->required();
  submit->add_flag("--queue-empty",
                   flags->queue_empty,
                   "The file has all that the terminal had stored: later advices can not be of\n"
                   "before now.  Said with the last one, if the others had no errors");
  submit->add_flag(
      "--dry-run", flags->dry_run, "Check the file and show what would be sent; asks no server");
  AddZone(submit, context);
  submit->footer(
      ColumnsHelp(AdviceKind()) +
      "All of the file is checked before anything is sent.  The same file may be submitted\n"
      "again: what the ledger has is answered as a repeat.  Exit code 8 or 4: some, or all,\n"
      "were not accepted.  --timeout-ms is how long to wait for the answer to one message.\n\n" +
      submit->get_footer());
}

}  // namespace gonghui::ctl
