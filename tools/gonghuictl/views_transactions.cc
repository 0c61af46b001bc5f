// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of transactions: who pays what, why, and what is left.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tools/gonghuictl/reason_help.h"
#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

using TxnColumn = ViewColumn<v1::Transaction>;
using Txn = v1::Transaction;

// Whether there is money to tell apart: by what was authorized, captured, refunded.  A decline
// and a quote have one price alone.
bool HasMoneyTable(const Txn& t) {
  if (t.outcome() == v1::OUTCOME_DECLINED) {
    return false;
  }
  switch (t.kind()) {
    case v1::TRANSACTION_KIND_AUTHORIZATION:
      return t.state() != v1::TRANSACTION_STATE_UNSPECIFIED;
    case v1::TRANSACTION_KIND_INCREMENT:
    case v1::TRANSACTION_KIND_CAPTURE:
    case v1::TRANSACTION_KIND_REVERSAL:
    case v1::TRANSACTION_KIND_REFUND:
      return t.list_price_fen() != 0;
    default:
      return false;
  }
}

bool IsOpen(const Txn& t) {
  return t.state() == v1::TRANSACTION_STATE_PENDING ||
         t.state() == v1::TRANSACTION_STATE_PARTIALLY_CAPTURED;
}

// Nothing is paid by what was refused; of an advice it was paid before anybody was asked.
bool PaysNothing(const Txn& t) {
  return t.outcome() == v1::OUTCOME_DECLINED && !t.has_occurred_at();
}

// Of a capture, increment, reversal or refund the numbers are what it asked for.
bool IsRefusedFollowUp(const Txn& t) {
  return PaysNothing(t) &&
         (t.kind() == v1::TRANSACTION_KIND_INCREMENT || t.kind() == v1::TRANSACTION_KIND_CAPTURE ||
          t.kind() == v1::TRANSACTION_KIND_REVERSAL || t.kind() == v1::TRANSACTION_KIND_REFUND);
}

// For people only where no table tells it.
Cell UnlessInTable(const Txn& t, int64_t fen) {
  Cell cell = MoneyCell(fen);
  if (HasMoneyTable(t)) {
    cell.text.clear();
  }
  return cell;
}

// What a payer pays, so that nobody collects for what was refused.
Cell PayerMoney(const Txn& t, int64_t fen) {
  Cell cell = UnlessInTable(t, fen);
  if (PaysNothing(t)) {
    cell.text.clear();
  }
  return cell;
}

Cell PriceCell(const Txn& t) {
  Cell cell = UnlessInTable(t, t.list_price_fen());
  if (IsRefusedFollowUp(t)) {
    cell.text.clear();  // told by AskedForCell()
  }
  return cell;
}

// "61.00 yuan to give back; nothing was changed (申请退货61.00元，未作任何变动)".
Cell AskedForCell(const Txn& t) {
  if (!IsRefusedFollowUp(t)) {
    return {};
  }
  std::string_view what = "to give back";
  std::string_view what_zh = "退货";
  switch (t.kind()) {
    case v1::TRANSACTION_KIND_INCREMENT:
      what = "to authorize in addition";
      what_zh = "追加授权";
      break;
    case v1::TRANSACTION_KIND_CAPTURE:
      what = "to capture";
      what_zh = "完成";
      break;
    case v1::TRANSACTION_KIND_REVERSAL:
      what = "to take back";
      what_zh = "撤销";
      break;
    default:
      break;
  }
  std::string amount = FormatYuan(t.list_price_fen());
  std::string amount_zh = fmt::format("{}元", FormatYuanBare(t.list_price_fen()));
  if (t.list_price_fen() == 0 && t.kind() == v1::TRANSACTION_KIND_REVERSAL) {
    // What a refused reversal asked for is not kept; reverse itself knows, and says it.
    const bool too_much = t.reason() == v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT;
    amount = too_much ? "more than is left" : "all or a part";
    amount_zh = too_much ? "超出可撤余额的金额" : "全部或部分金额";
  } else if (t.list_price_fen() == 0) {  // no amount was said
    amount = t.lines().empty() ? "all that is left" : "the lines below";
    amount_zh = t.lines().empty() ? "全部余额" : "下列明细";
  }
  return {
      fmt::format(
          "{} {}; nothing was changed (申请{}{}，未作任何变动)", amount, what, what_zh, amount_zh),
      ""};
}

// For people only while something is held: of a hold, and of what raised one.  A quote tells
// what would be.
Cell HoldExpiresCell(const Txn& t) {
  Cell cell = TimeCell(t.has_expires_at(), t.expires_at());
  const bool held = IsOpen(t) || t.state() == v1::TRANSACTION_STATE_UNSPECIFIED ||
                    t.kind() == v1::TRANSACTION_KIND_INCREMENT;
  if (!held || t.outcome() == v1::OUTCOME_DECLINED) {
    cell.text.clear();
  }
  return cell;
}

// For programs: people are told by the table.
Cell RawMoney(int64_t fen) {
  return {"", std::to_string(fen)};
}

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
    TxnColumn{"list price", "list_price_fen", Align::kRight, PriceCell},
    TxnColumn{"member pays",
              "member_pays_fen",
              Align::kRight,
              [](const Txn& t) { return PayerMoney(t, t.member_pays_fen()); }},
    TxnColumn{"subsidy",
              "subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return PayerMoney(t, t.subsidy_fen()); }},
    TxnColumn{"captured",
              "captured_fen",
              Align::kRight,
              [](const Txn& t) { return RawMoney(t.captured_fen()); }},
    TxnColumn{"of it subsidy",
              "captured_subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return RawMoney(t.captured_subsidy_fen()); }},
    TxnColumn{"refunded",
              "refunded_fen",
              Align::kRight,
              [](const Txn& t) { return RawMoney(t.refunded_fen()); }},
    TxnColumn{"of it to funds",
              "refunded_subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return RawMoney(t.refunded_subsidy_fen()); }},
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
              [](const Txn& t) {
                return t.acquirer_bears_fen() != 0 ? UnlessInTable(t, t.acquirer_bears_fen())
                                                   : RawMoney(0);
              }},
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
    TxnColumn{"hold expires", "expires_at", Align::kLeft, HoldExpiresCell},
    TxnColumn{"slot 预约时段",
              "slot_at",
              Align::kLeft,
              [](const Txn& t) { return TimeCell(t.has_slot_at(), t.slot_at()); }},
    TxnColumn{"event 事发时间",
              "event_at",
              Align::kLeft,
              [](const Txn& t) { return TimeCell(t.has_event_at(), t.event_at()); }},
    TxnColumn{"changed since",
              "restated_fen",
              Align::kRight,
              [](const Txn& t) { return RawMoney(t.restated_fen()); }},
    TxnColumn{"of it subsidy",
              "restated_subsidy_fen",
              Align::kRight,
              [](const Txn& t) { return RawMoney(t.restated_subsidy_fen()); }},
};

// What people are told of a decline beside what programs are.
constexpr std::array kDecline = {
    TxnColumn{"asked for", "", Align::kLeft, AskedForCell},
    TxnColumn{"least amount",
              "",
              Align::kLeft,
              [](const Txn& t) { return TextCell(LeastAmountWords(t)); }},
    TxnColumn{"fund", "", Align::kLeft, [](const Txn& t) { return TextCell(FailedFundWords(t)); }},
    TxnColumn{"what to do",
              "",
              Align::kLeft,
              [](const Txn& t) { return TextCell(std::string(HelpOf(t).english)); }},
    TxnColumn{"怎么办",
              "",
              Align::kLeft,
              [](const Txn& t) { return TextCell(std::string(HelpOf(t).chinese)); }},
};

// Behind `next eligible`, so that all of a refusal stands together.
constexpr auto kTransactionForPeople = [] {
  std::array<TxnColumn, kTransaction.size() + kDecline.size()> all = {};
  size_t count = 0;
  for (const TxnColumn& column : kTransaction) {
    all[count++] = column;
    if (column.name == "next_eligible_at") {
      for (const TxnColumn& more : kDecline) {
        all[count++] = more;
      }
    }
  }
  return all;
}();

// Who pays how much of what.
struct MoneyRow {
  std::string_view label;     // "authorized"
  std::string_view label_zh;  // "授权"
  int64_t price_fen = 0;
  int64_t member_fen = 0;
  int64_t funds_fen = 0;
  bool of_member_only = false;
  bool is_change = false;  // told with its sign
};

Cell MoneyRowCell(const MoneyRow& row, int64_t fen) {
  Cell cell = MoneyCell(fen);
  if (row.is_change && fen > 0) {
    cell.text.insert(0, "+");
  }
  return cell;
}

using MoneyColumn = ViewColumn<MoneyRow>;
constexpr std::array kMoney = {
    MoneyColumn{
        "", "", Align::kLeft, [](const MoneyRow& m) { return TextCell(std::string(m.label)); }},
    MoneyColumn{"金额",
                "",
                Align::kLeft,
                [](const MoneyRow& m) { return TextCell(std::string(m.label_zh)); }},
    MoneyColumn{
        "list price",
        "",
        Align::kRight,
        [](const MoneyRow& m) { return m.of_member_only ? Cell{} : MoneyRowCell(m, m.price_fen); }},
    MoneyColumn{"member",
                "",
                Align::kRight,
                [](const MoneyRow& m) { return MoneyRowCell(m, m.member_fen); }},
    MoneyColumn{
        "funds",
        "",
        Align::kRight,
        [](const MoneyRow& m) { return m.of_member_only ? Cell{} : MoneyRowCell(m, m.funds_fen); }},
};

// Of a price and the funds' part of it; the member has the rest.
MoneyRow Money(std::string_view label, std::string_view label_zh, int64_t price, int64_t funds) {
  return {label, label_zh, price, price - funds, funds, false, false};
}

// What a transaction that is about another one has done to it.  REQUIRES: HasMoneyTable(t).
MoneyRow MoneyOfFollowUp(const Txn& t) {
  const int64_t price = t.list_price_fen();
  const int64_t funds = t.subsidy_fen();
  switch (t.kind()) {
    case v1::TRANSACTION_KIND_INCREMENT:
      return Money("authorized in addition", "追加授权", price, funds);
    case v1::TRANSACTION_KIND_CAPTURE:
      return Money("captured by this", "本次完成", price, funds);
    case v1::TRANSACTION_KIND_REVERSAL:
      return Money("taken back by this", "本次撤销", price, funds);
    default:
      return Money("given back by this", "本次退货", price, funds);
  }
}

// By increments and reversals in part since it was authorized.
bool IsRestated(const Txn& t) {
  return t.restated_fen() != 0 || t.restated_subsidy_fen() != 0;
}

// One sum of all of them, so that only of what was never a hold, and can not have been raised,
// it is certain what they were.
MoneyRow MoneyOfChange(const Txn& t) {
  const bool may_be_raised = IsOpen(t) || t.has_expires_at() || t.restated_fen() > 0;
  MoneyRow row =
      may_be_raised
          ? Money("changed since", "此后变动", t.restated_fen(), t.restated_subsidy_fen())
          : Money("reversed in part", "部分撤销", t.restated_fen(), t.restated_subsidy_fen());
  row.is_change = true;
  return row;
}

std::vector<MoneyRow> MoneyOf(const Txn& t) {
  if (t.kind() != v1::TRANSACTION_KIND_AUTHORIZATION) {
    return {MoneyOfFollowUp(t)};
  }
  std::vector<MoneyRow> rows = {Money("authorized",
                                      "授权",
                                      t.list_price_fen() - t.restated_fen(),
                                      t.subsidy_fen() - t.restated_subsidy_fen())};
  if (IsRestated(t)) {
    rows.push_back(MoneyOfChange(t));
    rows.push_back(Money("stands now", "现授权", t.list_price_fen(), t.subsidy_fen()));
  }
  if (IsOpen(t)) {
    // Beyond what was authorized nothing is held.
    rows.push_back(Money("still held",
                         "仍冻结",
                         std::max<int64_t>(t.list_price_fen() - t.captured_fen(), 0),
                         std::max<int64_t>(t.subsidy_fen() - t.captured_subsidy_fen(), 0)));
  }
  if (t.captured_fen() != 0) {
    rows.push_back(Money("captured", "已完成", t.captured_fen(), t.captured_subsidy_fen()));
  }
  if (t.refunded_fen() != 0) {
    rows.push_back(Money("refunded", "已退货", t.refunded_fen(), t.refunded_subsidy_fen()));
  }
  rows.push_back(Money(IsOpen(t) ? "paid so far" : "finally paid",
                       IsOpen(t) ? "至今实付" : "最终实付",
                       t.captured_fen() - t.refunded_fen(),
                       t.captured_subsidy_fen() - t.refunded_subsidy_fen()));
  return rows;
}

void ShowMoney(const Txn& t, Output* out) {
  if (!HasMoneyTable(t)) {
    return;
  }
  std::vector<MoneyRow> rows = MoneyOf(t);
  if (t.acquirer_bears_fen() != 0) {
    MoneyRow row{"of it the acquirer bears", "其中收单方承担"};
    row.member_fen = t.acquirer_bears_fen();
    row.of_member_only = true;
    rows.push_back(row);
  }
  out->Heading("Who pays (谁付多少)");
  out->TableOf<MoneyRow>(rows, View<MoneyRow>(kMoney));
}

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

// Refunded beyond what the returned pieces cost, each line's share rounded up: some of it came
// back without a line being named.
bool IsRefundedWithoutLines(const Txn& t) {
  if (t.kind() != v1::TRANSACTION_KIND_AUTHORIZATION) {
    return false;
  }
  int64_t by_lines_fen = 0;
  for (const Line& line : t.lines()) {
    if (line.quantity() != 0) {
      const int64_t quantity = line.quantity();
      by_lines_fen += (line.price_fen() * line.returned_quantity() + quantity - 1) / quantity;
    }
  }
  return t.refunded_fen() > by_lines_fen;
}

// Up to `quantity`: what, not who pays.
constexpr size_t kLineColumnsOfWhat = 3;

// For people only where there is a fund: what grants an entry, or a place, pays nothing.
Cell OfItsFund(const v1::AppliedBenefit& benefit, Cell cell) {
  if (benefit.fund_code().empty()) {
    cell.text.clear();
  }
  return cell;
}

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
    AppliedColumn{
        "pays",
        "amount_fen",
        Align::kRight,
        [](const v1::AppliedBenefit& b) { return OfItsFund(b, MoneyCell(b.amount_fen())); }},
    AppliedColumn{
        "pieces",
        "pieces",
        Align::kRight,
        [](const v1::AppliedBenefit& b) { return OfItsFund(b, SignedCountCell(b.pieces())); }},
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
    StateColumn{"and",
                "window",
                Align::kLeft,
                [](const State& l) { return WindowCell(l.window(), l.window_span()); }},
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

// Of a fund that is not open there are no numbers either.
Cell CheckedFund(const v1::CheckOutcome& check, int64_t fen, int64_t pieces) {
  if (!check.has_fund() || check.check() == v1::REASON_FUND_NOT_OPEN) {
    return {};
  }
  return check.check() == v1::REASON_QUOTA_EXHAUSTED ? SignedCountCell(pieces) : MoneyCell(fen);
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
                [](const Check& c) {
                  Cell cell = TextCell(c.display_message_zh());
                  if (c.minimum_fen() != 0) {
                    cell.text += fmt::format(" (at least {} 元)", FormatYuanBare(c.minimum_fen()));
                  }
                  return cell;
                },
                Fit::kWrap},
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
    CheckColumn{"fund",
                "fund_code",
                Align::kLeft,
                [](const Check& c) { return TextCell(c.fund().fund_code()); }},
    CheckColumn{"needs",
                "needed",
                Align::kRight,
                [](const Check& c) {
                  return CheckedFund(c, c.fund().needed_fen(), c.fund().needed_pieces());
                }},
    CheckColumn{"has",
                "available",
                Align::kRight,
                [](const Check& c) {
                  return CheckedFund(c, c.fund().available_fen(), c.fund().available_pieces());
                }},
};

// Up to `left`: hardly ever a fund is what fails.
constexpr size_t kCheckColumnsWithoutFund = kCheck.size() - 3;

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
                      [](const v1::Entitlement& e) { return TextCell(e.display_name()); },
                      Fit::kCut},
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
                      [](const v1::Entitlement& e) { return TextCell(e.display_message_zh()); },
                      Fit::kWrap},
    EntitlementColumn{"left of limits", "limits_left", Align::kLeft, LimitsLeft, Fit::kWrap},
    EntitlementColumn{"next eligible",
                      "next_eligible_at",
                      Align::kLeft,
                      [](const v1::Entitlement& e) {
                        return TimeCell(e.has_next_eligible_at(), e.next_eligible_at());
                      }},
};

// Who grants and pays, under the name of what has become of the money.
void ShowBenefits(const Txn& t, Output* out) {
  if (t.applied_benefits().empty() || IsRefusedFollowUp(t)) {
    return;
  }
  std::string_view heading = "Benefits";
  std::string_view amount = "pays";
  switch (t.kind()) {
    case v1::TRANSACTION_KIND_AUTHORIZATION:
      if (HasMoneyTable(t)) {
        heading = IsRestated(t) ? "Benefits, as they stand now" : "Benefits, as authorized";
        amount = "authorized";
      }
      break;
    case v1::TRANSACTION_KIND_INCREMENT:
      amount = "authorized in addition";
      break;
    case v1::TRANSACTION_KIND_CAPTURE:
      amount = "captured";
      break;
    case v1::TRANSACTION_KIND_REVERSAL:
    case v1::TRANSACTION_KIND_REFUND:
      amount = "gets back";
      break;
    default:
      break;
  }
  std::array columns = kApplied;
  for (AppliedColumn& column : columns) {
    column.label = column.name == "amount_fen" ? amount : column.label;
  }
  out->Heading(heading);
  out->TableOf<v1::AppliedBenefit>(t.applied_benefits(), View<v1::AppliedBenefit>(columns));
}

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
  if (out->format() != OutputFormat::kTable) {
    out->RecordOf(transaction, TransactionView());
    return;
  }
  out->RecordOf(transaction, View<v1::Transaction>(kTransactionForPeople));
  ShowMoney(transaction, out);
  if (!transaction.lines().empty() && IsRefusedFollowUp(transaction)) {
    out->Heading("Asked to give back (申请退货)");
    out->TableOf<v1::TransactionLine>(transaction.lines(),
                                      TransactionLineView().first(kLineColumnsOfWhat));
  } else if (!transaction.lines().empty()) {
    out->Heading(transaction.kind() == v1::TRANSACTION_KIND_REFUND ? "Given back"
                 : HasMoneyTable(transaction)                      ? "Lines, as authorized"
                                                                   : "Lines");
    out->TableOf<v1::TransactionLine>(transaction.lines(), TransactionLineView());
    if (IsRefundedWithoutLines(transaction)) {
      out->Text("given back counts only returns that named lines (退回件数只含按行退货)\n");
    }
  }
  ShowBenefits(transaction, out);
  if (!transaction.limits().empty()) {
    out->Heading(transaction.transaction_id().empty()
                     ? "Limits, as this would leave them"
                     : "Limits, just after this was decided (not as they stand now)");
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
    const bool any_fund =
        std::any_of(checks.begin(), checks.end(), [](const Check& c) { return c.has_fund(); });
    out->TableOf<v1::CheckOutcome>(
        checks, any_fund ? CheckView() : CheckView().first(kCheckColumnsWithoutFund));
  }
}

}  // namespace gonghui::ctl
