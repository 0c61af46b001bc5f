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
  increment.stan = request.stan;
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
  // Who approves has seen an amount: a claim of more is another claim.
  if (reason == Reason::kNone && ApprovalsAskedFor() > 0) {
    reason = Reason::kApprovalMissing;
  }
  if (reason == Reason::kNone) {
    reason = CheckPartiesAgain();
  }
  PartsByBenefit by_benefit{};
  if (reason == Reason::kNone && IsBooked()) {
    reason = TakeIncrement(request.amount, &by_benefit);
  }
  if (reason != Reason::kNone) {
    event_->share_count = 0;
    event_->use_count = 0;
    Decline(reason);
    return FinishTransaction(false);
  }
  const Fen wanted = SumOf(by_benefit);
  AcceptAbout(request.amount, wanted);
  OriginalChange& change = event_->original;
  change.state = original_->state;
  change.restates = true;
  change.list_price_delta = request.amount;
  change.subsidy_delta = wanted;
  increment.expires_at = original_->expires_at;
  // An appointment ends when its slot does, whatever is asked.
  const bool has_slot = IsBooked() && AsksFor(BenefitOfOriginal().asks, Asks::kSlot);
  if (request.hold_s != 0 && !has_slot) {
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

// What each rule gives on top for the higher price, as far as limits and funds go.
Reason Decider::TakeIncrement(Fen amount, PartsByBenefit* wanted) {
  const Fen price = original_->standing_price() + amount;
  // A later benefit loses nothing that it has.
  Fen room = price - original_->standing_subsidy();
  Fen left = price;
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    AddUse(UseOf(i));
  }
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const Granted& granted = granted_.list[i];
    const Benefit& benefit = ledger_.benefits_[granted.benefit];
    const Fen base = BaseInLayer(benefit, BaseOfOriginal(benefit, price), left, price);
    const Fen higher = SubsidyInLayer(benefit, base, left);
    Fen& more = (*wanted)[i];
    more = Within(higher - granted.subsidy, Fen{0}, room);
    const Reason reason = ReduceToLimits(i, price, &more);
    if (reason != Reason::kNone) {
      return reason;
    }
    room -= more;
    left -= granted.subsidy + more;
  }
  return TakeIncrementFromFunds(*wanted);
}

// What the benefit's limits leave of it for the higher price, and takes that of them.
Reason Decider::ReduceToLimits(uint32_t place, Fen price, Fen* wanted) {
  const BenefitRow row = granted_.list[place].benefit;
  const auto is_asked = [&](const Use& use) {
    const UseKind kind = KindOf(use);
    return use.benefit == row && (kind == UseKind::kAmount || kind == UseKind::kPrice);
  };
  const auto more_of = [&](const Use& use) {
    if (KindOf(use) == UseKind::kAmount) {
      return wanted->value();
    }
    const Benefit& benefit = ledger_.benefits_[row];
    return (BaseOfOriginal(benefit, price) - BaseOfOriginal(benefit, original_->standing_price()))
        .value();
  };
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    if (!is_asked(use)) {
      continue;
    }
    const Limit& limit = ledger_.limits_[use.limit];
    const Standing standing = StandingOf(limit, use.subject, use.window);
    // With what the benefits before take of it; told is how it stands, for nothing is taken.
    const int64_t left = limit.max - standing.held - standing.used - UsedBefore(i);
    if (more_of(use) <= left) {
      continue;
    }
    if (KindOf(use) == UseKind::kAmount && limit.when_exceeded == WhenExceeded::kReduce) {
      *wanted = Fen{std::max<int64_t>(0, left)};
      continue;
    }
    if (more_of(use) == 0) {
      continue;  // nothing more is taken of a limit that is overdrawn
    }
    const CalendarRow calendar = ledger_.benefits_[row].calendar;
    const bool renews = limit.window != WindowKind::kProgramme &&
                        ledger_.MomentOf(calendar, now_).WindowIn(limit.window) == use.window;
    const TimestampNs next =
        WindowEnd(ledger_.calendars_[calendar], limit.window, standing.oldest + limit.span - 1);
    event_->transaction.benefit = row;
    TellFailedLimit(use.limit, standing.used, standing.held, renews ? next : TimestampNs{});
    return Reason::kExceedsAmountLimit;
  }
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    if (is_asked(UseOf(i))) {
      event_->uses[i].held_delta = more_of(UseOf(i));
    }
  }
  return Reason::kNone;
}

// Of several failing funds the answer is the lowest reason, and about the first of these.
Reason Decider::TakeIncrementFromFunds(const PartsByBenefit& wanted) {
  BeginShares();
  Reason reason = Reason::kNone;
  for (uint32_t i = 0; i < granted_count_; ++i) {
    if (wanted[i] == Fen{0}) {
      continue;
    }
    const Granted& granted = granted_.list[i];
    const Benefit& benefit = ledger_.benefits_[granted.benefit];
    const auto fail = [&](Reason why, FundRow row, Fen available, Fen asked, TimestampNs next) {
      if (reason == Reason::kNone || why < reason) {
        reason = why;
        event_->transaction.benefit = granted.benefit;
        TellFailedFund(row, available, asked, next);
      }
    };
    if (benefit.funding_count == 0) {  // a giveaway has a price here
      fail(Reason::kBudgetExhausted, FundRow{}, Fen{0}, Fen{0}, TimestampNs{});
    }
    const FundingParts parts = SplitOverFunding(benefit, wanted[i]);
    // An authorization's shares of a benefit are its funding, in order.
    const uint32_t first = granted.first_share;
    const uint32_t end = first + benefit.funding_count;
    for (uint32_t j = first; j < end; ++j) {
      event_->shares[j].held_delta = parts[j - first];
    }
    for (uint32_t j = first; j < end; ++j) {
      const FundRow row = event_->shares[j].fund;
      const Fund& fund = ledger_.funds_[row];
      Fen asked;  // with what the benefits before ask of it
      for (uint32_t k = 0; k < end; ++k) {
        asked += event_->shares[k].fund == row ? event_->shares[k].held_delta : Fen{0};
      }
      if (!fund.IsOpenAt(now_)) {
        fail(Reason::kFundNotOpen, row, Fen{0}, Fen{0}, fund.NextOpening(now_));
      } else if (fund.available() < asked) {
        fail(Reason::kBudgetExhausted, row, fund.available(), asked, TimestampNs{});
      }
    }
  }
  return reason;
}

}  // namespace gonghui
