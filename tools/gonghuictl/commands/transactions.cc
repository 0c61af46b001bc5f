// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// authorize, quote, increment, capture, reverse, refund (as a terminal) and txn show

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/operations_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/line_items.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"
#include "tools/gonghuictl/views_aid.h"

namespace gonghui::ctl {
namespace {

// A decline is an answer; scripts tell it by the exit code.
ExitCode ShowDecision(Context* context,
                      const google::protobuf::Message& response,
                      const v1::Transaction& transaction,
                      bool replay) {
  if (context->out().is_json()) {
    context->out().Json(response);
  } else {
    ShowTransaction(transaction, &context->out());
  }
  if (replay) {
    context->Note("this is the stored answer to an earlier request with this id");
  }
  return transaction.outcome() == v1::OUTCOME_DECLINED ? ExitCode::kRefused : ExitCode::kOk;
}

bool IsForPeople(Context* context) {
  return context->out().format() == OutputFormat::kTable;
}

// As ShowDecision(), with the checks that led to it, if they were asked for.
template <typename Response>
ExitCode ShowExplained(
    Context* context, const Response& response, bool explain, bool replay, bool claim = false) {
  const v1::Transaction& decided = response.transaction();
  const ExitCode exit =
      claim && IsForPeople(context)
          ? ShowDecision(context, response, AsFiled(decided, /*claim=*/nullptr), replay)
          : ShowDecision(context, response, decided, replay);
  ShowChecks(response.checks(), &context->out());
  if (response.checks_truncated()) {
    context->Note("there are more checks than one answer holds");
  }
  if (explain && replay) {
    context->Note("a stored answer has no checks; quote tells those of now");
  }
  if (explain && context->out().format() == OutputFormat::kCsv) {
    context->Note("CSV has the decision only; for the checks: -o table, json or jsonl");
  }
  return exit;
}

// A UUID, which terminals make, or else one of the engine's ids.
bool IsRequestId(const std::string& id) {
  return id.size() == 36 && id[8] == '-';
}

// --- authorize, quote ---

struct AuthorizeFlags {
  std::string terminal_id;
  std::string merchant_id;
  std::string card_number;
  std::string programme_code;
  std::string request_id;
  std::string entry_mode;
  std::string code_issued_at;
  std::string code_purpose;
  std::string voucher_code;
  std::string slot_at;
  std::string event_at;
  std::string filed_by;
  uint32_t code_valid_s = 0;
  AmountFlags price;
  std::vector<std::string> lines;
  uint32_t hold_seconds = 0;
  bool capture = false;
  bool full_price = false;
  bool allow_partial = false;
  bool explain = false;
  bool dry_run = false;
};

void AddAuthorizeOptions(CLI::App* command, AuthorizeFlags* flags) {
  command->add_option("--terminal", flags->terminal_id, "The calling terminal")->required();
  command->add_option("--card", flags->card_number, "Card number; needed without --voucher");
  AddAmount(command, "--price", "Price before benefits,", &flags->price);
  command
      ->add_option("--line",
                   flags->lines,
                   "What was bought, ITEM:QUANTITY:PRICE, the price of all pieces in yuan; may be\n"
                   "repeated, up to 64 times; without --price their sum is the price")
      ->allow_extra_args(false);
  command->add_flag("--capture", flags->capture, "A sale, captured at once; else a hold");
  command->add_option("--programme", flags->programme_code, "Consider only this programme");
  command->add_option("--merchant", flags->merchant_id, "The terminal's merchant");
  command->add_flag(
      "--full-price", flags->full_price, "Approve at full price when no benefit applies");
  command->add_flag("--allow-partial",
                    flags->allow_partial,
                    "Rather a smaller subsidy than none where a limit or fund has little left");
  command->add_flag("--explain", flags->explain, "List every check, passed or not");
  command->add_option("--hold-seconds", flags->hold_seconds, "How long the hold shall last");
  command
      ->add_option(
          "--entry-mode", flags->entry_mode, "contactless, qr_code, chip, magstripe, manual")
      ->check(CLI::IsMember({"contactless", "qr_code", "chip", "magstripe", "manual"}));
  CLI::Option* const code =
      command->add_option("--code-issued-at",
                          flags->code_issued_at,
                          "When the code that is shown was made, as 2026-05-03T08:15:00+08:00 "
                          "(without\na zone: in --zone); means --entry-mode qr_code");
  command
      ->add_option(
          "--code-valid-s", flags->code_valid_s, "How long it is good from then on, 1 to 3600; 60")
      ->needs(code);
  command
      ->add_option("--code-purpose",
                   flags->code_purpose,
                   "What it is shown for: payment, entry, exit; accepted once for each")
      ->check(CLI::IsMember({"payment", "entry", "exit"}))
      ->needs(code);
}

// What the authorization is about beside a card and a price.
void AddOccasionOptions(CLI::App* command, Context* context, AuthorizeFlags* flags) {
  command
      ->add_option("--voucher",
                   flags->voucher_code,
                   "A pick-up code (取货码) as it is printed; the card may be left out")
      ->excludes(command->get_option("--code-issued-at"));
  command->add_option("--slot-at",
                      flags->slot_at,
                      "An appointment (预约): when its slot begins, as 2026-05-03 08:30:00");
  CLI::Option* const event =
      command->add_option("--event-at",
                          flags->event_at,
                          "A claim (申请): the day, or instant, when what it is about happened");
  CLI::Option* const filed_by = AddAccount(command,
                                           "--filed-by",
                                           "Who files the claim, and can not approve it; needed",
                                           &flags->filed_by);
  filed_by->needs(event);
  event->needs(filed_by);
  AddZone(command, context);
}

absl::Status FillOccasion(const AuthorizeFlags& flags,
                          const std::string& zone,
                          v1::AuthorizeRequest* request) {
  request->set_voucher_code(flags.voucher_code);
  request->set_filed_by(flags.filed_by);
  if (!flags.slot_at.empty()) {
    GH_ASSIGN_OR_RETURN(*request->mutable_slot_at(), TimeOf("--slot-at", flags.slot_at, zone));
  }
  if (!flags.event_at.empty()) {
    GH_RETURN_IF_ERROR(CheckAccount("--filed-by", flags.filed_by));
    GH_ASSIGN_OR_RETURN(*request->mutable_event_at(), TimeOf("--event-at", flags.event_at, zone));
  }
  return absl::OkStatus();
}

absl::Status FillCode(const AuthorizeFlags& flags,
                      const std::string& zone,
                      v1::AuthorizeRequest* request) {
  if (flags.code_issued_at.empty()) {
    return absl::OkStatus();
  }
  if (request->pos_entry_mode() == v1::POS_ENTRY_MODE_UNSPECIFIED) {
    request->set_pos_entry_mode(v1::POS_ENTRY_MODE_QR_CODE);
  }
  const absl::StatusOr<Instant> issued_at = ParseInstant(flags.code_issued_at, zone);
  if (!issued_at.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--code-issued-at: ", issued_at.status().message()));
  }
  v1::QrCode* const code = request->mutable_qr_code();
  code->mutable_issued_at()->set_seconds(issued_at->seconds);
  code->mutable_issued_at()->set_nanos(issued_at->nanos);
  code->set_valid_seconds(flags.code_valid_s);
  code->set_purpose(static_cast<v1::CodePurpose>(
      EnumNumber(v1::CodePurpose_descriptor(), flags.code_purpose).value_or(0)));
  return absl::OkStatus();
}

absl::Status FillRequest(const AuthorizeFlags& flags,
                         const std::string& zone,
                         v1::AuthorizeRequest* request) {
  const absl::StatusOr<std::optional<int64_t>> fen = Fen(flags.price);
  if (!fen.ok()) {
    return fen.status();
  }
  if (flags.card_number.empty() && flags.voucher_code.empty()) {
    return absl::InvalidArgumentError("--card is needed; only with --voucher it may be left out");
  }
  GH_RETURN_IF_ERROR(FillOccasion(flags, zone, request));
  GH_RETURN_IF_ERROR(ParseLineItems(flags.lines, request->mutable_lines()));
  const int64_t sum_fen = SumOf(request->lines());
  if (!*fen && flags.lines.empty()) {
    return absl::InvalidArgumentError("--price, --price-fen or --line is needed");
  }
  if (*fen && !flags.lines.empty() && **fen != sum_fen) {
    return absl::InvalidArgumentError(
        absl::StrCat("the lines cost ", FormatYuan(sum_fen), ", the price is ", FormatYuan(**fen)));
  }
  request->set_request_id(flags.request_id.empty() ? RandomUuid() : flags.request_id);
  request->set_terminal_id(flags.terminal_id);
  request->set_merchant_id(flags.merchant_id);
  request->set_card_number(flags.card_number);
  request->set_list_price_fen(fen->value_or(sum_fen));
  request->set_programme_code(flags.programme_code);
  request->set_capture(flags.capture);
  request->set_if_no_benefit(flags.full_price ? v1::IF_NO_BENEFIT_FULL_PRICE
                                              : v1::IF_NO_BENEFIT_DECLINE);
  request->set_hold_seconds(flags.hold_seconds);
  request->set_allow_partial_approval(flags.allow_partial);
  request->set_explain(flags.explain);
  request->set_pos_entry_mode(static_cast<v1::PosEntryMode>(
      EnumNumber(v1::PosEntryMode_descriptor(), flags.entry_mode).value_or(0)));
  return FillCode(flags, zone, request);
}

ExitCode Quote(Context* context, const AuthorizeFlags& flags) {
  v1::QuoteRequest request;
  const absl::Status filled =
      FillRequest(flags, context->input_zone(), request.mutable_authorize());
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  v1::QuoteResponse response;
  const ExitCode exit = context->Call(
      Listener::kTerminal, "gonghui.v1.AuthorizationService.Quote", request, &response);
  return exit == ExitCode::kOk ? ShowExplained(context, response, flags.explain, false) : exit;
}

ExitCode Authorize(Context* context, const AuthorizeFlags& flags) {
  if (flags.dry_run) {
    return Quote(context, flags);
  }
  v1::AuthorizeRequest request;
  const absl::Status filled = FillRequest(flags, context->input_zone(), &request);
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  v1::AuthorizeResponse response;
  const ExitCode exit = context->Call(
      Listener::kTerminal, "gonghui.v1.AuthorizationService.Authorize", request, &response);
  NoteUnknownOutcome(*context, exit, request.request_id());
  return exit == ExitCode::kOk ? ShowExplained(context,
                                               response,
                                               flags.explain,
                                               response.idempotent_replay(),
                                               request.has_event_at())
                               : exit;
}

// --- increment, capture, reverse, refund ---

struct FollowUpFlags {
  std::string terminal_id;
  std::string original;
  std::string request_id;
  std::string reason;
  AmountFlags amount;
  std::vector<std::string> lines;
  uint32_t hold_seconds = 0;
  bool more_follow = false;
};

void AddFollowUpOptions(CLI::App* command, FollowUpFlags* flags) {
  command->add_option("--terminal", flags->terminal_id, "The calling terminal")->required();
  command
      ->add_option("ORIGINAL",
                   flags->original,
                   "The authorization: its transaction id, or the request id it was asked under")
      ->required();
  command->add_option(
      "--request-id", flags->request_id, "UUID of this request; a random one when not given");
}

// The part of the list price that a request is about; not said = all.
template <typename Request>
absl::Status FillPart(const FollowUpFlags& flags, Request* request) {
  const absl::StatusOr<std::optional<int64_t>> fen = Fen(flags.amount);
  if (fen.ok() && *fen) {
    request->set_amount_fen(**fen);
  }
  return fen.status();
}

template <typename Request>
void FillFollowUp(const FollowUpFlags& flags, Request* request) {
  request->set_request_id(flags.request_id.empty() ? RandomUuid() : flags.request_id);
  request->set_terminal_id(flags.terminal_id);
  if (IsRequestId(flags.original)) {
    request->set_original_request_id(flags.original);
  } else {
    request->set_original_transaction_id(flags.original);
  }
}

template <typename Response, typename Request>
ExitCode CallFollowUp(Context* context, std::string_view method, const Request& request) {
  Response response;
  const ExitCode exit = context->Call(Listener::kTerminal, method, request, &response);
  NoteUnknownOutcome(*context, exit, request.request_id());
  return exit == ExitCode::kOk
             ? ShowDecision(context, response, response.transaction(), response.idempotent_replay())
             : exit;
}

ExitCode Increment(Context* context, const FollowUpFlags& flags) {
  const absl::StatusOr<std::optional<int64_t>> fen = Fen(flags.amount);
  if (!fen.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(fen.status().message()));
  }
  if (!*fen) {
    return context->Fail(ExitCode::kUsage, "--amount or --amount-fen is needed");
  }
  v1::IncrementAuthorizationRequest request;
  FillFollowUp(flags, &request);
  request.set_amount_fen(**fen);
  request.set_hold_seconds(flags.hold_seconds);
  return CallFollowUp<v1::IncrementAuthorizationResponse>(
      context, "gonghui.v1.AuthorizationService.IncrementAuthorization", request);
}

ExitCode Capture(Context* context, const FollowUpFlags& flags) {
  v1::CaptureRequest request;
  const absl::Status filled = FillPart(flags, &request);
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  FillFollowUp(flags, &request);
  request.set_final_capture(!flags.more_follow);
  return CallFollowUp<v1::CaptureResponse>(
      context, "gonghui.v1.AuthorizationService.Capture", request);
}

ExitCode Reverse(Context* context, const FollowUpFlags& flags) {
  v1::ReverseRequest request;
  const absl::Status filled = FillPart(flags, &request);
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  FillFollowUp(flags, &request);
  request.set_reversal_reason(static_cast<v1::ReversalReason>(
      EnumNumber(v1::ReversalReason_descriptor(), flags.reason).value_or(0)));
  v1::ReverseResponse response;
  const ExitCode exit = context->Call(
      Listener::kTerminal, "gonghui.v1.AuthorizationService.Reverse", request, &response);
  NoteUnknownOutcome(*context, exit, request.request_id());
  if (exit != ExitCode::kOk) {
    return exit;
  }
  v1::Transaction shown = response.transaction();
  if (IsForPeople(context) && shown.outcome() == v1::OUTCOME_DECLINED) {
    // The answer has what was undone: nothing.  People are told what they asked for.
    shown.set_list_price_fen(request.amount_fen());
  }
  return ShowDecision(context, response, shown, response.idempotent_replay());
}

ExitCode Refund(Context* context, const FollowUpFlags& flags) {
  v1::RefundRequest request;
  absl::Status filled = FillPart(flags, &request);
  filled.Update(ParseReturnedLines(flags.lines, request.mutable_lines()));
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  FillFollowUp(flags, &request);
  return CallFollowUp<v1::RefundResponse>(
      context, "gonghui.v1.AuthorizationService.Refund", request);
}

// --- txn ---

struct FindFlags {
  std::string id;
  std::string terminal_id;
};

ExitCode ShowFound(Context* context,
                   const google::protobuf::Message& response,
                   const v1::Transaction& transaction) {
  (void)ShowDecision(context, response, transaction, false);
  return ExitCode::kOk;
}

// A transaction does not say whether it is a claim; where it may be one, for people, that is
// asked for too.
v1::Transaction FiledIfClaim(Context* context, const v1::Transaction& found) {
  if (!IsForPeople(context) || found.kind() != v1::TRANSACTION_KIND_AUTHORIZATION ||
      found.state() != v1::TRANSACTION_STATE_PENDING) {
    return found;
  }
  v1::GetClaimRequest request;
  request.set_transaction_id(found.transaction_id());
  v1::GetClaimResponse response;
  const RpcStatus status = context->CallQuietly(
      Listener::kOperator, "gonghui.v1.AidService.GetClaim", request, &response);
  return status.ok() ? AsFiled(found, &response.claim()) : found;
}

ExitCode FindTransaction(Context* context, const FindFlags& flags) {
  if (flags.terminal_id.empty()) {
    if (IsRequestId(flags.id)) {
      return context->Fail(ExitCode::kUsage,
                           "a request id is known to its terminal only; add --terminal");
    }
    v1::FindTransactionRequest request;
    request.set_transaction_id(flags.id);
    v1::FindTransactionResponse response;
    const ExitCode exit = context->Call(
        Listener::kOperator, "gonghui.v1.OperationsService.FindTransaction", request, &response);
    return exit == ExitCode::kOk
               ? ShowFound(context, response, FiledIfClaim(context, response.transaction()))
               : exit;
  }
  v1::GetTransactionRequest request;
  request.set_terminal_id(flags.terminal_id);
  if (IsRequestId(flags.id)) {
    request.set_request_id(flags.id);
  } else {
    request.set_transaction_id(flags.id);
  }
  v1::GetTransactionResponse response;
  const ExitCode exit = context->Call(
      Listener::kTerminal, "gonghui.v1.AuthorizationService.GetTransaction", request, &response);
  return exit == ExitCode::kOk ? ShowFound(context, response, response.transaction()) : exit;
}

constexpr const char* kGroup = "Transactions";

void AddFollowUps(CLI::App* app, Context* context) {
  const auto increment_flags = std::make_shared<FollowUpFlags>();
  CLI::App* increment = AddCommand(
      app,
      context,
      "increment",
      "Raises a hold, and may prolong it (追加预授权)",
      {"increment --terminal T0000004 0123456789AB --amount 380.00",
       "increment --terminal T0000004 0123456789AB --amount 380.00 --hold-seconds 172800"},
      [context, increment_flags] { return Increment(context, *increment_flags); });
  increment->group(kGroup);
  AddFollowUpOptions(increment, increment_flags.get());
  AddAmount(increment, "--amount", "Added to the list price,", &increment_flags->amount);
  increment->add_option("--hold-seconds",
                        increment_flags->hold_seconds,
                        "The hold shall last at least so long from now");

  const auto capture_flags = std::make_shared<FollowUpFlags>();
  CLI::App* capture =
      AddCommand(app,
                 context,
                 "capture",
                 "Completes a hold, in whole or in part (完成预授权)",
                 {"capture --terminal T0000001 0123456789AB",
                  "capture --terminal T0000001 0123456789AB --amount 3.50 --more"},
                 [context, capture_flags] { return Capture(context, *capture_flags); });
  capture->group(kGroup);
  AddFollowUpOptions(capture, capture_flags.get());
  AddAmount(capture, "--amount", "Part of the list price to capture,", &capture_flags->amount);
  capture->add_flag("--more",
                    capture_flags->more_follow,
                    "More captures may follow; else what remains held is released");

  const auto reverse_flags = std::make_shared<FollowUpFlags>();
  CLI::App* reverse = AddCommand(
      app,
      context,
      "reverse",
      "Undoes an authorization, or takes a part off it (撤销, 冲正)",
      {"reverse --terminal T0000001 0123456789AB --reason customer_cancellation",
       "reverse --terminal T0000001 0123456789AB --reason customer_cancellation --amount 2.00",
       "reverse --terminal T0000001 8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11 --reason timeout"},
      [context, reverse_flags] { return Reverse(context, *reverse_flags); });
  reverse->group(kGroup);
  AddFollowUpOptions(reverse, reverse_flags.get());
  reverse
      ->add_option("--reason",
                   reverse_flags->reason,
                   "customer_cancellation, timeout, late_reply or device_unable")
      ->required()
      ->check(CLI::IsMember({"customer_cancellation", "timeout", "late_reply", "device_unable"}));
  AddAmount(reverse, "--amount", "Part of the list price to take off,", &reverse_flags->amount);

  const auto refund_flags = std::make_shared<FollowUpFlags>();
  CLI::App* refund = AddCommand(app,
                                context,
                                "refund",
                                "Gives back what was captured, in whole or in part (退货)",
                                {"refund --terminal T0000002 0123456789AB",
                                 "refund --terminal T0000002 0123456789AB --amount 35.00",
                                 "refund --terminal T0000002 0123456789AB --line 2:1 --line 3:4"},
                                [context, refund_flags] { return Refund(context, *refund_flags); });
  refund->group(kGroup);
  AddFollowUpOptions(refund, refund_flags.get());
  AddAmount(refund, "--amount", "Part of the list price to give back,", &refund_flags->amount);
  refund
      ->add_option("--line",
                   refund_flags->lines,
                   "Pieces to give back, NUMBER:QUANTITY, numbered from 1 as txn show tells; may\n"
                   "be repeated; instead of an amount")
      ->allow_extra_args(false)
      ->excludes(refund->get_option("--amount"))
      ->excludes(refund->get_option("--amount-fen"));
}

}  // namespace

void AddTransactionCommands(CLI::App* app, Context* context) {
  const auto authorize_flags = std::make_shared<AuthorizeFlags>();
  CLI::App* authorize = AddCommand(
      app,
      context,
      "authorize",
      "Presents a card as a terminal: a hold, or a sale with --capture (预授权、消费)",
      {"authorize --terminal T0000001 --card 6253011000000016 --price 5.00",
       "authorize --terminal T0000002 --card 6253011000000016 --price-fen 12000 --capture",
       "authorize --terminal T0000002 --card 6253011000000016 --price 300 --allow-partial",
       "authorize --terminal T0000002 --card 6253011000000016 --price 120 --dry-run --explain",
       "authorize --terminal T0000002 --card 6253011000000016 --capture --line rice-5kg:2:59.80 "
       "--line tea:1:88",
       "authorize --terminal T0000003 --voucher 7K3M-9QXA-2HNB-V4TW --price 0 --capture",
       "authorize --terminal T0000002 --card 6253011000000016 --price 30 --slot-at \"2026-05-03 "
       "08:30:00\"",
       "authorize --terminal T0000006 --card 6253011000000016 --price 8500 --event-at 2026-05-03 "
       "--filed-by li.min"},
      [context, authorize_flags] { return Authorize(context, *authorize_flags); });
  authorize->group(kGroup);
  AddAuthorizeOptions(authorize, authorize_flags.get());
  AddOccasionOptions(authorize, context, authorize_flags.get());
  authorize->add_option("--request-id",
                        authorize_flags->request_id,
                        "UUID of this request; a random one when not given");
  authorize->add_flag("--dry-run", authorize_flags->dry_run, "The same as quote");

  const auto quote_flags = std::make_shared<AuthorizeFlags>();
  CLI::App* quote =
      AddCommand(app,
                 context,
                 "quote",
                 "What authorize would answer now; changes nothing (试算)",
                 {"quote --terminal T0000001 --card 6253011000000016 --price 5.00",
                  "quote --terminal T0000002 --card 6253011000000016 --price 120 --explain",
                  "quote --terminal T0000002 --card 6253011000000016 --price 120 -o json"},
                 [context, quote_flags] { return Quote(context, *quote_flags); });
  quote->group(kGroup);
  AddAuthorizeOptions(quote, quote_flags.get());
  AddOccasionOptions(quote, context, quote_flags.get());

  AddFollowUps(app, context);

  CLI::App* txn =
      AddGroup(app, "txn", "Transactions of the past (查交易)", kGroup, {"txn show 0123456789AB"});
  const auto find_flags = std::make_shared<FindFlags>();
  CLI::App* show =
      AddCommand(txn,
                 context,
                 "show",
                 "Shows a transaction as it stands now",
                 {"txn show 0123456789AB",
                  "txn show 0123456789AB -o json",
                  "txn show --terminal T0000001 8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11"},
                 [context, find_flags] { return FindTransaction(context, *find_flags); });
  show->add_option("ID", find_flags->id, "Transaction id; with --terminal also a request id")
      ->required();
  show->add_option(
      "--terminal", find_flags->terminal_id, "Ask as this terminal, at the terminal listener");
}

}  // namespace gonghui::ctl
