// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What of a purchase a benefit is for: its base, and which lines bear the subsidy
// (docs/decisions/0006-programme-language.md).

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {
namespace {

// What each line counts for, in fen.
using LineCounts = std::array<int64_t, kLinesPerTransactionMax>;

// Which lines of a purchase a benefit is for.
struct ItemRule {
  std::span<const ItemCode> any;   // none = all items
  std::span<const ItemCode> none;  // but these
  uint32_t pieces_max = 0;         // the cheapest so many; 0 = all

  [[nodiscard]] bool IsEligible(const ItemCode& item) const {
    return (any.empty() || std::binary_search(any.begin(), any.end(), item)) &&
           !std::binary_search(none.begin(), none.end(), item);
  }
};

// By the price of a piece, ties by line.  The products fit: 10^12 fen x 10^6 pieces.
static_assert(kTransactionFenMax <= INT64_MAX / kLineQuantityMax);
template <class AnyLine>
void CountCheapest(std::span<const AnyLine> lines,
                   std::span<uint8_t> eligible,
                   uint32_t pieces_max,
                   LineCounts* counts) {
  std::sort(eligible.begin(), eligible.end(), [&lines](uint8_t a, uint8_t b) {
    const int64_t of_a = lines[a].price.value() * lines[b].quantity;
    const int64_t of_b = lines[b].price.value() * lines[a].quantity;
    return of_a != of_b ? of_a < of_b : a < b;
  });
  uint32_t left = pieces_max;
  for (const uint8_t i : eligible) {
    const AnyLine& line = lines[i];
    const uint32_t pieces = std::min(left, line.quantity);
    (*counts)[i] = pieces == line.quantity
                       ? line.price.value()
                       : MulDivRoundHalfUp(line.price, Fen{pieces}, Fen{line.quantity}).value();
    left -= pieces;
  }
}

// Fills *counts for every line; their sum, or kNoBase when none is eligible.
template <class AnyLine>
Fen CountLines(const ItemRule& rule, std::span<const AnyLine> lines, LineCounts* counts) {
  std::array<uint8_t, kLinesPerTransactionMax> eligible;
  size_t eligible_count = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool is_eligible = rule.IsEligible(lines[i].item);
    (*counts)[i] = is_eligible ? lines[i].price.value() : 0;
    if (is_eligible) {
      eligible[eligible_count++] = static_cast<uint8_t>(i);
    }
  }
  if (eligible_count == 0) {
    return kNoBase;
  }
  if (rule.pieces_max != 0) {
    CountCheapest(lines, {eligible.data(), eligible_count}, rule.pieces_max, counts);
  }
  return Fen{std::accumulate(counts->data(), counts->data() + lines.size(), int64_t{0})};
}

ItemRule ItemRuleOf(const Ledger& ledger, const Benefit& benefit) {
  return ItemRule{
      ledger.ItemsOf(benefit.items_any), ledger.ItemsOf(benefit.items_none), benefit.pieces_max};
}

}  // namespace

Fen Decider::BaseOfItems(const Benefit& benefit) const {
  const AuthorizeRequest& request = command_.authorize;
  LineCounts counts;
  return CountLines(ItemRuleOf(ledger_, benefit),
                    std::span<const LineItem>{request.lines, request.line_count},
                    &counts);
}

// The items' part is what it was at the decision: lines are frozen with it, and what is
// captured names none.
Fen Ledger::BaseOf(const Transaction& original, const Benefit& benefit, Fen price) const {
  if (!benefit.has_items) {
    return price;
  }
  const uint32_t line_count = original.progress.line_count;
  if (line_count == 0) {
    return Fen{0};
  }
  LineCounts counts;
  const Fen base =
      CountLines(ItemRuleOf(*this, benefit),
                 std::span<const Line>{&lines_[original.progress.first_line], line_count},
                 &counts);
  if (base <= Fen{0}) {
    return Fen{0};
  }
  return price >= original.list_price ? base : MulDivRoundHalfUp(base, price, original.list_price);
}

Fen Decider::BaseOfOriginal(const Benefit& benefit, Fen captured) const {
  return ledger_.BaseOf(*original_, benefit, captured);
}

// Of bands that go on: what their limit had used and held before the original, which is
// told by what was left of it then.
Fen Decider::EarlierPricesOfOriginal(const Benefit& benefit) const {
  const LimitRow row = TermsOf(benefit).earlier_prices;
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    const Use& use = UseOf(i);
    if (use.limit == row) {
      const int64_t taken = BaseOfOriginal(benefit, original_->list_price).value();
      return Larger(Fen{0}, Fen{ledger_.limits_[row].max - use.left_after - taken});
    }
  }
  return Fen{0};
}

// Adds what the lines bear of a benefit's subsidy: its own lines by what they count for;
// where earlier benefits have left too little of their price, the rest of the lines by
// what is left of theirs.  No line bears more than its price.
void Decider::SplitOverLines(const Benefit& benefit, Fen subsidy) {
  const uint32_t count = event_->line_count;
  LineCounts weights;
  if (benefit.has_items) {
    const AuthorizeRequest& request = command_.authorize;
    CountLines(ItemRuleOf(ledger_, benefit),
               std::span<const LineItem>{request.lines, request.line_count},
               &weights);
  } else {
    std::fill_n(weights.begin(), count, INT64_MAX);
  }
  std::array<Fen, kLinesPerTransactionMax> parts;
  const auto add = [&](Fen amount) {
    SplitByLargestRemainder<kLinesPerTransactionMax>(
        amount, {weights.data(), count}, {parts.data(), count});
    for (uint32_t i = 0; i < count; ++i) {
      event_->lines[i].subsidy += parts[i];
    }
  };
  const auto left_of = [&](uint32_t i) {
    return (event_->lines[i].price - event_->lines[i].subsidy).value();
  };
  Fen fits;
  for (uint32_t i = 0; i < count; ++i) {
    weights[i] = std::min(weights[i], left_of(i));
    fits += Fen{weights[i]};
  }
  add(Smaller(subsidy, fits));
  if (subsidy > fits) {
    for (uint32_t i = 0; i < count; ++i) {
      weights[i] = left_of(i);
    }
    add(subsidy - fits);
  }
}

}  // namespace gonghui
