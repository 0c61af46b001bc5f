// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Increments: a hold is raised.  docs/decisions/0001-lifecycle.md has the amounts.

#include <algorithm>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

void Decider::Increment() {
  const IncrementRequest& request = command_.increment;
  if (!FindCaller() || AnsweredBefore() || !HasRoom(1, kSharesPerTransactionMax, 0)) {
    return;
  }
  const bool found = BeginAbout(TransactionKind::kIncrement,
                                request.original,
                                request.original_request_id,
                                /*has_amount=*/true,
                                request.amount);
  Transaction& increment = event_->transaction;
  increment.hold_s = request.hold_s;
  Reason reason = found ? WhyNotOpen() : Reason::kOriginalNotFound;
  if (reason == Reason::kNone &&
      original_->standing_price().value() > kTransactionFenMax - request.amount.value()) {
    event_->kind = EventKind::kNone;
    result_->verdict = Verdict::kOutOfRange;
    result_->field = Field::kAmount;
    return;
  }

  // From here on the command must succeed: with an approval or a decline.
  if (reason == Reason::kNone) {
    reason = CheckParties(original_->card);
  }
  Fen wanted;
  if (reason == Reason::kNone && IsBooked()) {
    reason = TakeIncrement(request.amount, &wanted);
  }
  if (reason != Reason::kNone) {
    event_->share_count = 0;
    event_->use_count = 0;
    Decline(reason);
    return FinishTransaction(false);
  }
  AcceptAbout(request.amount, wanted);
  OriginalChange& change = event_->original;
  change.state = original_->state;
  change.restates = true;
  change.list_price_delta = request.amount;
  change.subsidy_delta = wanted;
  increment.expires_at = original_->expires_at;
  if (request.hold_s != 0) {
    const int64_t until = now_.value() + int64_t{request.hold_s} * kNsPerSecond;
    increment.expires_at = std::max(increment.expires_at, TimestampNs{until});
    change.expires_at_delta_ns = increment.expires_at.value() - original_->expires_at.value();
  }
  if (IsBooked()) {
    event_->member_pending_delta = increment.member_pays;
    for (uint32_t i = 0; i < event_->share_count; ++i) {
      TellShare(i, event_->shares[i].held_delta);
    }
  }
  FinishTransaction(false);
}

// What the rule gives on top for the higher price, as far as limits and funds go.
Reason Decider::TakeIncrement(Fen amount, Fen* wanted) {
  const Benefit& benefit = BenefitOfOriginal();
  const Fen higher = SubsidyOf(benefit.price, original_->standing_price() + amount);
  *wanted = Larger(Fen{0}, higher - original_->standing_subsidy());
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    AddUse(use);
    if (IsCount(use)) {
      continue;
    }
    const Limit& limit = ledger_.limits_[use.limit];
    const Counter& counter = CounterOf(limit, use.subject, use.window);
    const int64_t left = limit.max - counter.held - counter.used;
    if (wanted->value() <= left) {
      continue;
    }
    if (limit.when_exceeded == WhenExceeded::kReduce) {
      *wanted = Fen{std::max<int64_t>(0, left)};
      continue;
    }
    if (*wanted == Fen{0}) {
      continue;  // nothing more is taken of a limit that is overdrawn
    }
    const CalendarMoment& moment = ledger_.MomentOf(benefit.calendar, now_);
    const bool renews =
        limit.window != WindowKind::kProgramme && moment.WindowIn(limit.window) == use.window;
    event_->transaction.failed_benefit = use.benefit;
    TellFailedLimit(
        use.limit, counter.used, counter.held, renews ? moment.EndOf(limit.window) : TimestampNs{});
    return Reason::kExceedsAmountLimit;
  }
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    event_->uses[i].held_delta = IsCount(UseOf(i)) ? 0 : wanted->value();
  }
  return TakeIncrementFromFunds(*wanted);
}

// Of several failing funds the answer is the lowest reason.
Reason Decider::TakeIncrementFromFunds(Fen wanted) {
  const Benefit& benefit = BenefitOfOriginal();
  const FundingParts parts = SplitOverFunding(benefit, wanted);
  BeginShares();
  Reason reason = Reason::kNone;
  for (uint32_t i = 0; wanted > Fen{0} && i < benefit.funding_count; ++i) {
    ShareDelta& share = event_->shares[i];  // an authorization's shares are its funding, in order
    const Fund& fund = ledger_.funds_[share.fund];
    share.held_delta = parts[i];
    Fen asked = parts[i];
    for (uint32_t j = 0; j < i; ++j) {
      asked += event_->shares[j].fund == share.fund ? event_->shares[j].held_delta : Fen{0};
    }
    if (!fund.IsOpenAt(now_)) {
      if (reason == Reason::kNone || reason > Reason::kFundNotOpen) {
        reason = Reason::kFundNotOpen;
        event_->transaction.expires_at = fund.NextOpening(now_);
      }
    } else if (fund.available() < asked && reason == Reason::kNone) {
      reason = Reason::kBudgetExhausted;
    }
  }
  if (reason != Reason::kNone) {
    event_->transaction.failed_benefit = AppliedOf(0).benefit;
  }
  return reason;
}

}  // namespace gonghui
