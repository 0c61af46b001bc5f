// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Refunds: what was captured is given back, by amount or by lines.
// docs/decisions/0001-lifecycle.md and 0003-lines-advices-batches.md have the amounts.

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

// One of a combination is enough.
bool Decider::ClawsBack() const {
  bool claws_back = false;
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const Benefit& benefit = ledger_.benefits_[granted_.list[i].benefit];
    claws_back = claws_back || benefit.price.on_return == OnReturn::kClawBack;
  }
  return claws_back;
}

// The first whose threshold all that could be given back reaches, and what would be left of
// it does not; none = there is none.
BenefitRow Decider::WhoRefuses(Fen refundable, Fen left) const {
  bool refuses = false;
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const Benefit& benefit = ledger_.benefits_[granted_.list[i].benefit];
    refuses = refuses || benefit.price.on_return == OnReturn::kRefuse;
  }
  if (!refuses || left == Fen{0}) {
    return BenefitRow{};
  }
  PartsByBenefit bases_before{};
  PartsByBenefit bases_after{};
  (void)EarnedOf(refundable, &bases_before);
  (void)EarnedOf(left, &bases_after);
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const PriceRule& rule = ledger_.benefits_[granted_.list[i].benefit].price;
    if (rule.on_return == OnReturn::kRefuse && bases_after[i] < rule.threshold &&
        bases_before[i] >= rule.threshold) {
      return granted_.list[i].benefit;
    }
  }
  return BenefitRow{};
}

// How much of the subsidy is given back with so much of the price; `frozen` = what the
// funds gave of the lines that are given back, null = by amount.
Decider::PartsByBenefit Decider::SubsidyToGiveBack(Fen amount, const Fen* frozen) const {
  const Transaction& original = *original_;
  const Fen refunded = original.progress.refunded + amount;
  const Fen member_paid = (original.captured - original.captured_subsidy) -
                          (original.progress.refunded - original.progress.refunded_subsidy);
  PartsByBenefit parts{};
  Fen wanted;
  bool by_benefit = true;
  if (refunded == original.captured) {
    for (uint32_t i = 0; i < granted_count_; ++i) {
      parts[i] = granted_.list[i].kept;
    }
    wanted = original.captured_subsidy - original.progress.refunded_subsidy;
  } else if (ClawsBack()) {
    // What the rest would not have earned.
    parts = EarnedOf(original.captured - refunded);
    for (uint32_t i = 0; i < granted_count_; ++i) {
      parts[i] = Larger(Fen{0}, granted_.list[i].kept - parts[i]);
    }
    wanted = SumOf(parts);
  } else {
    by_benefit = false;
    const Fen paid = original.captured - original.captured_subsidy;
    wanted = frozen != nullptr ? *frozen
                               : refunded - MulDivRoundHalfUp(paid, refunded, original.captured) -
                                     original.progress.refunded_subsidy;
  }
  const Fen back =
      Within(wanted,
             Larger(Fen{0}, amount - member_paid),
             Smaller(amount, original.captured_subsidy - original.progress.refunded_subsidy));
  return by_benefit && back == wanted ? parts : SplitOverKept(back);
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
  refund.stan = request.stan;
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
  if (reason == Reason::kNone) {
    refund.benefit = WhoRefuses(refundable, left);
    reason = refund.benefit != BenefitRow{} ? Reason::kBelowMinimumAmount : reason;
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
  PartsByBenefit by_benefit{};
  if (IsBooked()) {
    by_benefit = SubsidyToGiveBack(amount, by_lines ? &frozen : nullptr);
  }
  const Fen back = SumOf(by_benefit);
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
  TakeBackFromShares(by_benefit, /*things=*/full);
  ReturnUses(amount, by_benefit, full);
  if (full && original.progress.occasion != OccasionRow{}) [[unlikely]] {
    ReturnVoucher();
  }
  refund.use_count = static_cast<uint8_t>(event_->use_count);
  event_->member_posted_delta = -(amount - back);
  FinishTransaction(false);
}

// When the benefit says so.
void Decider::ReturnVoucher() {
  const Benefit& benefit = BenefitOfOriginal();
  if (AsksFor(benefit.asks, Asks::kVoucher) && TermsOf(benefit).voucher_returns) {
    MoveVoucherOfOriginal(VoucherState::kIssued);
  }
}

// To the windows that their limits say; a slot has no other.
void Decider::ReturnUses(Fen amount, const PartsByBenefit& back, bool full) {
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    const Limit& limit = ledger_.limits_[use.limit];
    int64_t given_back = 0;
    switch (KindOf(use)) {
      case UseKind::kCount:
        given_back = full ? use.amount : 0;
        break;
      case UseKind::kAmount:
        given_back = back[PlaceOf(use.benefit)].value();
        break;
      case UseKind::kPrice:
        given_back =
            KeptPriceOf(use, original_->captured) - KeptPriceOf(use, original_->captured - amount);
        break;
      case UseKind::kNoShow:
        break;  // somebody came, or nobody did
    }
    if (given_back == 0 || limit.refund_to == RefundTo::kNever) {
      continue;
    }
    const CalendarRow calendar = ledger_.benefits_[use.benefit].calendar;
    UseDelta& delta = AddUse(use);
    delta.used_delta = -given_back;
    if (limit.refund_to == RefundTo::kCurrentWindow && limit.window != WindowKind::kSlot) {
      delta.window = ledger_.MomentOf(calendar, now_).WindowIn(limit.window);
    }
    const Standing standing = StandingOf(limit, use.subject, delta.window);
    delta.used_after = standing.used + UsedBefore(event_->use_count - 1) + delta.used_delta;
    delta.left_after = limit.max - standing.held - delta.used_after;
    result_->limits[result_->limit_count++] = ResultLimit{
        use.limit,
        delta.used_after,
        standing.held,
        delta.left_after,
        WindowEnd(ledger_.calendars_[calendar], limit.window, delta.window + limit.span - 1)};
  }
}

}  // namespace gonghui
