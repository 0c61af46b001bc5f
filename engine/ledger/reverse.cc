// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Reversals: what was authorized is undone, all of it or in part.
// docs/decisions/0001-lifecycle.md has the amounts.

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

void Decider::Reverse() {
  const ReverseRequest& request = command_.reverse;
  if (!FindCaller() || AnsweredBefore() || !HasRoom(2, kSharesPerTransactionMax, 0) ||
      !HasRoomInBatch()) {
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  const bool found = BeginAbout(TransactionKind::kReversal,
                                request.original,
                                request.original_request_id,
                                request.has_amount,
                                request.amount);
  Transaction& reversal = event_->transaction;
  reversal.stan = request.stan;
  reversal.reversal_reason = request.reason;
  reversal.list_price = Fen{0};  // until something is undone
  reversal.member_pays = Fen{0};
  reversal.outcome = Outcome::kApproved;
  reversal.state = TransactionState::kCompleted;
  if (!found) {
    const bool unknown = referred_ == TransactionRow{};
    if (unknown ? request.original != TransactionId{}
                : !ledger_.transactions_[referred_].tombstone) {
      // No authorization, or an id of ours that we never gave: there is nothing that
      // could still come.
      Decline(Reason::kOriginalNotFound);
    } else if (unknown && request.original_request_id != command_.request_id) {
      // Accepted, or a store-and-forward queue would send it for ever.  The
      // tombstone sees to it that the original, if it still comes, is declined.
      // (One that names itself takes the id from here on.)
      event_->tombstone_row = TransactionRow{event_->transaction_row.value() + 1};
    }
    return FinishTransaction(false);
  }
  const Transaction& original = *original_;
  const Fen amount = request.amount;
  bool in_part = request.has_amount;
  Reason reason = Reason::kNone;
  switch (original.state) {
    case TransactionState::kDeclined:
    case TransactionState::kReversed:
      return FinishTransaction(false);  // nothing to undo
    case TransactionState::kExpired:
      if (original.captured == Fen{0}) {
        // Nothing is held any more, but a late capture must find it reversed, whether
        // the sweep came first or not.
        ReverseExpired();
        return FinishTransaction(false);
      }
      reason = Reason::kFurtherActivityPreventsReversal;
      break;
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      if (original.progress.refunded > Fen{0} ||
          (original.state == TransactionState::kPartiallyCaptured && !request.has_amount)) {
        reason = Reason::kFurtherActivityPreventsReversal;
      } else if (request.has_amount && amount > original.standing_price() - original.captured) {
        reason = Reason::kExceedsAuthorizedAmount;
      }
      in_part = in_part && amount != original.standing_price();
      break;
    case TransactionState::kCaptured:
      if (!original.capture_at_once) {
        reason = Reason::kFurtherActivityPreventsReversal;
      } else if (request.has_amount && amount > original.standing_price()) {
        reason = Reason::kExceedsAuthorizedAmount;
      }
      in_part = in_part && amount != original.standing_price();
      break;
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      reason = Reason::kFurtherActivityPreventsReversal;
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed, seq=", original.seq);
  }
  if (reason != Reason::kNone) {
    Decline(reason);
  } else if (!in_part) {
    ReverseAll();
  } else if (IsOpen()) {
    ReverseHeldPart(amount);
  } else {
    ReverseSoldPart(amount);
  }
  FinishTransaction(false);
}

// What nobody came for is no longer held against the member.
void Decider::ReverseExpired() {
  event_->original.row = referred_;
  event_->original.state = TransactionState::kReversed;
  bool takes_back = false;
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    takes_back = takes_back || KindOf(UseOf(i)) == UseKind::kNoShow;
  }
  if (!takes_back) {
    return;
  }
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    AddUse(use).used_delta = KindOf(use) == UseKind::kNoShow ? -use.amount : 0;
  }
}

void Decider::ReverseAll() {
  const bool sale = original_->capture_at_once;
  AcceptAbout(original_->standing_price(), original_->standing_subsidy());
  event_->original.state = TransactionState::kReversed;
  event_->original.captured_delta = -original_->captured;
  event_->original.captured_subsidy_delta = -original_->captured_subsidy;
  BeginShares();
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    const Applied& applied = AppliedOf(i);
    event_->shares[i].held_delta = -applied.held;
    event_->shares[i].spent_delta = -applied.spent;
    event_->shares[i].overrun_delta = -applied.overrun;
    PutInSuspenseIfClosed(i);
    TellShare(i, applied.held + applied.spent + applied.overrun);
  }
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    UseDelta& delta = AddUse(UseOf(i));
    (sale ? delta.used_delta : delta.held_delta) = -UseOf(i).amount;
  }
  MoveVoucherOfOriginal(VoucherState::kIssued);
  if (IsBooked()) {
    (sale ? event_->member_posted_delta : event_->member_pending_delta) =
        -(original_->standing_price() - original_->standing_subsidy());
  }
}

// The hold is restated to the lower price.
void Decider::ReverseHeldPart(Fen amount) {
  const Transaction& original = *original_;
  const Fen list_price = original.standing_price() - amount;
  const bool nothing_left = list_price == original.captured && original.captured > Fen{0};
  // Each benefit keeps what it has captured, and of the rest what is left after the ones
  // before it.
  PartsByBenefit by_benefit = EarnedOf(list_price);
  Fen room = list_price - original.captured_subsidy;
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const Granted& granted = granted_.list[i];
    const Fen most =
        nothing_left ? granted.captured : Smaller(granted.subsidy, granted.captured + room);
    const Fen subsidy = Within(by_benefit[i], granted.captured, most);
    room -= subsidy - granted.captured;
    by_benefit[i] = granted.subsidy - subsidy;
  }
  const Fen released = SumOf(by_benefit);
  AcceptAbout(amount, released);
  OriginalChange& change = event_->original;
  change.state = nothing_left ? TransactionState::kCaptured : original.state;
  change.restates = true;
  change.list_price_delta = -amount;
  change.subsidy_delta = -released;
  if (!IsBooked()) {
    return;
  }
  BeginShares();
  const Parts parts =
      SplitOverMoney(by_benefit, [](const Applied& applied) { return applied.held; });
  for (uint32_t i = 0; i < original.applied_count; ++i) {
    event_->shares[i].held_delta = -parts[i];
    TellShare(i, parts[i]);
  }
  for (uint32_t i = 0; i < original.use_count; ++i) {
    const Use& use = UseOf(i);
    UseDelta& delta = AddUse(use);
    if (KindOf(use) == UseKind::kAmount) {
      delta.held_delta = -by_benefit[PlaceOf(use.benefit)].value();
    } else if (KindOf(use) == UseKind::kPrice) {
      // Never less than what is captured.
      const int64_t least = UsedPriceOf(use, original.captured);
      delta.held_delta = std::max(least, UsedPriceOf(use, list_price)) - use.amount;
    }
  }
  event_->member_pending_delta = -(amount - released);
}

// As if the sale had been of the lower price, but the member never owes more for it.
void Decider::ReverseSoldPart(Fen amount) {
  const Transaction& original = *original_;
  PartsByBenefit by_benefit = EarnedOf(original.standing_price() - amount);
  for (uint32_t i = 0; i < granted_count_; ++i) {
    by_benefit[i] = granted_.list[i].subsidy - by_benefit[i];
  }
  if (SumOf(by_benefit) > amount) {
    by_benefit = SplitOverKept(amount);
  }
  const Fen released = SumOf(by_benefit);
  AcceptAbout(amount, released);
  OriginalChange& change = event_->original;
  change.state = TransactionState::kCaptured;
  change.restates = true;
  change.list_price_delta = -amount;
  change.subsidy_delta = -released;
  change.captured_delta = -amount;
  change.captured_subsidy_delta = -released;
  if (!IsBooked()) {
    return;
  }
  BeginShares();
  TakeBackFromShares(by_benefit, /*things=*/false);
  for (uint32_t i = 0; i < original.use_count; ++i) {
    const Use& use = UseOf(i);
    UseDelta& delta = AddUse(use);
    if (KindOf(use) == UseKind::kAmount) {
      delta.used_delta = -by_benefit[PlaceOf(use.benefit)].value();
    } else if (KindOf(use) == UseKind::kPrice) {
      delta.used_delta = UsedPriceOf(use, original.standing_price() - amount) - use.amount;
    }
  }
  event_->member_posted_delta = -(amount - released);
}

// From what each funder has paid; what it paid beyond its budget comes back first.  Things
// come back all at once, or not at all.
void Decider::TakeBackFromShares(const PartsByBenefit& subsidies, bool things) {
  const Parts parts = SplitOverMoney(
      subsidies, [](const Applied& applied) { return applied.spent + applied.overrun; });
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    const Applied& applied = AppliedOf(i);
    const Fen all = applied.spent + applied.overrun;
    const Fen part = IsMoney(applied) ? parts[i] : things ? all : Fen{0};
    ShareDelta& share = event_->shares[i];
    const Fen overrun = Smaller(part, applied.overrun);
    share.overrun_delta = -overrun;
    share.spent_delta = -(part - overrun);
    PutInSuspenseIfClosed(i);
    TellShare(i, part);
  }
}

// A fund that has closed its books does not get back into its budget unseen what it had
// spent.
void Decider::PutInSuspenseIfClosed(uint32_t share) {
  ShareDelta& delta = event_->shares[share];
  if (now_ >= ledger_.funds_[delta.fund].closes_at) {
    delta.suspense_delta = -delta.spent_delta;
  }
}

}  // namespace gonghui
