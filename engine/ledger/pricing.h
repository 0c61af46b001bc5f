// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pure arithmetic: what a benefit takes off a price, and how an amount is split
// among funders so that the parts always re-add.

#ifndef GONGHUI_ENGINE_LEDGER_PRICING_H_
#define GONGHUI_ENGINE_LEDGER_PRICING_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "engine/base/check.h"
#include "engine/base/int128.h"
#include "engine/domain/programme.h"

namespace gonghui {

// The base of a benefit for items of which none was bought.
inline constexpr Fen kNoBase{-1};

// What kBands takes off, with the member's price rounded once.  The sum is exact, in
// ten-thousandths of a fen.
constexpr Fen SubsidyByBands(std::span<const PriceStep> steps, Fen base, Rounding rounding) {
  Int128 price = static_cast<Int128>(base.value()) * kBpsPerOne;
  for (size_t i = 0; i < steps.size() && steps[i].from < base; ++i) {
    const Fen to = i + 1 < steps.size() ? Smaller(base, steps[i + 1].from) : base;
    price -= static_cast<Int128>((to - steps[i].from).value()) * steps[i].rate.value();
  }
  const int32_t bias = rounding == Rounding::kUp       ? kBpsPerOne - 1
                       : rounding == Rounding::kHalfUp ? kBpsPerOne / 2
                                                       : 0;
  return base - Fen{static_cast<int64_t>((price + bias) / kBpsPerOne)};
}

// What kTiers takes off.
constexpr Fen SubsidyByTiers(std::span<const PriceStep> steps, Fen base, Rounding rounding) {
  const PriceStep* reached = nullptr;
  for (const PriceStep& step : steps) {
    if (step.from > base) {
      break;
    }
    reached = &step;
  }
  if (reached == nullptr) {
    return Fen{0};
  }
  return reached->rate == Bps{0}
             ? Smaller(reached->off, base)
             : base - MulBps(base, Bps{kBpsPerOne - reached->rate.value()}, rounding);
}

// What funders pay of `base` under `rule`, whose steps are `steps`; between 0 and base.
// kBands go on where `earlier` ended, so that several small bases give what a large one
// gives: below zero, where refunds are banked, they do not begin.  The other rules do not
// look at it.
// REQUIRES: base >= 0.  A threshold or step that is not reached gives 0.
constexpr Fen SubsidyOf(const PriceRule& rule,
                        std::span<const PriceStep> steps,
                        Fen base,
                        Fen earlier = Fen{0}) {
  Fen subsidy;
  switch (rule.kind) {
    case PriceKind::kFixedPrice:
      subsidy = Larger(Fen{0}, base - rule.amount);
      break;
    case PriceKind::kPercentOff:
      subsidy = base - MulBps(base, Bps{kBpsPerOne - rule.rate.value()}, rule.rounding);
      break;
    case PriceKind::kThreshold: {
      if (base < rule.threshold) {
        break;
      }
      const int64_t times = rule.repeat ? base.value() / rule.threshold.value() : 1;
      const Int128 off = static_cast<Int128>(rule.amount.value()) * times;
      subsidy = off > base.value() ? base : Fen{static_cast<int64_t>(off)};
      break;
    }
    case PriceKind::kFree:
      subsidy = base;
      break;
    case PriceKind::kTiers:
      subsidy = SubsidyByTiers(steps, base, rule.rounding);
      break;
    case PriceKind::kBands:
      subsidy = SubsidyByBands(steps, Larger(Fen{0}, earlier) + base, rule.rounding);
      if (earlier > Fen{0}) {
        // Prices are rounded monotonically, so the difference is between 0 and base.
        subsidy -= SubsidyByBands(steps, earlier, rule.rounding);
      }
      break;
  }
  // The cap applies per transaction, after the rate and before the limits, so
  // that a merchant's printed offer ("60 % off, at most 50 yuan") is what the
  // member sees even when a yearly limit has room for more.
  if (rule.discount_max > Fen{0}) {
    subsidy = Smaller(subsidy, rule.discount_max);
  }
  if (rule.member_pays_min > Fen{0}) {
    subsidy = Smaller(subsidy, Larger(Fen{0}, base - rule.member_pays_min));
  }
  return subsidy;
}

constexpr Fen Within(Fen amount, Fen least, Fen most) {
  return Larger(least, Smaller(amount, most));
}

// Splits `amount` in proportion to `weights` by largest remainder, ties to the
// first: the parts re-add, and no part exceeds its weight when amount <= sum.
// REQUIRES: amount >= 0; weights >= 0 with a positive sum unless amount is 0;
// parts.size() == weights.size() <= kPartsMax.
template <size_t kPartsMax = 8>
constexpr void SplitByLargestRemainder(Fen amount,
                                       std::span<const int64_t> weights,
                                       std::span<Fen> parts) {
  if (weights.size() == 1 && weights[0] > 0) {
    parts[0] = amount;  // the usual case
    return;
  }
  int64_t sum = 0;
  for (const int64_t weight : weights) {
    sum += weight;
  }
  if (sum == 0) {
    GH_CHECK(amount == Fen{0}, "amount=", amount, " over no weight");
    std::fill(parts.begin(), parts.end(), Fen{0});
    return;
  }
  // A division of 128 bits is a call of forty steps, and hardly ever needed.
  const bool fits = amount.value() <= INT64_MAX / sum;
  std::array<int64_t, kPartsMax> remainders;
  Fen left = amount;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (fits) {
      const int64_t product = amount.value() * weights[i];
      parts[i] = Fen{product / sum};
      remainders[i] = product % sum;
    } else {
      const Int128 product = static_cast<Int128>(amount.value()) * weights[i];
      parts[i] = Fen{static_cast<int64_t>(product / sum)};
      remainders[i] = static_cast<int64_t>(product % sum);
    }
    left -= parts[i];
  }
  // Fewer fen are left than there are parts with a remainder.
  while (left > Fen{0}) {
    const size_t largest = static_cast<size_t>(
        std::max_element(remainders.begin(),
                         remainders.begin() + static_cast<ptrdiff_t>(weights.size())) -
        remainders.begin());
    parts[largest] += Fen{1};
    remainders[largest] = -1;
    left -= Fen{1};
  }
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_PRICING_H_
