// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Refunds: what was captured is given back, by amount or by lines.
// docs/decisions/0001-lifecycle.md and 0003-lines-advices-batches.md have the amounts.

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

// How much of the captured subsidy is given back when so much is refunded in all.
Fen Decider::RefundedSubsidyAt(Fen refunded) const {
  const Transaction& original = *original_;
  if (!IsBooked()) {
    return Fen{0};
  }
  if (refunded == original.captured) {
    return original.captured_subsidy;
  }
  const PriceRule& rule = BenefitOfOriginal().price;
  if (rule.on_return == OnReturn::kClawBack) {
    return original.captured_subsidy -
           Smaller(SubsidyOf(rule, original.captured - refunded), original.captured_subsidy);
  }
  const Fen paid = original.captured - original.captured_subsidy;
  return refunded - MulDivRoundHalfUp(paid, refunded, original.captured);
}

void Decider::Refund() {
  const RefundRequest& request = command_.refund;
  if (!FindCaller() || AnsweredBefore() ||
      !HasRoom(1, kSharesPerTransactionMax, kUsesPerTransactionMax) ||
      !HasRoomForDetails(request.line_count, 0, 0) || !HasRoomInBatch()) {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  const bool found = BeginAbout(TransactionKind::kRefund,
                                request.original,
                                request.original_request_id,
                                request.has_amount,
                                request.amount);
  Transaction& refund = event_->transaction;
  const bool by_lines = request.line_count != 0;
  if (by_lines) {
    BeginReturnedLines();
  }
  if (!found) {
    Decline(Reason::kOriginalNotFound);
    return FinishTransaction(false);
  }
  const Transaction& original = *original_;
  const Fen refundable = original.captured - original.progress.refunded;
  Fen amount = request.has_amount ? request.amount : refundable;
  Fen frozen;  // what the funds gave of the lines
  const bool nothing_captured = original.captured == Fen{0} && original.standing_price() > Fen{0};
  Reason reason = Reason::kNone;
  switch (original.state) {
    case TransactionState::kReversed:
      reason = Reason::kPreviouslyReversed;
      break;
    case TransactionState::kDeclined:
      reason = Reason::kOriginalDeclined;
      break;
    case TransactionState::kPending:
    case TransactionState::kRefunded:
      reason = Reason::kExceedsCapturedAmount;
      break;
    case TransactionState::kExpired:
      reason = original.captured == Fen{0} ? Reason::kExceedsCapturedAmount : Reason::kNone;
      break;
    case TransactionState::kPartiallyCaptured:
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
      reason = nothing_captured ? Reason::kExceedsCapturedAmount : Reason::kNone;
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed, seq=", original.seq);
  }
  if (reason == Reason::kNone && by_lines) {
    amount = Fen{0};
    reason = TakeReturnedLines(&amount, &frozen);
  } else if (reason == Reason::kNone && amount > refundable) {
    reason = Reason::kExceedsCapturedAmount;
  }
  const Fen left = refundable - amount;
  if (reason == Reason::kNone && IsBooked()) {
    const PriceRule& rule = BenefitOfOriginal().price;
    if (rule.on_return == OnReturn::kRefuse && left > Fen{0} && left < rule.threshold &&
        refundable >= rule.threshold) {
      refund.failed_benefit = AppliedOf(0).benefit;
      reason = Reason::kBelowMinimumAmount;
    }
  }
  if (reason != Reason::kNone) {
    if (by_lines) {
      BeginReturnedLines();  // which give nothing back
    }
    Decline(reason);
    return FinishTransaction(false);
  }

  const Fen refunded = original.progress.refunded + amount;
  const bool full = !IsOpen() && refunded == original.captured;
  const Fen member_paid = (original.captured - original.captured_subsidy) -
                          (original.progress.refunded - original.progress.refunded_subsidy);
  // Of lines what was frozen, unless it is the last or the rule claws back.
  const bool by_split = by_lines && refunded != original.captured &&
                        !(IsBooked() && BenefitOfOriginal().price.on_return == OnReturn::kClawBack);
  const Fen wanted =
      by_split ? frozen : RefundedSubsidyAt(refunded) - original.progress.refunded_subsidy;
  const Fen back =
      Within(wanted,
             Larger(Fen{0}, amount - member_paid),
             Smaller(amount, original.captured_subsidy - original.progress.refunded_subsidy));
  AcceptAbout(amount, back);
  OriginalChange& change = event_->original;
  change.refunded_delta = amount;
  change.refunded_subsidy_delta = back;
  change.state = original.state;
  if (!IsOpen()) {
    change.state = full                ? TransactionState::kRefunded
                   : refunded > Fen{0} ? TransactionState::kPartiallyRefunded
                                       : original.state;
  }
  if (!IsBooked()) {
    return FinishTransaction(false);
  }
  BeginShares();
  TakeBackFromShares(back);
  for (uint32_t i = 0; i < original.applied_count; ++i) {
    const Applied& applied = AppliedOf(i);
    ShareDelta& share = event_->shares[i];
    if (!IsMoney(applied)) {
      if (full) {
        share.spent_delta = -applied.spent;
        share.overrun_delta = -applied.overrun;
        PutInSuspenseIfClosed(i);
        TellShare(i, applied.spent + applied.overrun);
      }
    }
  }
  for (uint32_t i = 0; i < original.use_count; ++i) {
    const Use& use = UseOf(i);
    const Limit& limit = ledger_.limits_[use.limit];
    const int64_t given_back = !IsCount(use) ? back.value() : full ? use.amount : 0;
    if (given_back == 0 || limit.refund_to == RefundTo::kNever) {
      continue;
    }
    const CalendarRow calendar = ledger_.benefits_[use.benefit].calendar;
    UseDelta& delta = AddUse(use);
    delta.used_delta = -given_back;
    if (limit.refund_to == RefundTo::kCurrentWindow) {
      delta.window = ledger_.MomentOf(calendar, now_).WindowIn(limit.window);
    }
    const Counter& counter = CounterOf(limit, use.subject, delta.window);
    delta.used_after = counter.used + delta.used_delta;
    delta.left_after = limit.max - counter.held - delta.used_after;
    result_->limits[result_->limit_count++] =
        ResultLimit{use.limit,
                    delta.used_after,
                    counter.held,
                    delta.left_after,
                    WindowEnd(ledger_.calendars_[calendar], limit.window, delta.window)};
  }
  refund.use_count = static_cast<uint8_t>(event_->use_count);
  event_->member_posted_delta = -(amount - back);
  FinishTransaction(false);
}

}  // namespace gonghui
