// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A hold that is raised: docs/decisions/0001-lifecycle.md, and of a combination 0006.

#include <algorithm>

#include "engine/base/check.h"
#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {

Answer NaiveLedger::Increment(const Command& command, TimestampNs now) {
  const IncrementRequest& request = command.increment;
  Entry* original = nullptr;
  Entry entry = Begin(command,
                      TransactionKind::kIncrement,
                      request.original,
                      request.original_request_id,
                      now,
                      &original);
  Answer& answer = entry.answer;
  answer.list_price = answer.member_pays = request.amount;
  const auto decline = [&](Reason reason) {
    answer.reason = reason;
    return Record(std::move(entry));
  };
  if (original == nullptr) {
    return decline(Reason::kOriginalNotFound);
  }
  switch (original->state) {
    case TransactionState::kReversed:
      return decline(Reason::kPreviouslyReversed);
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return decline(Reason::kAlreadyCaptured);
    case TransactionState::kExpired:
      return decline(Reason::kHoldExpired);
    case TransactionState::kDeclined:
      return decline(Reason::kOriginalDeclined);
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      if (now >= original->expires_at) {
        return decline(Reason::kHoldExpired);
      }
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed");
  }
  const Fen list_price = original->list_price + request.amount;
  if (list_price > Fen{kTransactionFenMax}) {
    return Only(Verdict::kOutOfRange, Field::kAmount);
  }
  // What somebody is to agree to does not become more.
  if (original->booked() && original->parts.front().benefit->spec.approvals > 0) {
    Went(NaivePath::kIncrementOfReviewed);
    return decline(Reason::kApprovalMissing);
  }
  const Reason judged = JudgeCaller(command.terminal, *original, now);
  if (judged != Reason::kNone) {
    return decline(judged);
  }

  PartAmounts by_part;
  if (const Reason reason = WantMore(*original, request.amount, now, &answer, &by_part);
      reason != Reason::kNone) {
    return decline(reason);
  }
  if (const Reason reason = WantFromFunds(*original, by_part, now, &answer);
      reason != Reason::kNone) {
    return decline(reason);
  }
  const int64_t wanted = Sum(by_part);
  original->subsidy += Fen{wanted};
  for (size_t i = 0; i < by_part.size(); ++i) {
    Part& part = original->parts[i];
    part.subsidy += Fen{by_part[i]};
    std::vector<int64_t> weights;
    for (const FundingShareSpec& share : part.benefit->funding) {
      weights.push_back(share.share.value());
    }
    const std::vector<Fen> parts = Split(by_part[i], weights);
    size_t money = 0;  // the benefit's shares of money come in the order of its funding
    for (Share& share : original->shares) {
      if (share.part != i || !share.money) {
        continue;
      }
      const Fen more = parts.at(money++);
      share.authorized += more.value();
      share.held += more.value();
      if (more != Fen{}) {
        answer.shares.push_back({part.benefit->spec.code, share.fund, more});
      }
    }
  }
  for (CounterUse& use : original->uses) {
    if (use.limit.measure == LimitMeasure::kPrice) {
      const int64_t more = PriceGrowth(*original, use, request.amount);
      use.most += more;
      use.held += more;
      Went(NaivePath::kIncrementOfPriceLimit, more > 0);
    }
    if (use.limit.measure == LimitMeasure::kAmount) {
      use.held += by_part[use.part];
      const Calendar& calendar = original->parts[use.part].benefit->calendar;
      Went(NaivePath::kIncrementInOldWindow,
           by_part[use.part] > 0 &&
               WindowOf(use.limit.window, BusinessDayOf(calendar, now)) != use.key.window);
    }
  }
  original->list_price = list_price;
  const bool of_slot = original->booked() && original->parts.front().benefit->asks_for(Asks::kSlot);
  if (request.hold_s != 0 && !of_slot) {
    const TimestampNs at_least{now.value() + request.hold_s * kNsPerSecond};
    if (at_least > original->expires_at) {
      original->expires_at = at_least;
      original->extended = true;
      Went(NaivePath::kIncrementExtendsHold);
    }
  }
  const bool some_closed =
      std::any_of(original->parts.begin(), original->parts.end(), [&](const Part& part) {
        return !AreOpenAt(SourcesOf(*part.benefit), now);
      });
  Went(NaivePath::kIncrementAsksNoFund, wanted == 0 && some_closed);
  Went(NaivePath::kIncrementOfCombination, original->parts.size() > 1 && wanted > 0);
  Went(NaivePath::kIncrementRaisesSubsidy, wanted > 0);
  Went(NaivePath::kIncrementOfLines, !original->lines.empty() && wanted > 0);
  Went(NaivePath::kIncrementPaysMember, Fen{wanted} > request.amount);
  Went(NaivePath::kIncrementBySplit, answer.shares.size() > 1);
  Went(NaivePath::kIncrementAtFullPrice, !original->booked());
  answer.outcome = Outcome::kApproved;
  answer.subsidy = Fen{wanted};
  answer.member_pays = request.amount - answer.subsidy;
  answer.expires_at = original->expires_at;
  entry.state = TransactionState::kCompleted;
  return Record(std::move(entry));
}

int64_t NaiveLedger::PriceGrowth(const Entry& original, const CounterUse& use, Fen amount) {
  if (use.limit.measure != LimitMeasure::kPrice) {
    return 0;
  }
  const Part& part = original.parts[use.part];
  return OwnBaseAt(original, part, (original.list_price + amount).value()) -
         OwnBaseAt(original, part, original.list_price.value());
}

// Layer by layer: the rule at the new price, after what the layers before it give then.
Reason NaiveLedger::WantMore(
    const Entry& original, Fen amount, TimestampNs now, Answer* answer, PartAmounts* wanted) {
  const int64_t price = (original.list_price + amount).value();
  int64_t given = 0;
  for (size_t i = 0; i < original.parts.size(); ++i) {
    const Part& part = original.parts[i];
    const BenefitEntry& benefit = *part.benefit;
    const Reckoned reckoned =
        Reckon(benefit, OwnBaseAt(original, part, price), price, given, part.earlier_prices);
    const int64_t room = price - original.subsidy.value() - Sum(*wanted);
    int64_t more = std::min(std::max<int64_t>(0, reckoned.gives - part.subsidy.value()), room);
    for (const CounterUse& use : original.uses) {
      const LimitSpec& limit = use.limit;
      if (use.part != i || limit.measure == LimitMeasure::kCount) {
        continue;
      }
      int64_t left = limit.max - TakenOf(limit, use.key);
      const int64_t growth = PriceGrowth(original, use, amount);
      if (limit.measure == LimitMeasure::kPrice && (growth == 0 || growth <= left)) {
        continue;
      }
      for (const CounterUse& other : original.uses) {  // of the layers before
        left -= other.part < i && other.key == use.key ? (*wanted)[other.part] : 0;
      }
      const bool of_price = limit.measure == LimitMeasure::kPrice;
      if (!of_price && (more == 0 || more <= left)) {
        continue;
      }
      if (!of_price && limit.when_exceeded == WhenExceeded::kReduce) {
        more = std::max<int64_t>(0, left);
        Went(NaivePath::kIncrementReduced);
        continue;
      }
      answer->benefit = benefit.spec.code;
      answer->failed_limit = limit.code;
      answer->limits.push_back(LimitNow(benefit.calendar, limit, use.key, 0));
      const bool own_window =
          WindowOf(limit.window, BusinessDayOf(benefit.calendar, now)) == use.key.window;
      if (own_window) {
        answer->next_eligible_at = NextEligibleAt(benefit, limit, use.key);
        answer->limits.back().resets_at = ResetsAt(benefit.calendar, limit, use.key);
      } else {
        answer->limits.back().resets_at = kTimestampMax;  // it is over, and comes no more
        Went(NaivePath::kIncrementRefusedInOldWindow);
      }
      return Reason::kExceedsAmountLimit;
    }
    wanted->push_back(more);
    given += part.subsidy.value() + more;
  }
  return Reason::kNone;
}

// Of several that fail the lowest reason.
Reason NaiveLedger::WantFromFunds(const Entry& original,
                                  const PartAmounts& wanted,
                                  TimestampNs now,
                                  Answer* answer) const {
  for (size_t i = 0; i < wanted.size(); ++i) {
    const BenefitEntry& benefit = *original.parts[i].benefit;
    for (const FundingShareSpec& share : benefit.funding) {
      if (wanted[i] > 0 && !IsOpenAt(share.fund, now)) {
        answer->benefit = benefit.spec.code;
        answer->failed_fund = share.fund;
        const TimestampNs opens_at = funds_.at(share.fund).opens_at;
        answer->next_eligible_at = now < opens_at ? opens_at : TimestampNs{};
        return Reason::kFundNotOpen;
      }
    }
  }
  Earlier earlier;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const BenefitEntry& benefit = *original.parts[i].benefit;
    if (MostThatFundsCover(benefit, wanted[i], earlier) < wanted[i]) {
      answer->benefit = benefit.spec.code;
      const Shortfall shortfall = ShortfallOf(benefit, wanted[i], earlier);
      const int64_t taken = earlier.TakenOf(shortfall.fund);
      answer->failed_fund = shortfall.fund;
      answer->needed = shortfall.needed + taken;
      answer->available = shortfall.available + taken;
      return Reason::kBudgetExhausted;
    }
    std::vector<int64_t> weights;
    for (const FundingShareSpec& share : benefit.funding) {
      weights.push_back(share.share.value());
    }
    const std::vector<Fen> parts = Split(wanted[i], weights);
    for (size_t j = 0; j < parts.size(); ++j) {
      earlier.shares.push_back({benefit.funding[j].fund, true, i, 0, parts[j].value()});
    }
  }
  return Reason::kNone;
}

}  // namespace gonghui
