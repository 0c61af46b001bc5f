// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of transactions: who pays what, why, and what is left.

#include <fmt/format.h>

#include <array>

#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

// Money that plays no part in this kind of transaction is left out for people.
Cell UnlessZero(int64_t fen) {
  Cell cell = MoneyCell(fen);
  if (fen == 0) {
    cell.text.clear();
  }
  return cell;
}

using TxnColumn = ViewColumn<v1::Transaction>;
using Txn = v1::Transaction;
constexpr std::array kTransaction = {
    TxnColumn{"transaction",
              "transaction_id",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.transaction_id()); }},
    TxnColumn{"kind", "kind", Align::kLeft, [](const Txn& t) { return EnumCell(t.kind()); }},
    TxnColumn{
        "outcome", "outcome", Align::kLeft, [](const Txn& t) { return EnumCell(t.outcome()); }},
    TxnColumn{"reason", "reason", Align::kLeft, ReasonCell},
    TxnColumn{"message",
              "display_message",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.display_message()); }},
    TxnColumn{"提示",
              "display_message_zh",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.display_message_zh()); }},
    TxnColumn{"retry", "retry", Align::kLeft, [](const Txn& t) { return EnumCell(t.retry()); }},
    TxnColumn{
        "next eligible",
        "next_eligible_at",
        Align::kLeft,
        [](const Txn& t) { return TimeCell(t.has_next_eligible_at(), t.next_eligible_at()); }},
    TxnColumn{"state", "state", Align::kLeft, [](const Txn& t) { return EnumCell(t.state()); }},
    TxnColumn{"list price",
              "list_price_fen",
              Align::kRight,
              [](const Txn& t) { return MoneyCell(t.list_price_fen()); }},
    TxnColumn{"member pays",
              "member_pays_fen",
              Align::kRight,
              [](const Txn& t) { return MoneyCell(t.member_pays_fen()); }},
    TxnColumn{"subsidy",
              "subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return MoneyCell(t.subsidy_fen()); }},
    TxnColumn{"captured",
              "captured_fen",
              Align::kRight,
              [](const Txn& t) { return UnlessZero(t.captured_fen()); }},
    TxnColumn{"of it subsidy",
              "captured_subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return UnlessZero(t.captured_subsidy_fen()); }},
    TxnColumn{"refunded",
              "refunded_fen",
              Align::kRight,
              [](const Txn& t) { return UnlessZero(t.refunded_fen()); }},
    TxnColumn{"of it to funds",
              "refunded_subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return UnlessZero(t.refunded_subsidy_fen()); }},
    TxnColumn{"overrun",
              "overrun",
              Align::kLeft,
              [](const Txn& t) {
                Cell cell = BoolCell(t.overrun());
                cell.text = t.overrun() ? "yes: beyond a limit, fund or voucher" : "";
                return cell;
              }},
    TxnColumn{"liability",
              "liability",
              Align::kLeft,
              [](const Txn& t) { return LiabilityCell(t.liability()); }},
    TxnColumn{"acquirer bears",
              "acquirer_bears_fen",
              Align::kRight,
              [](const Txn& t) { return UnlessZero(t.acquirer_bears_fen()); }},
    TxnColumn{"approval code",
              "approval_code",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.approval_code()); }},
    TxnColumn{"terminal",
              "terminal_id",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.terminal_id()); }},
    TxnColumn{"merchant",
              "merchant_id",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.merchant_id()); }},
    TxnColumn{"request",
              "request_id",
              Align::kLeft,
              [](const Txn& t) { return TextCell(t.request_id()); }},
    TxnColumn{"original",
              "original_transaction_id",
              Align::kLeft,
              [](const Txn& t) {
                const bool unknown =
                    t.kind() == v1::TRANSACTION_KIND_REVERSAL && !t.original_found();
                Cell cell = TextCell(t.original_transaction_id());
                cell.text = unknown ? "not known (yet)" : cell.text;
                return cell;
              }},
    TxnColumn{"stan",
              "stan",
              Align::kLeft,
              [](const Txn& t) {
                const std::string number = std::to_string(t.stan());
                return Cell{t.stan() == 0 ? "" : number, number};
              }},
    TxnColumn{"occurred at",
              "occurred_at",
              Align::kLeft,
              [](const Txn& t) { return TimeCell(t.has_occurred_at(), t.occurred_at()); }},
    TxnColumn{"judged as of",
              "judged_at",
              Align::kLeft,
              [](const Txn& t) {
                Cell cell = TimeCell(t.has_judged_at(), t.judged_at());
                if (t.clock_adjusted()) {
                  cell.text += ", not when it occurred by the terminal's clock (终端时钟有误)";
                }
                return cell;
              }},
    TxnColumn{"clock adjusted",
              "clock_adjusted",
              Align::kLeft,
              [](const Txn& t) {
                Cell cell = BoolCell(t.clock_adjusted());
                cell.text.clear();  // told with judged_at
                return cell;
              }},
    TxnColumn{"decided at",
              "decided_at",
              Align::kLeft,
              [](const Txn& t) { return TimeCell(t.has_decided_at(), t.decided_at()); }},
    TxnColumn{"hold expires",
              "expires_at",
              Align::kLeft,
              [](const Txn& t) { return TimeCell(t.has_expires_at(), t.expires_at()); }},
};

using LineColumn = ViewColumn<v1::TransactionLine>;
using Line = v1::TransactionLine;
constexpr std::array kLine = {
    LineColumn{"line",
               "line_number",
               Align::kRight,
               [](const Line& l) { return CountCell(l.line_number()); }},
    LineColumn{
        "item", "item_code", Align::kLeft, [](const Line& l) { return TextCell(l.item_code()); }},
    LineColumn{"quantity",
               "quantity",
               Align::kRight,
               [](const Line& l) { return CountCell(l.quantity()); }},
    LineColumn{"price",
               "price_fen",
               Align::kRight,
               [](const Line& l) { return MoneyCell(l.price_fen()); }},
    LineColumn{"member pays",
               "member_pays_fen",
               Align::kRight,
               [](const Line& l) { return MoneyCell(l.member_pays_fen()); }},
    LineColumn{"subsidy",
               "subsidy_fen",
               Align::kRight,
               [](const Line& l) { return MoneyCell(l.subsidy_fen()); }},
    LineColumn{"given back",
               "returned_quantity",
               Align::kRight,
               [](const Line& l) {
                 Cell cell = CountCell(l.returned_quantity());
                 if (l.returned_quantity() == 0) {
                   cell.text.clear();
                 }
                 return cell;
               }},
};

using AppliedColumn = ViewColumn<v1::AppliedBenefit>;
constexpr std::array kApplied = {
    AppliedColumn{"programme",
                  "programme_code",
                  Align::kLeft,
                  [](const v1::AppliedBenefit& b) { return TextCell(b.programme_code()); }},
    AppliedColumn{"version",
                  "programme_version",
                  Align::kRight,
                  [](const v1::AppliedBenefit& b) { return CountCell(b.programme_version()); }},
    AppliedColumn{"benefit",
                  "benefit_code",
                  Align::kLeft,
                  [](const v1::AppliedBenefit& b) { return TextCell(b.benefit_code()); }},
    AppliedColumn{"fund",
                  "fund_code",
                  Align::kLeft,
                  [](const v1::AppliedBenefit& b) { return TextCell(b.fund_code()); }},
    AppliedColumn{"pays",
                  "amount_fen",
                  Align::kRight,
                  [](const v1::AppliedBenefit& b) { return MoneyCell(b.amount_fen()); }},
    AppliedColumn{"pieces",
                  "pieces",
                  Align::kRight,
                  [](const v1::AppliedBenefit& b) { return SignedCountCell(b.pieces()); }},
};

Cell LimitAmount(const v1::LimitState& limit, int64_t amount) {
  return IsMoney(limit.measure()) ? MoneyCell(amount) : SignedCountCell(amount);
}

// Of one that only counts, max and left are no numbers; programs see `unlimited` in JSON.
Cell LimitMax(const v1::LimitState& limit) {
  Cell cell = LimitAmount(limit, limit.max());
  cell.text = limit.unlimited() ? "unlimited" : cell.text;
  return cell;
}
Cell LimitLeft(const v1::LimitState& limit) {
  Cell cell = LimitAmount(limit, limit.left());
  cell.text = limit.unlimited() ? "" : cell.text;
  return cell;
}

using StateColumn = ViewColumn<v1::LimitState>;
using State = v1::LimitState;
constexpr std::array kLimitState = {
    StateColumn{"limit",
                "limit_code",
                Align::kLeft,
                [](const State& l) { return TextCell(l.limit_code()); }},
    StateColumn{
        "for each", "subject", Align::kLeft, [](const State& l) { return EnumCell(l.subject()); }},
    StateColumn{"and", "window", Align::kLeft, [](const State& l) { return EnumCell(l.window()); }},
    StateColumn{"at most", "max", Align::kRight, LimitMax},
    StateColumn{
        "used", "used", Align::kRight, [](const State& l) { return LimitAmount(l, l.used()); }},
    StateColumn{
        "held", "held", Align::kRight, [](const State& l) { return LimitAmount(l, l.held()); }},
    StateColumn{"left", "left", Align::kRight, LimitLeft},
    StateColumn{"resets at",
                "resets_at",
                Align::kLeft,
                [](const State& l) { return TimeCell(l.has_resets_at(), l.resets_at()); }},
};

// Of a check that is not about a limit there are no numbers.
Cell CheckedLimit(const v1::CheckOutcome& check, Cell (*cell)(const v1::LimitState&)) {
  return check.has_limit() ? cell(check.limit()) : Cell{};
}
Cell LimitUsed(const v1::LimitState& limit) {
  return LimitAmount(limit, limit.used());
}
Cell LimitHeld(const v1::LimitState& limit) {
  return LimitAmount(limit, limit.held());
}

using CheckColumn = ViewColumn<v1::CheckOutcome>;
using Check = v1::CheckOutcome;
constexpr std::array kCheck = {
    CheckColumn{"ok",
                "passed",
                Align::kLeft,
                [](const Check& c) {
                  return Cell{c.passed() ? "✓" : "✗", c.passed() ? "true" : "false"};
                }},
    CheckColumn{"programme",
                "programme_code",
                Align::kLeft,
                [](const Check& c) { return TextCell(c.programme_code()); }},
    CheckColumn{"benefit",
                "benefit_code",
                Align::kLeft,
                [](const Check& c) { return TextCell(c.benefit_code()); }},
    CheckColumn{"check", "check", Align::kLeft, [](const Check& c) { return EnumCell(c.check()); }},
    CheckColumn{"提示",
                "display_message_zh",
                Align::kLeft,
                [](const Check& c) { return TextCell(c.display_message_zh()); }},
    CheckColumn{"limit",
                "limit_code",
                Align::kLeft,
                [](const Check& c) { return TextCell(c.limit().limit_code()); }},
    CheckColumn{
        "at most", "max", Align::kRight, [](const Check& c) { return CheckedLimit(c, LimitMax); }},
    CheckColumn{
        "used", "used", Align::kRight, [](const Check& c) { return CheckedLimit(c, LimitUsed); }},
    CheckColumn{
        "held", "held", Align::kRight, [](const Check& c) { return CheckedLimit(c, LimitHeld); }},
    CheckColumn{
        "left", "left", Align::kRight, [](const Check& c) { return CheckedLimit(c, LimitLeft); }},
};

// "rides 1/4, month 12.00/300.00 yuan": left of at most; "bills 800.00 yuan used" of what
// only counts.
Cell LimitsLeft(const v1::Entitlement& entitlement) {
  Cell cell;
  for (const v1::LimitState& limit : entitlement.limits()) {
    const std::string_view comma = cell.text.empty() ? "" : ", ";
    if (limit.unlimited()) {
      cell.text += fmt::format("{}{} {} used", comma, limit.limit_code(), LimitUsed(limit).text);
      cell.raw += fmt::format("{}{}=unlimited", comma.empty() ? "" : " ", limit.limit_code());
      continue;
    }
    const Cell left = LimitAmount(limit, limit.left());
    const Cell max = LimitAmount(limit, limit.max());
    const std::string_view unit = " yuan";
    std::string_view number = left.text;
    if (number.ends_with(unit)) {  // said once, of the second
      number.remove_suffix(unit.size());
    }
    cell.text += fmt::format("{}{} {}/{}", comma, limit.limit_code(), number, max.text);
    cell.raw +=
        fmt::format("{}{}={}/{}", comma.empty() ? "" : " ", limit.limit_code(), left.raw, max.raw);
  }
  return cell;
}

using EntitlementColumn = ViewColumn<v1::Entitlement>;
constexpr std::array kEntitlement = {
    EntitlementColumn{"programme",
                      "programme_code",
                      Align::kLeft,
                      [](const v1::Entitlement& e) { return TextCell(e.programme_code()); }},
    EntitlementColumn{"benefit",
                      "benefit_code",
                      Align::kLeft,
                      [](const v1::Entitlement& e) { return TextCell(e.benefit_code()); }},
    EntitlementColumn{"优惠",
                      "display_name",
                      Align::kLeft,
                      [](const v1::Entitlement& e) { return TextCell(e.display_name()); }},
    EntitlementColumn{"price",
                      "price",
                      Align::kLeft,
                      [](const v1::Entitlement& e) { return TextCell(e.price()); }},
    EntitlementColumn{"now",
                      "reason",
                      Align::kLeft,
                      [](const v1::Entitlement& e) {
                        Cell cell = EnumCell(e.reason());
                        cell.text = e.reason() == v1::REASON_UNSPECIFIED ? "✓" : "✗ " + cell.text;
                        return cell;
                      }},
    EntitlementColumn{"提示",
                      "display_message_zh",
                      Align::kLeft,
                      [](const v1::Entitlement& e) { return TextCell(e.display_message_zh()); }},
    EntitlementColumn{"left of limits", "limits_left", Align::kLeft, LimitsLeft},
    EntitlementColumn{"next eligible",
                      "next_eligible_at",
                      Align::kLeft,
                      [](const v1::Entitlement& e) {
                        return TimeCell(e.has_next_eligible_at(), e.next_eligible_at());
                      }},
};

}  // namespace

View<v1::Transaction> TransactionView() {
  return kTransaction;
}
View<v1::AppliedBenefit> AppliedBenefitView() {
  return kApplied;
}
View<v1::TransactionLine> TransactionLineView() {
  return kLine;
}
View<v1::LimitState> LimitStateView() {
  return kLimitState;
}
View<v1::CheckOutcome> CheckView() {
  return kCheck;
}
View<v1::Entitlement> EntitlementView() {
  return kEntitlement;
}

void ShowTransaction(const v1::Transaction& transaction, Output* out) {
  out->RecordOf(transaction, TransactionView());
  if (out->format() != OutputFormat::kTable) {
    return;
  }
  if (!transaction.lines().empty()) {
    out->Heading(transaction.kind() == v1::TRANSACTION_KIND_REFUND ? "Given back" : "Lines");
    out->TableOf<v1::TransactionLine>(transaction.lines(), TransactionLineView());
  }
  if (!transaction.applied_benefits().empty()) {
    out->Heading("Benefits");
    out->TableOf<v1::AppliedBenefit>(transaction.applied_benefits(), AppliedBenefitView());
  }
  if (!transaction.limits().empty()) {
    out->Heading("Limits");
    out->TableOf<v1::LimitState>(transaction.limits(), LimitStateView());
  }
  if (!transaction.has_failed_check()) {
    return;
  }
  const v1::FailedCheck& check = transaction.failed_check();
  if (!check.programme_code().empty()) {
    out->Heading(fmt::format("Refused by programme {} version {}, benefit {}",
                             check.programme_code(),
                             check.programme_version(),
                             check.benefit_code()));
  }
  if (check.has_limit()) {
    out->TableOf<v1::LimitState>(std::span(&check.limit(), 1), LimitStateView());
  }
}

void ShowChecks(const google::protobuf::RepeatedPtrField<v1::CheckOutcome>& checks, Output* out) {
  if (out->format() == OutputFormat::kTable && !checks.empty()) {
    out->Heading("Checks");
    out->TableOf<v1::CheckOutcome>(checks, CheckView());
  }
}

}  // namespace gonghui::ctl
