// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What was bought, line by line: the subsidy's split, frozen with the authorization, and
// what a refund gives back of it (docs/decisions/0003-lines-advices-batches.md).

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

// ---- Decide --------------------------------------------------------------------

// The lines as asked, with no subsidy yet: a decline keeps them, too.
void Decider::BeginLines() {
  const AuthorizeRequest& request = command_.authorize;
  GH_DCHECK(request.line_count <= kLinesPerTransactionMax, "line_count=", request.line_count);
  Progress& progress = event_->transaction.progress;
  progress.first_line = ledger_.lines_.next();
  progress.line_count = static_cast<uint8_t>(request.line_count);
  event_->line_count = request.line_count;
  for (uint32_t i = 0; i < request.line_count; ++i) {
    const LineItem& item = request.lines[i];
    event_->lines[i] = LineDelta{i + 1, item.quantity, item.price, Fen{0}};
  }
}

// The lines as asked, which give nothing back yet: a decline keeps them for a repeat's
// comparison.
void Decider::BeginReturnedLines() {
  const RefundRequest& request = command_.refund;
  GH_DCHECK(request.line_count <= kLinesPerTransactionMax, "line_count=", request.line_count);
  Reference& reference = event_->transaction.reference;
  reference.first_line = ledger_.lines_.next();
  reference.line_count = request.line_count;
  event_->line_count = request.line_count;
  for (uint32_t i = 0; i < request.line_count; ++i) {
    const ReturnedLine& line = request.lines[i];
    event_->lines[i] = LineDelta{line.number, line.quantity, Fen{0}, Fen{0}};
  }
}

namespace {

// Of the first so many pieces of a line.
Fen PriceOf(const Line& line, uint32_t pieces) {
  return MulDivRoundHalfUp(line.price, Fen{pieces}, Fen{line.quantity});
}

// Of so much of a line's price.  A step of it is never more than the step of the price.
Fen SubsidyAt(const Line& line, Fen price) {
  return line.price == Fen{0} ? Fen{0} : MulDivRoundHalfUp(line.subsidy, price, line.price);
}

}  // namespace

// What the pieces cost the member and the funds, by the frozen split.  The price of all
// pieces of a line is that of the line, however many refunds it takes.
Reason Decider::TakeReturnedLines(Fen* amount, Fen* subsidy) {
  const Transaction& original = *original_;
  if (original.progress.line_count == 0 || original.captured < original.list_price) {
    return Reason::kExceedsCapturedAmount;
  }
  for (uint32_t i = 0; i < event_->line_count; ++i) {
    LineDelta& delta = event_->lines[i];
    if (delta.number < 1 || delta.number > original.progress.line_count) {
      return Reason::kExceedsCapturedAmount;
    }
    const Line& line =
        ledger_.lines_[LineRow{original.progress.first_line.value() + delta.number - 1}];
    if (delta.quantity > line.quantity - line.returned) {
      return Reason::kExceedsCapturedAmount;
    }
    const Fen before = PriceOf(line, line.returned);
    const Fen after = PriceOf(line, line.returned + delta.quantity);
    delta.price = after - before;
    delta.subsidy = SubsidyAt(line, after) - SubsidyAt(line, before);
    *amount += delta.price;
    *subsidy += delta.subsidy;
  }
  return *amount > original.captured - original.progress.refunded ? Reason::kExceedsCapturedAmount
                                                                  : Reason::kNone;
}

namespace {

// The first of two lists that differs, or that only one has; kNone = none.
template <class IsSame>
Field FirstDifference(uint32_t stored_count, uint32_t count, uint32_t* index, IsSame&& is_same) {
  const uint32_t both = std::min(stored_count, count);
  uint32_t i = 0;
  while (i < both && is_same(i)) {
    ++i;
  }
  if (i == stored_count && i == count) {
    return Field::kNone;
  }
  *index = i;
  return Field::kLines;
}

}  // namespace

Field Decider::LinesDifference(const Transaction& stored, const AuthorizeRequest& request) const {
  return FirstDifference(stored.line_count(), request.line_count, &result_->index, [&](uint32_t i) {
    const Line& line = ledger_.lines_[LineRow{stored.first_line().value() + i}];
    const LineItem& item = request.lines[i];
    return line.item == item.item && line.quantity == item.quantity && line.price == item.price;
  });
}

Field Decider::LinesDifference(const Transaction& stored, const RefundRequest& request) const {
  return FirstDifference(stored.line_count(), request.line_count, &result_->index, [&](uint32_t i) {
    const Line& line = ledger_.lines_[LineRow{stored.first_line().value() + i}];
    return line.number == request.lines[i].number && line.quantity == request.lines[i].quantity;
  });
}

// ---- Evolve --------------------------------------------------------------------

// Of a refund that was declined, none: it gave nothing back.
ItemCode Ledger::ItemOf(const Event& event, uint32_t line) const {
  if (event.kind == EventKind::kAuthorized) {
    return event.command->authorize.lines[line].item;
  }
  if (event.original.row == TransactionRow{}) {
    return ItemCode{};
  }
  const LineRow first = transactions_[event.original.row].progress.first_line;
  return lines_[LineRow{first.value() + event.lines[line].number - 1}].item;
}

namespace {

Line LineOf(const LineDelta& delta, const ItemCode& item) {
  Line line;
  line.item = item;
  line.price = delta.price;
  line.subsidy = delta.subsidy;
  line.number = delta.number;
  line.quantity = delta.quantity;
  return line;
}

}  // namespace

void Ledger::EvolveLines(const Event& event) {
  GH_CHECK_EQ(lines_.next().value(), event.transaction.first_line().value());
  for (uint32_t i = 0; i < event.line_count; ++i) {
    lines_.Append(LineOf(event.lines[i], ItemOf(event, i)));
  }
  if (event.kind == EventKind::kRefunded && event.original.row != TransactionRow{}) {
    const LineRow first = transactions_[event.original.row].progress.first_line;
    for (uint32_t i = 0; i < event.line_count; ++i) {
      const LineDelta& delta = event.lines[i];
      lines_.Update(LineRow{first.value() + delta.number - 1},
                    [&delta](Line& line) { line.returned += delta.quantity; });
    }
  }
}

// ---- Describe ------------------------------------------------------------------

// As the event that is being decided says.
void Decider::TellDetails() const {
  Details& details = *command_.details;
  details.is_advice = event_->is_advice;
  if (event_->is_advice) {
    details.advice = event_->advice;
  }
  details.is_batch = event_->kind == EventKind::kBatchClosed;
  if (details.is_batch) {
    details.batch = event_->batch;
  }
  if (occasion_ != nullptr) {
    details.slot_at = occasion_->slot_at;
    details.event_at = occasion_->event_at;
  }
  details.line_count = event_->line_count;
  for (uint32_t i = 0; i < event_->line_count; ++i) {
    details.lines[i] = LineOf(event_->lines[i], ledger_.ItemOf(*event_, i));
  }
}

void Ledger::DescribeDetails(const Transaction& transaction, Details* details) const {
  const AdviceRow advice = transaction.advice();
  details->is_advice = advice != AdviceRow{};
  if (details->is_advice) {
    details->advice = advices_[advice];
  }
  details->is_batch = transaction.kind == TransactionKind::kBatchClose;
  if (details->is_batch) {
    details->batch = batches_[transaction.reference.batch];
  }
  // Row 0 is all zero; a row stays when its transaction goes to the archive.
  const OccasionRequest& asked =
      occasions_[transaction.IsAuthorization() ? transaction.progress.occasion : OccasionRow{}]
          .asked;
  details->slot_at = asked.slot_at;
  details->event_at = asked.event_at;
  details->line_count = transaction.line_count();
  for (uint32_t i = 0; i < details->line_count; ++i) {
    details->lines[i] = lines_[LineRow{transaction.first_line().value() + i}];
  }
}

}  // namespace gonghui
