// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Benefits that combine: docs/decisions/0006-programme-language.md, "Combining" and "What
// becomes of a combination later".

#include <algorithm>

#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {

int64_t NaiveLedger::Earlier::TakenOf(const FundCode& fund) const {
  int64_t taken = 0;
  for (const Share& share : shares) {
    taken += share.fund == fund ? share.held : 0;
  }
  return taken;
}

int64_t NaiveLedger::Earlier::TakenOf(const NaiveCounterKey& key) const {
  int64_t taken = 0;
  for (const CounterUse& use : uses) {
    taken += use.key == key ? use.held : 0;
  }
  return taken;
}

NaiveLedger::Reckoned NaiveLedger::Reckon(const BenefitEntry& benefit,
                                          int64_t own_base,
                                          int64_t price,
                                          int64_t given,
                                          int64_t earlier_prices) {
  const PriceRule& rule = benefit.spec.price;
  if (!benefit.combines()) {
    return {own_base, TakenOff(rule, benefit.steps, own_base, earlier_prices)};
  }
  const int64_t rest = price - given;
  Reckoned reckoned;
  reckoned.base = benefit.spec.base == StackBase::kListPrice || price == 0
                      ? own_base
                      : ScaledHalfUp(own_base, rest, price);
  reckoned.gives = std::min(TakenOff(rule, benefit.steps, reckoned.base), rest);
  if (rule.member_pays_min > Fen{}) {
    reckoned.gives =
        std::min(reckoned.gives, std::max<int64_t>(0, rest - rule.member_pays_min.value()));
  }
  return reckoned;
}

std::vector<NaiveLedger::Trial> NaiveLedger::Combine(const std::vector<BenefitPointer>& candidates,
                                                     const Command& command,
                                                     TimestampNs at,
                                                     std::vector<NaivePath>* paths) const {
  std::vector<Trial> combined;
  Earlier earlier;
  for (int layer = 1; layer <= kLayersMax && combined.size() < kCombinedBenefitsMax; ++layer) {
    std::optional<Trial> best;
    for (const BenefitPointer& benefit : candidates) {
      if (benefit->spec.layer != layer) {
        continue;
      }
      const std::optional<Trial> trial = Try(benefit, command, at, earlier);
      if (!trial.has_value() || trial->reason != Reason::kNone) {
        continue;
      }
      const auto uses = static_cast<size_t>(
          std::count_if(benefit->limits.begin(), benefit->limits.end(), [&](const auto& limit) {
            return IsAsked(limit, command);
          }));
      const bool has_room =
          earlier.shares.size() + SharesOf(*trial).size() <= kSharesPerTransactionMax &&
          earlier.uses.size() + uses <= kUsesPerTransactionMax;
      if (!has_room) {
        paths->push_back(NaivePath::kCombinationWithoutRoom);
      }
      if (has_room && (!best.has_value() || trial->subsidy > best->subsidy)) {
        best = trial;
      }
    }
    if (!best.has_value()) {
      continue;
    }
    combined.push_back(*best);
    earlier.given += best->subsidy;
    for (const Share& share : SharesOf(*best)) {
      earlier.shares.push_back(share);
    }
    for (const LimitSpec& limit : best->benefit->limits) {
      if (IsAsked(limit, command)) {
        const int64_t more = limit.measure == LimitMeasure::kCount ? 1 : best->subsidy.value();
        const NaiveCounterKey key = KeyOf(*best->benefit, limit, PartyOf(command), at);
        earlier.uses.push_back(CounterUse{key, limit, more, 0, 0, 0});
      }
    }
  }
  return combined;
}

// ---- Later ----------------------------------------------------------------------

int64_t NaiveLedger::OwnBaseAt(const Entry& entry, const Part& part, int64_t price) {
  if (!part.benefit->items.asks()) {
    return price;
  }
  const int64_t base = part.items_base.value();
  const int64_t list_price = entry.command.authorize.list_price.value();  // as decided
  return list_price == 0 ? base : std::min(base, ScaledHalfUp(base, price, list_price));
}

std::vector<NaiveLedger::Reckoned> NaiveLedger::ReckonAt(const Entry& entry, int64_t price) {
  std::vector<Reckoned> all;
  int64_t given = 0;
  for (const Part& part : entry.parts) {
    Reckoned reckoned =
        Reckon(*part.benefit, OwnBaseAt(entry, part, price), price, given, part.earlier_prices);
    reckoned.gives = std::min(reckoned.gives, part.subsidy.value());
    given += reckoned.gives;
    all.push_back(reckoned);
  }
  return all;
}

std::vector<int64_t> NaiveLedger::DividedByStanding(const Entry& entry, int64_t sum) {
  std::vector<int64_t> weights;
  for (const Part& part : entry.parts) {
    weights.push_back((part.captured_subsidy - part.refunded_subsidy).value());
  }
  std::vector<int64_t> divided;
  for (const Fen amount : Split(sum, weights)) {
    divided.push_back(amount.value());
  }
  return divided;
}

int64_t NaiveLedger::Sum(const PartAmounts& amounts) {
  int64_t sum = 0;
  for (const int64_t amount : amounts) {
    sum += amount;
  }
  return sum;
}

}  // namespace gonghui
