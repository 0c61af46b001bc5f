// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of stored advices, of what became of them, and of both sides of a batch.

#include <fmt/format.h>

#include <array>

#include "tools/gonghuictl/rpc_status.h"
#include "tools/gonghuictl/view_cells.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

using Stored = StoredAdvice;
using StoredColumn = ViewColumn<StoredAdvice>;

constexpr StoredColumn kLine = {
    "line", "line", Align::kRight, [](const Stored& s) { return CountCell(s.line); }};
constexpr StoredColumn kRequest = {"request", "request_id", Align::kLeft, [](const Stored& s) {
                                     return TextCell(RequestIdOf(s.advice));
                                   }};

constexpr std::array kPending = {
    kLine,
    StoredColumn{
        "kind",
        "kind",
        Align::kLeft,
        [](const Stored& s) { return TextCell(s.advice.has_sale() ? "sale" : "capture"); }},
    StoredColumn{"occurred at",
                 "occurred_at",
                 Align::kLeft,
                 [](const Stored& s) { return TimeCell(true, s.advice.occurred_at()); }},
    StoredColumn{"business date",
                 "business_date",
                 Align::kLeft,
                 [](const Stored& s) { return TextCell(s.advice.business_date()); }},
    StoredColumn{"sequence",
                 "terminal_sequence",
                 Align::kRight,
                 [](const Stored& s) {
                   const std::string number = std::to_string(s.advice.terminal_sequence());
                   return TextCell(number);
                 }},
    StoredColumn{"card or original",
                 "card_or_original",
                 Align::kLeft,
                 [](const Stored& s) {
                   const v1::CaptureRequest& capture = s.advice.capture();
                   return TextCell(s.advice.has_sale() ? s.advice.sale().card_number()
                                   : capture.original_request_id().empty()
                                       ? capture.original_transaction_id()
                                       : capture.original_request_id());
                 }},
    StoredColumn{"amount",
                 "amount_fen",
                 Align::kRight,
                 [](const Stored& s) {
                   if (s.advice.has_sale()) {
                     return MoneyCell(s.advice.sale().list_price_fen());
                   }
                   return s.advice.capture().has_amount_fen()
                              ? MoneyCell(s.advice.capture().amount_fen())
                              : Cell{"all", ""};
                 }},
    StoredColumn{"member paid",
                 "member_paid_fen",
                 Align::kRight,
                 [](const Stored& s) {
                   return s.advice.has_sale() ? MoneyCell(s.advice.member_paid_fen()) : Cell{};
                 }},
    StoredColumn{"lines",
                 "line_count",
                 Align::kRight,
                 [](const Stored& s) {
                   return CountCell(static_cast<uint64_t>(s.advice.sale().lines_size()));
                 },
                 Fit::kCut},
    kRequest,
};

// Nothing where there is no transaction, but an error or no answer yet.
template <Cell (*kCell)(const v1::Transaction&)>
Cell OfTransaction(const Stored& stored) {
  return stored.result && stored.result->has_transaction() ? kCell(stored.result->transaction())
                                                           : Cell{};
}

Cell Money(const Stored& stored, int64_t (v1::Transaction::*amount)() const) {
  return stored.result && stored.result->has_transaction()
             ? MoneyCell((stored.result->transaction().*amount)())
             : Cell{};
}

Cell ReasonOrError(const Stored& stored) {
  if (!stored.result) {
    return {};
  }
  return stored.result->has_error()
             ? TextCell(std::string(RpcCodeName(stored.result->error().code())))
             : ReasonCell(stored.result->transaction());
}

Cell Outcome(const v1::Transaction& t) {
  return EnumCell(t.outcome());
}
Cell MessageInChinese(const v1::Transaction& t) {
  return TextCell(t.display_message_zh());
}
Cell LiabilityOf(const v1::Transaction& t) {
  return LiabilityCell(t.liability());
}
Cell TransactionId(const v1::Transaction& t) {
  return TextCell(t.transaction_id());
}

constexpr std::array kResult = {
    kLine,
    StoredColumn{"accepted",
                 "accepted",
                 Align::kLeft,
                 [](const Stored& s) {
                   return s.result ? BoolCell(s.result->accepted()) : Cell{"no answer", ""};
                 }},
    StoredColumn{"outcome", "outcome", Align::kLeft, OfTransaction<Outcome>},
    StoredColumn{"reason", "reason", Align::kLeft, ReasonOrError, Fit::kCut},
    StoredColumn{
        "提示", "display_message_zh", Align::kLeft, OfTransaction<MessageInChinese>, Fit::kCut},
    StoredColumn{"liability", "liability", Align::kLeft, OfTransaction<LiabilityOf>},
    StoredColumn{"list price",
                 "list_price_fen",
                 Align::kRight,
                 [](const Stored& s) { return Money(s, &v1::Transaction::list_price_fen); }},
    StoredColumn{"member pays",
                 "member_pays_fen",
                 Align::kRight,
                 [](const Stored& s) { return Money(s, &v1::Transaction::member_pays_fen); }},
    StoredColumn{"subsidy",
                 "subsidy_fen",
                 Align::kRight,
                 [](const Stored& s) { return Money(s, &v1::Transaction::subsidy_fen); }},
    StoredColumn{"acquirer bears",
                 "acquirer_bears_fen",
                 Align::kRight,
                 [](const Stored& s) { return Money(s, &v1::Transaction::acquirer_bears_fen); }},
    StoredColumn{"repeat",
                 "idempotent_replay",
                 Align::kLeft,
                 [](const Stored& s) {
                   return s.result ? BoolCell(s.result->idempotent_replay()) : Cell{};
                 }},
    StoredColumn{"transaction", "transaction_id", Align::kLeft, OfTransaction<TransactionId>},
    kRequest,
};

using CloseColumn = ViewColumn<v1::CloseBatchResponse>;
using Close = v1::CloseBatchResponse;
constexpr std::array kClose = {
    CloseColumn{"batch",
                "batch_number",
                Align::kRight,
                [](const Close& c) { return CountCell(c.batch_number()); }},
    CloseColumn{"outcome",
                "outcome",
                Align::kLeft,
                [](const Close& c) {
                  Cell cell = EnumCell(c.outcome());
                  cell.text += c.outcome() == v1::BATCH_OUTCOME_IN_BALANCE       ? " (平)"
                               : c.outcome() == v1::BATCH_OUTCOME_OUT_OF_BALANCE ? " (不平)"
                                                                                 : "";
                  return cell;
                }},
    CloseColumn{"terminal",
                "terminal_id",
                Align::kLeft,
                [](const Close& c) { return TextCell(c.transaction().terminal_id()); }},
    CloseColumn{"opened at",
                "opened_at",
                Align::kLeft,
                [](const Close& c) { return TimeCell(c.has_opened_at(), c.opened_at()); }},
    CloseColumn{"closed at",
                "closed_at",
                Align::kLeft,
                [](const Close& c) { return TimeCell(c.has_closed_at(), c.closed_at()); }},
    CloseColumn{"transaction",
                "transaction_id",
                Align::kLeft,
                [](const Close& c) { return TextCell(c.transaction().transaction_id()); }},
};

using TotalColumn = ViewColumn<BatchTotal>;
Cell TotalCell(const BatchTotal& total, int64_t amount) {
  return total.is_money ? MoneyCell(amount) : SignedCountCell(amount);
}
constexpr std::array kTotal = {
    TotalColumn{"total",
                "total",
                Align::kLeft,
                [](const BatchTotal& t) {
                  return Cell{std::string(t.label), std::string(t.name)};
                }},
    TotalColumn{"合计",
                "label_zh",
                Align::kLeft,
                [](const BatchTotal& t) { return TextCell(std::string(t.label_zh)); }},
    TotalColumn{"terminal",
                "terminal",
                Align::kRight,
                [](const BatchTotal& t) { return TotalCell(t, t.terminal); }},
    TotalColumn{"ledger",
                "ledger",
                Align::kRight,
                [](const BatchTotal& t) { return TotalCell(t, t.ledger); }},
    TotalColumn{"difference",
                "difference",
                Align::kRight,
                [](const BatchTotal& t) {
                  Cell cell = TotalCell(t, t.terminal - t.ledger);
                  if (t.terminal == t.ledger) {
                    cell.text.clear();
                  }
                  return cell;
                }},
};

}  // namespace

View<StoredAdvice> PendingAdviceView() {
  return kPending;
}
View<StoredAdvice> AdviceResultView() {
  return kResult;
}
View<v1::CloseBatchResponse> CloseBatchView() {
  return kClose;
}
View<BatchTotal> BatchTotalView() {
  return kTotal;
}

std::vector<BatchTotal> BothSides(const v1::CloseBatchResponse& response) {
  const v1::BatchTotals& terminal = response.terminal_totals();
  const v1::BatchTotals& ledger = response.engine_totals();
  const auto count = [&](std::string_view label,
                         std::string_view zh,
                         std::string_view name,
                         uint32_t (v1::BatchTotals::*get)() const) {
    return BatchTotal{label, zh, name, false, int64_t{(terminal.*get)()}, int64_t{(ledger.*get)()}};
  };
  const auto money = [&](std::string_view label,
                         std::string_view zh,
                         std::string_view name,
                         int64_t (v1::BatchTotals::*get)() const) {
    return BatchTotal{label, zh, name, true, (terminal.*get)(), (ledger.*get)()};
  };
  using Totals = v1::BatchTotals;
  return {
      count("captures", "消费笔数", "capture_count", &Totals::capture_count),
      money("captured", "消费金额", "captured_fen", &Totals::captured_fen),
      count("refunds", "退货笔数", "refund_count", &Totals::refund_count),
      money("refunded", "退货金额", "refunded_fen", &Totals::refunded_fen),
      count("reversals", "撤销笔数", "reversal_count", &Totals::reversal_count),
      money("reversed", "撤销金额", "reversed_fen", &Totals::reversed_fen),
      money("subsidy", "补贴净额", "subsidy_fen", &Totals::subsidy_fen),
  };
}

void ShowBatch(const v1::CloseBatchResponse& response, Output* out) {
  if (out->format() == OutputFormat::kTable) {
    out->RecordOf(response, CloseBatchView());
    out->Heading("Totals");
  }
  out->TableOf<BatchTotal>(BothSides(response), BatchTotalView());
}

}  // namespace gonghui::ctl
