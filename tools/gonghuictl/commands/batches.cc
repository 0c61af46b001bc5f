// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// batch close: the end of a terminal's shift

#include <fmt/format.h>

#include <memory>
#include <string>

#include "engine/base/status_macros.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

struct CloseFlags {
  std::string terminal_id;
  std::string request_id;
  uint32_t captures = 0;
  uint32_t refunds = 0;
  uint32_t reversals = 0;
  AmountFlags captured;
  AmountFlags refunded;
  AmountFlags reversed;
  AmountFlags subsidy;
};

// A count and its sum: both, or neither and then nothing happened.
void AddCounted(CLI::App* command,
                const std::string& counted,
                const std::string& sum,
                const std::string& what,
                uint32_t* count,
                AmountFlags* amount) {
  command->add_option("--" + counted, *count, what + ", how many [0]");
  AddAmount(command, "--" + sum, "Sum of their list prices,", amount);
}

absl::StatusOr<int64_t> CountedFen(const std::string& counted,
                                   const std::string& sum,
                                   uint32_t count,
                                   const AmountFlags& amount) {
  GH_ASSIGN_OR_RETURN(const std::optional<int64_t> fen, Fen(amount));
  if (count > 0 && !fen) {
    return absl::InvalidArgumentError(
        fmt::format("--{} goes with --{} or --{}-fen", counted, sum, sum));
  }
  if (count == 0 && fen.value_or(0) != 0) {
    return absl::InvalidArgumentError(
        fmt::format("--{} is not 0, --{} says how many", sum, counted));
  }
  return fen.value_or(0);
}

// Net: with more refunds than captures it is negative.
absl::StatusOr<int64_t> SubsidyOf(AmountFlags amount) {
  const bool negative = amount.yuan.starts_with('-');
  if (negative) {
    amount.yuan.erase(0, 1);
  }
  GH_ASSIGN_OR_RETURN(const std::optional<int64_t> fen, Fen(amount));
  if (!fen) {
    return absl::InvalidArgumentError("--subsidy or --subsidy-fen is needed; 0 is said");
  }
  return negative ? -*fen : *fen;
}

absl::Status FillTotals(const CloseFlags& flags, v1::BatchTotals* totals) {
  totals->set_capture_count(flags.captures);
  totals->set_refund_count(flags.refunds);
  totals->set_reversal_count(flags.reversals);
  GH_ASSIGN_OR_RETURN(const int64_t captured,
                      CountedFen("captures", "captured", flags.captures, flags.captured));
  GH_ASSIGN_OR_RETURN(const int64_t refunded,
                      CountedFen("refunds", "refunded", flags.refunds, flags.refunded));
  GH_ASSIGN_OR_RETURN(const int64_t reversed,
                      CountedFen("reversals", "reversed", flags.reversals, flags.reversed));
  GH_ASSIGN_OR_RETURN(const int64_t subsidy, SubsidyOf(flags.subsidy));
  totals->set_captured_fen(captured);
  totals->set_refunded_fen(refunded);
  totals->set_reversed_fen(reversed);
  totals->set_subsidy_fen(subsidy);
  return absl::OkStatus();
}

// A terminal that is not known has no batch; all else is closed, equal or not.
ExitCode ShowAnswer(Context* context, const v1::CloseBatchResponse& response) {
  Output& out = context->out();
  const bool declined = response.transaction().outcome() == v1::OUTCOME_DECLINED;
  if (out.is_json()) {
    out.Json(response);
  } else if (declined) {
    ShowTransaction(response.transaction(), &out);
  } else {
    ShowBatch(response, &out);
  }
  out.Flush();
  if (response.idempotent_replay()) {
    context->Note("this is the stored answer to an earlier request with this id");
  }
  if (declined) {
    return ExitCode::kRefused;
  }
  if (response.outcome() != v1::BATCH_OUTCOME_IN_BALANCE) {
    context->Note(
        "out of balance (不平): the batch is closed; find the difference in the records "
        "of both sides");
    return ExitCode::kOutOfBalance;
  }
  return ExitCode::kOk;
}

ExitCode CloseBatch(Context* context, const CloseFlags& flags) {
  v1::CloseBatchRequest request;
  const absl::Status filled = FillTotals(flags, request.mutable_totals());
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  request.set_request_id(flags.request_id.empty() ? RandomUuid() : flags.request_id);
  request.set_terminal_id(flags.terminal_id);
  v1::CloseBatchResponse response;
  const ExitCode exit = context->Call(
      Listener::kTerminal, "gonghui.v1.AuthorizationService.CloseBatch", request, &response);
  NoteUnknownOutcome(*context, exit, request.request_id());
  return exit == ExitCode::kOk ? ShowAnswer(context, response) : exit;
}

}  // namespace

void AddBatchCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "batch",
                             "Batches: what terminal and ledger count (批结算)",
                             "Transactions",
                             {"batch close --terminal T0000002 --captures 12 --captured 1480.50 "
                              "--subsidy 296.10"});
  const auto flags = std::make_shared<CloseFlags>();
  CLI::App* close = AddCommand(
      group,
      context,
      "close",
      "Compares the terminal's totals with the ledger's, and begins a new batch (批结算)",
      {"batch close --terminal T0000002 --captures 12 --captured 1480.50 --subsidy 296.10",
       "batch close --terminal T0000002 --captures 12 --captured-fen 148050 --refunds 1 "
       "--refunded-fen 3500 --reversals 1 --reversed-fen 1000 --subsidy-fen 28710"},
      [context, flags] { return CloseBatch(context, *flags); });
  close->add_option("--terminal", flags->terminal_id, "The calling terminal")->required();
  close->add_option(
      "--request-id", flags->request_id, "UUID of this request; a random one when not given");
  AddCounted(close,
             "captures",
             "captured",
             "Approved sales and captures, also stored ones",
             &flags->captures,
             &flags->captured);
  AddCounted(close, "refunds", "refunded", "Approved refunds", &flags->refunds, &flags->refunded);
  AddCounted(close,
             "reversals",
             "reversed",
             "Reversals that took back something captured",
             &flags->reversals,
             &flags->reversed);
  AddAmount(close,
            "--subsidy",
            "What the funds pay: of captures, less that of refunds and reversals,",
            &flags->subsidy);
  close->footer(
      "The batch is closed whether the numbers agree or not; exit code 9 says that they do not.\n"
      "\n" +
      close->get_footer());
}

}  // namespace gonghui::ctl
