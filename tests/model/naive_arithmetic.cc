// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_arithmetic.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/int128.h"

namespace gonghui {
namespace {

// ten_thousandths / 10,000 as the rule rounds the price that is paid.
int64_t Rounded(Int128 ten_thousandths, Rounding rounding) {
  const Int128 whole = ten_thousandths / 10'000;
  const Int128 rest = ten_thousandths % 10'000;
  bool up = false;
  switch (rounding) {
    case Rounding::kHalfUp:
      up = rest * 2 >= 10'000;
      break;
    case Rounding::kDown:
      break;
    case Rounding::kUp:
      up = rest > 0;
      break;
  }
  return static_cast<int64_t>(whole) + (up ? 1 : 0);
}

int64_t PriceAfterPercent(int64_t price, int64_t off_bps, Rounding rounding) {
  return Rounded(static_cast<Int128>(price) * (10'000 - off_bps), rounding);
}

int64_t OffByTiers(const PriceRule& rule, const std::vector<PriceStep>& steps, int64_t price) {
  int64_t off = 0;
  for (const PriceStep& step : steps) {
    if (step.from.value() <= price) {
      off = step.rate > Bps{0} ? price - PriceAfterPercent(price, step.rate.value(), rule.rounding)
                               : std::min(step.off.value(), price);
    }
  }
  return off;
}

int64_t OffByBands(const PriceRule& rule, const std::vector<PriceStep>& steps, int64_t price) {
  // What lies below the first step is paid in full.
  Int128 paid = static_cast<Int128>(price) * 10'000;
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t from = std::min(steps[i].from.value(), price);
    const int64_t to = i + 1 < steps.size() ? std::min(steps[i + 1].from.value(), price) : price;
    paid -= static_cast<Int128>(to - from) * steps[i].rate.value();
  }
  return price - Rounded(paid, rule.rounding);
}

}  // namespace

int64_t TakenOff(const PriceRule& rule,
                 const std::vector<PriceStep>& steps,
                 int64_t list,
                 int64_t earlier_prices) {
  int64_t off = 0;
  switch (rule.kind) {
    case PriceKind::kFixedPrice:
      off = std::max<int64_t>(0, list - rule.amount.value());
      break;
    case PriceKind::kPercentOff:
      off = list - PriceAfterPercent(list, rule.rate.value(), rule.rounding);
      break;
    case PriceKind::kThreshold:
      if (list >= rule.threshold.value()) {
        Int128 all = rule.amount.value();
        if (rule.repeat) {
          all *= list / rule.threshold.value();
        }
        off = static_cast<int64_t>(std::min<Int128>(all, list));
      }
      break;
    case PriceKind::kFree:
      off = list;
      break;
    case PriceKind::kTiers:
      off = OffByTiers(rule, steps, list);
      break;
    case PriceKind::kBands:
      off =
          OffByBands(rule, steps, earlier_prices + list) - OffByBands(rule, steps, earlier_prices);
      break;
  }
  if (rule.discount_max.value() > 0 && off > rule.discount_max.value()) {
    off = rule.discount_max.value();
  }
  if (list - off < rule.member_pays_min.value()) {
    off = std::max<int64_t>(0, list - rule.member_pays_min.value());
  }
  return off;
}

std::vector<Fen> Split(int64_t amount, const std::vector<int64_t>& weights) {
  const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  std::vector<Fen> parts(weights.size());
  if (sum == 0) {
    GH_CHECK(amount == 0, "amount=", amount);
    return parts;
  }
  std::vector<std::pair<Int128, size_t>> order;  // (minus remainder, place)
  int64_t given = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const Int128 product = static_cast<Int128>(amount) * weights[i];
    parts[i] = Fen{static_cast<int64_t>(product / sum)};
    given += parts[i].value();
    order.emplace_back(-(product % sum), i);
  }
  std::sort(order.begin(), order.end());
  for (size_t i = 0; given < amount; ++i, ++given) {
    parts[order.at(i).second] += Fen{1};
  }
  return parts;
}

int64_t ScaledDown(int64_t amount, int64_t numerator, int64_t denominator) {
  return static_cast<int64_t>(static_cast<Int128>(amount) * numerator / denominator);
}

int64_t ScaledHalfUp(int64_t amount, int64_t numerator, int64_t denominator) {
  const Int128 twice = static_cast<Int128>(amount) * numerator * 2;
  return static_cast<int64_t>((twice + denominator) / (static_cast<Int128>(denominator) * 2));
}

}  // namespace gonghui
